using Cairn.Primitives;

namespace Cairn.Storage.Lookups;

/// <summary>
/// Concepts of spaces beside their logs, so that a process can look some up without loading the space. Derived, and never the truth: it can be thrown away and is
/// filled again. One place for all spaces, apart by the life of each.
/// </summary>
/// <remarks>
/// Safe to use from many threads and by many processes at once. What one call has written, every later call of any process finds. Every call may throw Unavailable or
/// Throttled (back off and try again: trying any of them twice is safe).
/// </remarks>
public interface ILookupsIndex : IAsyncDisposable
{
    /// <summary>Most documents of one page.</summary>
    const int MaxPage = 1000;

    /// <summary>How far a life was brought; null: nothing is known of it.</summary>
    ValueTask<LookupsWatermark?> FindWatermarkAsync(Incarnation life, CancellationToken cancellationToken);

    /// <summary>Writes a watermark if the one before is still the one that its <see cref="LookupsWatermark.Tag"/> names.</summary>
    /// <returns>It with its own tag; null: somebody else wrote one meanwhile, or the life was dropped.</returns>
    ValueTask<LookupsWatermark?> TryAdvanceAsync(Incarnation life, LookupsWatermark next, CancellationToken cancellationToken);

    /// <summary>Writes documents, each unless one of its id at the same or a later position is there. In any order, and not all at once: readers see some of them before others.</summary>
    ValueTask WriteAsync(Incarnation life, IReadOnlyList<LookupDocument> documents, CancellationToken cancellationToken);

    /// <summary>Documents by id, in the order asked; null: there is none, or a tombstone.</summary>
    ValueTask<IReadOnlyList<LookupDocument?>> ReadAsync(Incarnation life, IReadOnlyList<ReadOnlyMemory<byte>> ids, CancellationToken cancellationToken);

    /// <summary>Documents that may meet a condition, in byte order of their ids; tombstones are left out.</summary>
    ValueTask<LookupsPage> QueryAsync(Incarnation life, LookupsQuery query, CancellationToken cancellationToken);

    /// <summary>The lives of which anything is known, those that were dropped of late among them.</summary>
    ValueTask<IReadOnlyList<Incarnation>> ListAsync(CancellationToken cancellationToken);

    /// <summary>Forgets a life that has ended: from here on its watermark is not advanced any more, then its documents go.</summary>
    ValueTask DropAsync(Incarnation life, CancellationToken cancellationToken);
}

/// <summary>What is asked of a life.</summary>
/// <param name="Condition">What the documents must meet; null: nothing.</param>
/// <param name="After">Only ids behind this one; empty: from the first.</param>
/// <param name="Most">1 to <see cref="ILookupsIndex.MaxPage"/>.</param>
public sealed record LookupsQuery(LookupCondition? Condition, ReadOnlyMemory<byte> After, int Most)
{
    /// <summary>Of the documents only ids, positions and states are wanted.</summary>
    public bool IsBare { get; init; }
}

/// <summary>Documents that follow each other.</summary>
/// <param name="Documents">At most as many as were asked for; fewer where they are large, but then at least one.</param>
/// <param name="IsLast">None comes behind them.</param>
public sealed record LookupsPage(IReadOnlyList<LookupDocument> Documents, bool IsLast);
