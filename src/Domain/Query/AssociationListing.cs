using Cairn.Primitives;
using Cairn.Snapshots;

namespace Cairn.Query;

/// <summary>Associations by source, type, target and key, each by bytes, page by page; those with an expired end are left out.</summary>
/// <remarks>
/// With a source or a target a page costs O(its associations). Without either, sources are walked in the order of their ids and
/// a page costs what it walks over: with a type that is rare, up to every association. What exists unchanged throughout comes exactly
/// once over all pages, whatever the snapshots they are taken from.
/// </remarks>
public sealed record AssociationListing
{
    /// <summary>The longest page.</summary>
    public const int MaxLimit = 1000;

    /// <summary>For expiry; taken once per request.</summary>
    public required Timestamp Now { get; init; }

    /// <summary>World time: only associations and ends that were true then; null: all.</summary>
    public Timestamp? ValidAt { get; init; }

    /// <summary>Row of the concept that they leave; −1 (an id that the space never saw): none; null: any.</summary>
    public int? Source { get; init; }

    /// <summary>Row of the concept that they reach; −1 (an id that the space never saw): none; null: any.</summary>
    public int? Target { get; init; }

    /// <summary>Types, any of.</summary>
    public CodeFilter Types { get; init; }

    /// <summary>1 to <see cref="MaxLimit"/>.</summary>
    public int Limit { get; init; } = 50;

    /// <summary>Where the page before ended (<see cref="RowPage.Next"/>); empty: begin at the first.</summary>
    public ReadOnlyMemory<byte> After { get; init; }

    /// <summary>Begins one page of association rows.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The limit.</exception>
    /// <exception cref="CairnException">Invalid, wrong-cursor: <see cref="After"/> is not from such a page. Also while it is walked.</exception>
    public Scan<RowPage> Start(Snapshot snapshot)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(Limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Limit, MaxLimit);
        return new AssociationScan(this, snapshot);
    }

    /// <summary>Answers one page of association rows.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The limit.</exception>
    /// <exception cref="CairnException">Invalid, wrong-cursor: <see cref="After"/> is not from such a page.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public RowPage Run(Snapshot snapshot, CancellationToken cancellationToken) => Start(snapshot).Run(cancellationToken);
}
