using Cairn.Primitives;
using Cairn.Snapshots;

namespace Cairn.Query;

/// <summary>What a label and a condition select: the first concepts in byte order of their ids, and how many there are.</summary>
/// <remarks>It costs what it walks over: up to every concept.</remarks>
public sealed record ConceptMatching
{
    /// <summary>For expiry; taken once per request.</summary>
    public required Timestamp Now { get; init; }

    /// <summary>Labels, any of.</summary>
    public CodeFilter Labels { get; init; }

    /// <summary>What must be true of them; null: nothing.</summary>
    public WhereClause? Where { get; init; }

    /// <summary>Rows that are kept, at most; 0 or more.</summary>
    public required int Keep { get; init; }

    /// <summary>Ends as soon as that many are counted, at least 1; default: counts all.</summary>
    public long StopAt { get; init; } = long.MaxValue;

    /// <summary>Begins to look for them.</summary>
    /// <exception cref="ArgumentOutOfRangeException">What to keep, or where to stop.</exception>
    public Scan<ConceptMatches> Start(Snapshot snapshot)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(Keep);
        ArgumentOutOfRangeException.ThrowIfLessThan(StopAt, 1);
        return new ConceptMatchScan(this, snapshot);
    }
}

/// <summary>The concepts that match.</summary>
/// <param name="Rows">The first ones, in byte order of their ids.</param>
/// <param name="Count">How many were counted.</param>
public sealed record ConceptMatches(IReadOnlyList<int> Rows, long Count);
