using Cairn.Columns;
using Cairn.Formats.Segments;
using Cairn.Indexes;
using Cairn.Reconciliation.Compaction;
using Cairn.Snapshots;
using Cairn.Snapshots.Checkpoints;

namespace Cairn.Reconciliation.Checkpoints;

/// <summary>The section of concept rows in byte order of their ids: the order of the previous checkpoint with the rows since put in. Of the ids before only those are read that a binary search meets.</summary>
internal static class OrderSection
{
    /// <summary>Writes the order if rows were added.</summary>
    public static ValueTask WriteAsync(Snapshot snapshot, int known, SegmentSet previous, ChunkOutput output, CancellationToken cancellationToken) =>
        known == snapshot.ConceptRows ? default : WriteAsync(new(snapshot.ConceptRows), Order(snapshot, known, previous, kept: null), output, cancellationToken);

    /// <summary>Writes the order of the rows that are kept, under their new numbers.</summary>
    public static ValueTask WriteKeptAsync(Snapshot snapshot, int known, SegmentSet previous, ChunkOutput output, RowMap kept, CancellationToken cancellationToken) =>
        WriteAsync(new(kept.Count), Order(snapshot, known, previous, kept).Select(row => kept[row]).Where(static row => row >= 0), output, cancellationToken);

    private static async ValueTask WriteAsync(OrderRunWriter order, IEnumerable<int> rows, ChunkOutput output, CancellationToken cancellationToken)
    {
        foreach (var row in rows)
        {
            order.Add(row);
        }

        var run = order.Finish();
        for (var chunk = 0; chunk < run.ChunkCount; chunk++)
        {
            await output.AddAsync(new(SectionKind.IdOrder), chunk, StoredWords.Write(run.Chunk(chunk)), cancellationToken).ConfigureAwait(false);
        }
    }

    // Of the rows since, those that are kept; the others' places need not be found.
    private static IEnumerable<int> Order(Snapshot snapshot, int known, SegmentSet previous, RowMap? kept)
    {
        var old = OrderRun.Stored(known, previous.Chunks<uint[]>(new(SectionKind.IdOrder), (known + OrderRun.NumbersPerChunk - 1) / OrderRun.NumbersPerChunk, static bytes => StoredWords.ReadUInt32(bytes)));
        var at = 0;
        foreach (var row in KeyOrder.Sorted(snapshot.Ids, known, snapshot.ConceptRows))
        {
            if (kept is not null && kept[row] < 0)
            {
                continue;
            }

            for (var before = KeyOrder.LowerBound(snapshot.Ids, old, at, snapshot.Ids[row]); at < before; at++)
            {
                yield return old[at];
            }

            yield return row;
        }

        for (; at < old.Length; at++)
        {
            yield return old[at];
        }
    }
}
