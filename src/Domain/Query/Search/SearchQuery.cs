using Cairn.Primitives;
using Cairn.Snapshots;

namespace Cairn.Query.Search;

/// <summary>How the rankings of a search become one.</summary>
public enum FusionMethod
{
    /// <summary>By their ranks alone: each adds its weight × 61 / (60 + rank) (<see cref="Fusion"/>).</summary>
    ReciprocalRank,

    /// <summary>By their scores, each brought to 0 to 1: each adds its weight times that.</summary>
    Weighted,
}

/// <summary>How much each ranking counts, ≥ 0; 0: it is not asked.</summary>
/// <param name="Text">Of words.</param>
/// <param name="Vector">Of meaning.</param>
/// <param name="Graph">Of connection.</param>
public readonly record struct SearchWeights(double Text, double Vector, double Graph)
{
    /// <summary>All alike.</summary>
    public static SearchWeights Equal => new(1, 1, 1);
}

/// <summary>
/// What lifts a concept beside how well it matches: its score is multiplied by 1 + the sum of each boost, ≥ 0, times what it boosts, 0 to 1. All 0: nothing.
/// </summary>
/// <param name="Strength">The strength, decayed to now.</param>
/// <param name="Confidence">The confidence.</param>
/// <param name="Recency">2^(−age / half-life): the age since it last changed, the half-life that of the space, or 30 days where it has none.</param>
public readonly record struct SearchBoosts(double Strength, double Confidence, double Recency);

/// <summary>
/// The concepts that match best, by words (BM25), by meaning (vectors) and by connection (associations), each asked only if its part is given; the best first.
/// Equal scores are in byte order of the ids.
/// </summary>
public sealed record SearchQuery
{
    /// <summary>The longest page.</summary>
    public const int MaxLimit = 1000;

    /// <summary>Bytes of the text, UTF-8.</summary>
    public const int MaxTextBytes = 8 * 1024;

    /// <summary>Concepts whose surroundings are asked for.</summary>
    public const int MaxNear = 64;

    /// <summary>Associations between them and what is found.</summary>
    public const int MaxHops = 4;

    /// <summary>The greatest weight or boost.</summary>
    public const double MaxFactor = 1000;

    /// <summary>For expiry and decay; taken once per request.</summary>
    public required Timestamp Now { get; init; }

    /// <summary>World time: only what was true then; null: all.</summary>
    public Timestamp? ValidAt { get; init; }

    /// <summary>The very snapshot, however long that takes; else a later one may be answered of, which is cheaper where there are writes.</summary>
    public bool IsExact { get; init; }

    /// <summary>Words, <c>"phrases"</c> and <c>prefixes*</c>, UTF-8; empty: none.</summary>
    public ReadOnlyMemory<byte> Text { get; init; }

    /// <summary>What is near it is found, among the vectors that callers gave and those of the serving model; as many components as those have; null: none.</summary>
    public float[]? Vector { get; init; }

    /// <summary>The vector is what the serving model made of the text: where the space compares vectors of another length, it is passed over.</summary>
    public bool HasVectorOfText { get; init; }

    /// <summary>Without a vector, concepts are found by meaning too, by what the built-in model makes of the text and of theirs.</summary>
    public bool UsesBuiltInModel { get; init; }

    /// <summary>Rows of the concepts whose surroundings are found, without themselves.</summary>
    public IReadOnlyList<int> Near { get; init; } = [];

    /// <summary>How many associations away from those, 1 to <see cref="MaxHops"/>.</summary>
    public int Hops { get; init; } = 1;

    /// <summary>Labels by name, any of; none: whatever labels.</summary>
    public IReadOnlyCollection<string> Labels { get; init; } = [];

    /// <summary>What must be true of a concept; null: nothing.</summary>
    public WhereClause? Where { get; init; }

    /// <summary>How the rankings become one.</summary>
    public FusionMethod Method { get; init; }

    /// <summary>How much each counts.</summary>
    public SearchWeights Weights { get; init; } = SearchWeights.Equal;

    /// <summary>What else lifts a concept.</summary>
    public SearchBoosts Boosts { get; init; }

    /// <summary>How much what is like something better ranked is put back, 0 to 1 (<see cref="Search.Diversity"/>).</summary>
    public double Diversity { get; init; }

    /// <summary>1 to <see cref="MaxLimit"/>.</summary>
    public int Limit { get; init; } = 10;

    /// <summary>Where the page before ended (<see cref="SearchPage.PlaceAfter"/>), of the same snapshot and query; empty: at the beginning.</summary>
    public ReadOnlyMemory<byte> After { get; init; }

    /// <summary>Opens the files that the indexes of a snapshot are loaded from, before a search of it begins: without it the first search waits for them on its thread.</summary>
    /// <exception cref="CairnException">Unavailable.</exception>
    public static ValueTask PrepareAsync(Snapshot snapshot, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        return snapshot.Shared.PrepareDerivedAsync(cancellationToken);
    }

    /// <summary>Begins a search.</summary>
    /// <exception cref="CairnException">Invalid: <c>wrong-cursor</c>; the vector's components.</exception>
    public Scan<SearchPage> Start(Snapshot snapshot)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(Limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Limit, MaxLimit);
        return new SearchScan(this, snapshot);
    }
}
