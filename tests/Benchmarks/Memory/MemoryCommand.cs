using System.Diagnostics;
using System.Text.Json;
using Cairn.Benchmarks.Reporting;

namespace Cairn.Benchmarks.Memory;

/// <summary>Bytes that a space takes, each case in a process of its own, against what is asked of it.</summary>
internal static class MemoryCommand
{
    /// <summary>The word with which the command calls itself.</summary>
    public const string Child = "--child";

    /// <returns>0: nothing was missed.</returns>
    public static int Run(Options options)
    {
        if (options.Value(Child) is { } name)
        {
            return MemoryChild.RunAsync(MemoryCase.Named(name), options.Has("--quick")).GetAwaiter().GetResult();
        }

        Console.WriteLine(Hardware.Line());
        var figures = Measure(options.Has("--quick")).ToList();
        Console.WriteLine();
        return FigureTable.Print(Console.Out, figures) ? 0 : 2;
    }

    private static IEnumerable<Figure> Measure(bool quick)
    {
        var empty = Medians(MemoryCase.Empty, quick);
        yield return new("empty process, working set", empty.Resident, Unit.Bytes, Target.None, "an empty space; generates and encodes, writes nothing");

        var records = Medians(MemoryCase.Records, quick);
        var count = MemoryCase.Records.Concepts;
        yield return new("a record: id and 4 attributes, managed", (double)(records.Managed - empty.Managed) / count, Unit.Bytes, new(150, 90), "of 100,000");
        yield return new("a record: id and 4 attributes, working set", (double)(records.Resident - empty.Resident) / count, Unit.Bytes, Target.None);

        var small = Medians(MemoryCase.Small, quick);
        var beyondRaw = small.Managed - empty.Managed - small.Raw;
        yield return new("10,000 with text and associations, beyond the raw", beyondRaw, Unit.Bytes, new(4e6, 2.5e6), Raw(small));

        var full = Medians(MemoryCase.Full, quick);
        var all = new Target(60e6, double.NaN);
        yield return new("100,000 with text and associations, working set", full.Resident - empty.Resident, Unit.Bytes, all, Raw(full));
        yield return new("100,000 with text and associations, managed", full.Managed - empty.Managed, Unit.Bytes, all, Counted(full));
        yield return new("100,000 with text and associations, peak", full.PeakResident - empty.PeakResident, Unit.Bytes, Target.None, "working set");

        var updates = Medians(MemoryCase.Updates, quick);
        var growth = (double)updates.Samples.Max() / updates.Samples[0];
        var heap = FormattableString.Invariant($"live {updates.Samples[0] / 1e6:N1} MB after a tenth, {updates.Samples[^1] / 1e6:N1} MB at the end");
        var name = quick ? "1 million updates of 1,000 concepts, growth" : "10 million updates of 1,000 concepts, growth";
        yield return new(name, growth, Unit.Ratio, new(1.1, double.NaN), heap);
    }

    private static string Counted(MemoryUse use) => FormattableString.Invariant($"the space itself counts {use.Counted / 1e6:N1} MB");

    private static string Raw(MemoryUse use) => FormattableString.Invariant($"raw: {use.Raw / 1e6:N1} MB");

    private static MemoryUse Medians(MemoryCase one, bool quick)
    {
        MemoryUse[] runs = [.. Enumerable.Range(0, quick || one == MemoryCase.Updates ? 1 : 3).Select(_ => RunChild(one, quick))];
        long Median(Func<MemoryUse, long> of) => (long)Samples.Median(runs.Select(run => (double)of(run)));
        return runs[0] with
        {
            Managed = Median(static run => run.Managed),
            Resident = Median(static run => run.Resident),
            PeakResident = Median(static run => run.PeakResident),
        };
    }

    private static MemoryUse RunChild(MemoryCase one, bool quick)
    {
        Console.Error.WriteLine(one.Name);
        var host = Environment.ProcessPath!;
        string[] words = ["memory", Child, one.Name, .. quick ? ["--quick"] : Array.Empty<string>()];
        string[] command = Path.GetFileNameWithoutExtension(host) == "dotnet" ? [Environment.GetCommandLineArgs()[0], .. words] : words;
        var start = new ProcessStartInfo(host, command) { RedirectStandardOutput = true };
        using var child = Process.Start(start)!;
        var line = child.StandardOutput.ReadToEnd();
        child.WaitForExit();
        return child.ExitCode == 0 ? JsonSerializer.Deserialize<MemoryUse>(line)! : throw new InvalidOperationException($"the child for {one.Name} failed");
    }
}
