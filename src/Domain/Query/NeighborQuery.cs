using Cairn.Primitives;
using Cairn.Snapshots;

namespace Cairn.Query;

/// <summary>The neighbours of one concept, page by page: out before in, then by type, the neighbour's id and key, each by bytes.</summary>
/// <remarks>A page costs O(degree) and allocates only its answer. Associations with an expired end are left out; implied neighbours are
/// shown. What exists unchanged throughout comes exactly once over all pages, whatever the snapshots they are taken from.</remarks>
public sealed record NeighborQuery
{
    /// <summary>The longest page.</summary>
    public const int MaxLimit = 1000;

    /// <summary>Row of the concept whose neighbours are asked for.</summary>
    public required int Concept { get; init; }

    /// <summary>For expiry; taken once per request.</summary>
    public required Timestamp Now { get; init; }

    /// <summary>World time: only associations and neighbours that were true then; null: all.</summary>
    public Timestamp? ValidAt { get; init; }

    /// <summary>Both: an association of a concept with itself comes once, as outgoing.</summary>
    public Direction Direction { get; init; }

    /// <summary>Types of associations.</summary>
    public CodeFilter Types { get; init; }

    /// <summary>Labels of the neighbour, any of; an implied one has none.</summary>
    public CodeFilter Labels { get; init; }

    /// <summary>What must be true of the neighbour; of an implied one nothing is.</summary>
    public WhereClause? Where { get; init; }

    /// <summary>1 to <see cref="MaxLimit"/>.</summary>
    public int Limit { get; init; } = 50;

    /// <summary>Where the page before ended (<see cref="NeighborPage.Next"/>); empty: begin at the first.</summary>
    public ReadOnlyMemory<byte> After { get; init; }

    /// <summary>Begins one page.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The limit.</exception>
    /// <exception cref="CairnException">Invalid, wrong-cursor: <see cref="After"/> is not from such a page.</exception>
    public Scan<NeighborPage> Start(Snapshot snapshot)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(Limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Limit, MaxLimit);
        return new NeighborScan(this, snapshot);
    }

    /// <summary>Answers one page.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The limit.</exception>
    /// <exception cref="CairnException">Invalid, wrong-cursor: <see cref="After"/> is not from such a page.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public NeighborPage Run(Snapshot snapshot, CancellationToken cancellationToken) => Start(snapshot).Run(cancellationToken);
}

/// <summary>One page of neighbours.</summary>
/// <param name="Items">In order, at most the limit.</param>
/// <param name="Next">Opaque, at most 1,000 bytes: what the next page begins behind; null: this was the last.</param>
public sealed record NeighborPage(IReadOnlyList<NeighborEdge> Items, byte[]? Next)
{
    /// <summary>No neighbours.</summary>
    public static NeighborPage Empty { get; } = new([], null);
}
