using Cairn.Primitives;
using Cairn.Snapshots;

namespace Cairn.Query;

/// <summary>Concepts in byte order of their ids, or in another order, page by page; dead, implied and expired ones are left out.</summary>
/// <remarks>A page by id costs what it walks over: with a label that is rare, up to every concept. The first such list of a space builds the order of its
/// ids, later ones extend it. A page in another order visits every concept, in memory for one page; by one attribute, or a time, that is asked for again the order
/// is kept, and a page costs what it walks over. A count visits every concept too, unless the condition is a range of that field. What exists unchanged throughout comes exactly once over all pages, whatever the snapshots they are taken from.</remarks>
public sealed record ConceptListing
{
    /// <summary>The longest page.</summary>
    public const int MaxLimit = 1000;

    /// <summary>For expiry; taken once per request.</summary>
    public required Timestamp Now { get; init; }

    /// <summary>World time: only concepts that were true then; null: all.</summary>
    public Timestamp? ValidAt { get; init; }

    /// <summary>Labels, any of.</summary>
    public CodeFilter Labels { get; init; }

    /// <summary>What must be true of them; null: nothing.</summary>
    public WhereClause? Where { get; init; }

    /// <summary>What comes first; null: by id.</summary>
    public OrderBy? OrderBy { get; init; }

    /// <summary>Also counts all concepts that match, on whatever page they are; default: no.</summary>
    public bool Counts { get; init; }

    /// <summary>1 to <see cref="MaxLimit"/>.</summary>
    public int Limit { get; init; } = 50;

    /// <summary>Where the page before, of the same order, ended (<see cref="RowPage.Next"/>); empty: begin at the first.</summary>
    public ReadOnlyMemory<byte> After { get; init; }

    /// <summary>Begins one page of concept rows.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The limit.</exception>
    /// <exception cref="CairnException">Invalid: <c>wrong-cursor</c>; <c>not-retained</c>, the page before ended at a value too long for a cursor and the
    /// concept has changed since; while it is walked, also a value that has no order.</exception>
    public Scan<RowPage> Start(Snapshot snapshot)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(Limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Limit, MaxLimit);
        return OrderBy is not { IsById: false } order ? new ConceptScan(this, snapshot)
            : OrderWalkScan.IsPossible(order) ? new OrderWalkScan(this, order, snapshot)
            : new OrderedScan(this, order, snapshot);
    }

    /// <summary>Answers one page of concept rows.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The limit.</exception>
    /// <exception cref="CairnException">As of <see cref="Start"/>.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public RowPage Run(Snapshot snapshot, CancellationToken cancellationToken) => Start(snapshot).Run(cancellationToken);
}

/// <summary>One page of a list.</summary>
/// <param name="Items">Rows in order, at most the limit.</param>
/// <param name="Next">Opaque, at most 3,000 bytes: what the next page begins behind; null: this was the last.</param>
public sealed record RowPage(IReadOnlyList<int> Items, byte[]? Next)
{
    /// <summary>Nothing.</summary>
    public static RowPage Empty { get; } = new([], null);

    /// <summary>All that match, on whatever page; null: not counted.</summary>
    public long? Count { get; init; }
}
