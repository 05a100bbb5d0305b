using Cairn.Benchmarks.Workload;
using Cairn.Snapshots;

namespace Cairn.Benchmarks.Engine;

/// <summary>The loaded graph that the reading benchmarks share: 100,000 concepts with label, text and four attributes, 299,991 associations.</summary>
internal sealed class EngineFixture
{
    private const int Concepts = 100_000;
    private static readonly Lazy<EngineFixture> Loaded = new(static () => new());

    private EngineFixture()
    {
        Data = new(Concepts);
        Snapshot = Space.Load(Data);
        var order = Enumerable.Range(0, Concepts).ToArray();
        new SeededRandom(Dataset.Seed + 1).Shuffle(order.AsSpan());
        Keys = new byte[Concepts * GeneratedConcept.IdBytes];
        for (var at = 0; at < order.Length; at++)
        {
            GeneratedConcept.WriteId(order[at], Keys.AsSpan(at * GeneratedConcept.IdBytes));
        }

        GC.Collect();
    }

    /// <summary>Built when first asked for; one per process.</summary>
    public static EngineFixture Instance => Loaded.Value;

    public Dataset Data { get; }

    public ReplayedSpace Space { get; } = new();

    public Snapshot Snapshot { get; }

    /// <summary>All ids in random order, one behind the other, as requests bring them: each is in the cache when it is looked up.</summary>
    public byte[] Keys { get; }

    /// <summary>A key by its place in the random order, which goes round.</summary>
    public ReadOnlySpan<byte> Key(int at) => Keys.AsSpan(at % Concepts * GeneratedConcept.IdBytes, GeneratedConcept.IdBytes);
}
