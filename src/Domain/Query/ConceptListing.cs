using Cairn.Primitives;
using Cairn.Snapshots;

namespace Cairn.Query;

/// <summary>Concepts in byte order of their ids, page by page; dead, implied and expired ones are left out.</summary>
/// <remarks>A page costs what it walks over: with a label that is rare, up to every concept. The first list of a space builds the order of its
/// ids, later ones extend it. What exists unchanged throughout comes exactly once over all pages, whatever the snapshots they are taken from.</remarks>
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

    /// <summary>1 to <see cref="MaxLimit"/>.</summary>
    public int Limit { get; init; } = 50;

    /// <summary>Where the page before ended (<see cref="RowPage.Next"/>), which is an id; empty: begin at the first.</summary>
    public ReadOnlyMemory<byte> After { get; init; }

    /// <summary>Begins one page of concept rows.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The limit.</exception>
    public Scan<RowPage> Start(Snapshot snapshot)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(Limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Limit, MaxLimit);
        return new ConceptScan(this, snapshot);
    }

    /// <summary>Answers one page of concept rows.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The limit.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public RowPage Run(Snapshot snapshot, CancellationToken cancellationToken) => Start(snapshot).Run(cancellationToken);
}

/// <summary>One page of a list.</summary>
/// <param name="Items">Rows in order, at most the limit.</param>
/// <param name="Next">Opaque, at most 1,300 bytes: what the next page begins behind; null: this was the last.</param>
public sealed record RowPage(IReadOnlyList<int> Items, byte[]? Next)
{
    /// <summary>Nothing.</summary>
    public static RowPage Empty { get; } = new([], null);
}
