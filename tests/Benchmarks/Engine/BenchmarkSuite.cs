using System.Reflection;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Filters;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Cairn.Benchmarks.Reporting;
using Perfolizer.Horology;

namespace Cairn.Benchmarks.Engine;

/// <summary>Runs classes of benchmarks inside this process, so that they share one loaded graph, and makes figures of their medians.</summary>
internal static class BenchmarkSuite
{
    /// <summary>Runs them.</summary>
    /// <param name="benchmarks">Classes whose methods carry <see cref="FigureAttribute"/>.</param>
    /// <param name="quick">Fewer and shorter iterations: to see that it works.</param>
    /// <param name="verbose">Everything that BenchmarkDotNet says.</param>
    public static IEnumerable<Figure> Run(Type[] benchmarks, bool quick, bool verbose)
    {
        var config = Config(quick, verbose);
        foreach (var type in benchmarks)
        {
            foreach (var report in BenchmarkRunner.Run(type, config).Reports)
            {
                foreach (var figure in Figures(report))
                {
                    yield return figure;
                }
            }
        }
    }

    private static ManualConfig Config(bool quick, bool verbose)
    {
        var job = Job.Default
            .WithToolchain(InProcessEmitToolchain.Instance)
            .WithIterationTime(TimeInterval.FromMilliseconds(quick ? 50 : 200))
            .WithWarmupCount(quick ? 1 : 3)
            .WithIterationCount(quick ? 3 : 9)
            .WithEvaluateOverhead(false);
        var config = ManualConfig.CreateEmpty()
            .AddJob(ThreadClock.UsesCpuTime ? job.WithClock(new ThreadCpuClock()) : job)
            .AddDiagnoser(MemoryDiagnoser.Default)
            .AddColumnProvider(DefaultColumnProviders.Instance)
            .AddLogger(verbose ? ConsoleLogger.Default : new ProgressLogger())
            .WithOptions(ConfigOptions.DisableOptimizationsValidator | ConfigOptions.JoinSummary);
        return ThreadClock.UsesCpuTime ? config.AddFilter(new SimpleFilter(static one => Asked(one) is not { OtherThreads: true })) : config;
    }

    private static FigureAttribute? Asked(BenchmarkCase one) => one.Descriptor.WorkloadMethod.GetCustomAttribute<FigureAttribute>();

    private static IEnumerable<Figure> Figures(BenchmarkReport report)
    {
        if (Asked(report.BenchmarkCase) is not { } asked)
        {
            yield break;
        }

        var nanoseconds = report.ResultStatistics?.Median ?? throw new InvalidOperationException($"{asked.Name}: failed: run with --verbose");
        var value = asked.Unit == Unit.PerSecond ? 1e9 / nanoseconds : nanoseconds / 1e3;
        yield return new(asked.Name, value, asked.Unit, new(asked.Must, asked.Aim), asked.Note);
        if (asked.IsTraversal)
        {
            var bytes = report.GcStats.GetBytesAllocatedPerOperation(report.BenchmarkCase) ?? double.NaN;
            yield return new("allocated per " + asked.Name, bytes, Unit.Bytes, new(0, 0), "all its rows together");
        }
    }
}
