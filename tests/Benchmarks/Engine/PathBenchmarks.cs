using BenchmarkDotNet.Attributes;
using Cairn.Benchmarks.Reporting;
using Cairn.Benchmarks.Workload;
using Cairn.Query;

namespace Cairn.Benchmarks.Engine;

/// <summary>Shortest paths between random concepts, one thread. Their lengths are checked before any time counts.</summary>
public class PathBenchmarks
{
    private const int Pairs = 300;
    private const int MaxDepth = 6;
    private readonly EngineFixture _fixture = EngineFixture.Instance;
    private readonly PathQuery[] _queries = new PathQuery[Pairs];

    [GlobalSetup]
    public void Setup()
    {
        var (random, reference) = (new SeededRandom(7), new ReferenceGraph(_fixture.Data));
        for (var i = 0; i < Pairs; i++)
        {
            // Concepts were written in the order of their numbers, so that a concept's row is its number.
            var (from, to) = (random.Below(_fixture.Data.Concepts.Length), random.Below(_fixture.Data.Concepts.Length));
            _queries[i] = new() { From = from, To = to, Now = CommitFeed.Start, MaxDepth = MaxDepth };
            Require(Length(_queries[i]) == reference.Distance(from, to, MaxDepth), $"the path from {from} to {to}");
        }
    }

    [Benchmark(OperationsPerInvoke = Pairs)]
    [Figure("shortest path", Unit.PerSecond, Must = 50_000, Aim = 100_000, Note = "300 random pairs, at most 6 steps, lengths checked")]
    public int Shortest()
    {
        var sum = 0;
        foreach (var query in _queries)
        {
            sum += Length(query);
        }

        return sum;
    }

    /// <summary>Bytes that a search allocates for each concept that it visits: between the searches of one length that visit the fewest and the most.</summary>
    internal static Figure AllocatedPerVisit()
    {
        var benchmarks = new PathBenchmarks();
        benchmarks.Setup();
        var searches = benchmarks._queries.Select(benchmarks.Cost).GroupBy(static search => search.Length).MaxBy(static group => group.Count())!;
        var (least, most) = (searches.MinBy(static search => search.Expanded), searches.MaxBy(static search => search.Expanded));
        var bytes = (double)(most.Bytes - least.Bytes) / (most.Expanded - least.Expanded);
        var note = $"{most.Bytes} B a search, whether {least.Expanded} or {most.Expanded} visits";
        return new("allocated per concept that a path search visits", bytes, Unit.Bytes, new(0, 0), note);
    }

    private (int Length, long Expanded, long Bytes) Cost(PathQuery query)
    {
        query.Run(_fixture.Snapshot, CancellationToken.None);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var result = query.Run(_fixture.Snapshot, CancellationToken.None);
        var bytes = GC.GetAllocatedBytesForCurrentThread() - before;
        return (result.Paths.Count > 0 ? result.Paths[0].Length : -1, result.Expanded, bytes);
    }

    private int Length(PathQuery query) => query.Run(_fixture.Snapshot, CancellationToken.None).Paths is [var best, ..] ? best.Length : -1;

    private static void Require(bool holds, string what)
    {
        if (!holds)
        {
            throw new InvalidOperationException(what + " is wrong");
        }
    }
}
