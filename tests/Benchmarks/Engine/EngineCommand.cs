using Cairn.Benchmarks.Reporting;

namespace Cairn.Benchmarks.Engine;

/// <summary>The engine alone, in this process, against what is asked of it.</summary>
internal static class EngineCommand
{
    private static readonly Type[] Benchmarks = [typeof(ReadBenchmarks), typeof(PathBenchmarks), typeof(WhereBenchmarks), typeof(OrderBenchmarks), typeof(EncodeBenchmarks), typeof(SustainedBenchmarks)];

    /// <returns>0: nothing was missed.</returns>
    public static int Run(Options options)
    {
        if (options.Has("--cpu-time"))
        {
            ThreadClock.UseCpuTime();
        }

        Console.WriteLine(Hardware.Line());
        var figures = Measure(options).ToList();
        Console.WriteLine();
        return FigureTable.Print(Console.Out, figures) ? 0 : 2;
    }

    private static IEnumerable<Figure> Measure(Options options)
    {
        var (quick, only) = (options.Has("--quick"), options.Value("--only"));
        var benchmarks = only is null ? Benchmarks : Array.FindAll(Benchmarks, type => type.Name.Contains(only, StringComparison.OrdinalIgnoreCase));
        foreach (var figure in BenchmarkSuite.Run(benchmarks, quick, options.Has("--verbose")))
        {
            yield return figure;
        }

        if (only is not null)
        {
            yield break;
        }

        yield return PathBenchmarks.AllocatedPerVisit();
        foreach (var figure in AppendProbe.RunAsync(quick).GetAwaiter().GetResult().Concat(HubProbe.Run(quick)).Concat(PublishProbe.Run(quick)).Concat(BurstProbe.Run(quick)))
        {
            yield return figure;
        }
    }
}
