using Cairn.Columns;
using Cairn.Formats.Segments;
using Cairn.Indexes;
using Cairn.Snapshots;
using Cairn.Snapshots.Checkpoints;

namespace Cairn.Reconciliation.Checkpoints;

/// <summary>The section of concept rows in byte order of their ids: the order of the previous checkpoint with the rows since put in. Of the ids before only those are read that a binary search meets.</summary>
internal static class OrderSection
{
    /// <summary>Writes the order if rows were added.</summary>
    public static async ValueTask WriteAsync(Snapshot snapshot, int known, SegmentSet previous, ChunkOutput output, CancellationToken cancellationToken)
    {
        if (known == snapshot.ConceptRows)
        {
            return;
        }

        var old = OrderRun.Stored(known, previous.Chunks<uint[]>(new(SectionKind.IdOrder), (known + OrderRun.NumbersPerChunk - 1) / OrderRun.NumbersPerChunk, static bytes => StoredWords.ReadUInt32(bytes)));
        var order = new OrderRunWriter(snapshot.ConceptRows);
        var at = 0;
        foreach (var row in KeyOrder.Sorted(snapshot.Ids, known, snapshot.ConceptRows))
        {
            for (var before = KeyOrder.LowerBound(snapshot.Ids, old, at, snapshot.Ids[row]); at < before; at++)
            {
                order.Add(old[at]);
            }

            order.Add(row);
        }

        for (; at < old.Length; at++)
        {
            order.Add(old[at]);
        }

        var run = order.Finish();
        for (var chunk = 0; chunk < run.ChunkCount; chunk++)
        {
            await output.AddAsync(new(SectionKind.IdOrder), chunk, StoredWords.Write(run.Chunk(chunk)), cancellationToken).ConfigureAwait(false);
        }
    }
}
