using BenchmarkDotNet.Attributes;
using Cairn.Benchmarks.Reporting;
using Cairn.Snapshots;

namespace Cairn.Benchmarks.Engine;

/// <summary>Point reads and neighbours by random UTF-8 ids, one thread.</summary>
public class ReadBenchmarks
{
    private const int Lookups = 10_000;
    private readonly EngineFixture _fixture = EngineFixture.Instance;
    private int _at;

    [Benchmark(OperationsPerInvoke = Lookups)]
    [Figure("get by id, one attribute", Unit.PerSecond, Must = 5e6, Aim = 10e6, Note = "random ids of 100,000")]
    public long GetOneAttribute()
    {
        var (snapshot, sum) = (_fixture.Snapshot, 0L);
        for (var end = _at + Lookups; _at < end; _at++)
        {
            var concept = snapshot.Concept(snapshot.FindConcept(_fixture.Key(_at)));
            concept.TryGetAttribute("salary"u8, out var value);
            sum += value.Bits;
        }

        _at %= int.MaxValue / 2;
        return sum;
    }

    [Benchmark(OperationsPerInvoke = Lookups)]
    [Figure("neighbours of an id", Unit.PerSecond, Must = 1e6, Aim = 5e6, Note = "both directions, 6 on average", IsTraversal = true)]
    public long Neighbors()
    {
        var (snapshot, sum) = (_fixture.Snapshot, 0L);
        for (var end = _at + Lookups; _at < end; _at++)
        {
            foreach (var edge in snapshot.Neighbors(snapshot.FindConcept(_fixture.Key(_at)), Direction.Both))
            {
                sum += edge.Neighbor;
            }
        }

        _at %= int.MaxValue / 2;
        return sum;
    }
}
