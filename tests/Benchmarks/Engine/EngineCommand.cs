using Cairn.Benchmarks.Reporting;

namespace Cairn.Benchmarks.Engine;

/// <summary>The engine alone, in this process, against what is asked of it.</summary>
internal static class EngineCommand
{
    private static readonly Type[] Benchmarks = [typeof(ReadBenchmarks), typeof(PathBenchmarks), typeof(WhereBenchmarks), typeof(EncodeBenchmarks), typeof(SustainedBenchmarks)];

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
        var quick = options.Has("--quick");
        foreach (var figure in BenchmarkSuite.Run(Benchmarks, quick, options.Has("--verbose")))
        {
            yield return figure;
        }

        yield return PathBenchmarks.AllocatedPerVisit();
        foreach (var figure in AppendProbe.RunAsync(quick).GetAwaiter().GetResult().Concat(HubProbe.Run(quick)).Concat(PublishProbe.Run(quick)).Concat(BurstProbe.Run(quick)))
        {
            yield return figure;
        }
    }
}
