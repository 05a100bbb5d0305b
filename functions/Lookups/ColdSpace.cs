using Cairn.Primitives;
using Cairn.Reconciliation.Lookups;
using Cairn.Snapshots;
using Cairn.Storage;
using Cairn.Storage.Lookups;

namespace Cairn.Functions.Lookups;

/// <summary>A space that this process does not hold, as the lookups index knows it. One request.</summary>
internal sealed class ColdSpace(SpaceRecord record, LookupsWatermark watermark, ILookupsIndex index)
{
    /// <summary>More are not fetched one by one.</summary>
    private const int MaxIds = 50;

    public SpaceRecord Record => record;

    /// <summary>Answers hold everything up to here, and perhaps more.</summary>
    public LookupsWatermark Watermark => watermark;

    /// <summary>Some concepts, those of them that are there.</summary>
    /// <returns>Null: they are too many, or one is too large.</returns>
    public async ValueTask<Snapshot?> FindAsync(IReadOnlyList<ReadOnlyMemory<byte>> ids, CancellationToken cancellationToken)
    {
        if (ids.Count > MaxIds)
        {
            return null;
        }

        var found = ids.Count == 0 ? [] : await index.ReadAsync(record.Incarnation, ids, cancellationToken);
        return ToSnapshot([.. found.OfType<LookupDocument>().DistinctBy(static document => Convert.ToHexString(document.Id.Span))]);
    }

    /// <summary>A page of what may meet a condition.</summary>
    public ValueTask<LookupsPage> QueryAsync(LookupsQuery query, CancellationToken cancellationToken) => index.QueryAsync(record.Incarnation, query, cancellationToken);

    /// <summary>Some concepts; null: one is too large.</summary>
    public Snapshot? ToSnapshot(IReadOnlyList<LookupDocument> documents) => documents.Any(static document => document.State == LookupState.TooLarge)
        ? null
        : LookedUpConcepts.ToSnapshot(record.Incarnation, watermark, documents);

    /// <summary>Now for a read: the log clock, or the wall clock if that is later.</summary>
    public Timestamp Now(TimeProvider time) => Timestamp.Latest(watermark.LogClock, Timestamp.From(time.GetUtcNow()));
}
