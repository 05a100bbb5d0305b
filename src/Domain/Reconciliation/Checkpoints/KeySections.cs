using Cairn.Columns;
using Cairn.Formats.Segments;
using Cairn.Indexes;
using Cairn.Snapshots;
using Cairn.Snapshots.Checkpoints;

namespace Cairn.Reconciliation.Checkpoints;

/// <summary>
/// The sections of key tables and of the index of associations. Keys are only appended, so that the chunks behind the last checkpoint's end are
/// written. A hash index spreads, so all of it is written again if anything was added; what it had is taken from its stored segments, not from the keys.
/// </summary>
internal static class KeySections
{
    /// <summary>Writes what was added to a key table.</summary>
    /// <param name="table">Which.</param>
    /// <param name="before">How far the previous checkpoint went; null: it has no such table.</param>
    /// <param name="previous">Its segments.</param>
    /// <param name="output">Takes the chunks.</param>
    /// <param name="cancellationToken">Ends the writing.</param>
    public static async ValueTask WriteAsync(TableCapture table, KeyTableExtent? before, SegmentSet previous, ChunkOutput output, CancellationToken cancellationToken)
    {
        var extent = table.Extent;
        if (before?.Count == extent.Count || extent.Count == 0)
        {
            return;
        }

        var known = before?.Count ?? 0;
        for (var chunk = known == 0 ? 0 : before!.Value.Chunks - 1; chunk < extent.Chunks; chunk++)
        {
            await output.AddAsync(new(SectionKind.KeyBytes, table.Number), chunk, table.Table.ChunkOf(chunk, extent).ToArray(), cancellationToken).ConfigureAwait(false);
        }

        for (var chunk = known / KeyTable.ReferencesPerChunk; chunk < extent.ReferenceChunks; chunk++)
        {
            var references = StoredWords.Write(table.Table.ReferencesOf(chunk, extent));
            await output.AddAsync(new(SectionKind.KeyReferences, table.Number), chunk, references, cancellationToken).ConfigureAwait(false);
        }

        var slots = new HashSlots(extent.Count);
        slots.AddStored(table.Number, known, previous);
        for (var number = known; number < extent.Count; number++)
        {
            var reference = table.Table.ReferencesOf(number / KeyTable.ReferencesPerChunk, extent)[number % KeyTable.ReferencesPerChunk];
            slots.Add(table.Table.HashOf(table.Table[number]), (int)reference);
        }

        await slots.WriteAsync(table.Number, output, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Writes the index of associations by their ends, if rows were added.</summary>
    public static async ValueTask WriteAssociationsAsync(Snapshot snapshot, int known, SegmentSet previous, ChunkOutput output, CancellationToken cancellationToken)
    {
        if (known == snapshot.AssociationRows)
        {
            return;
        }

        var slots = new HashSlots(snapshot.AssociationRows);
        slots.AddStored(SectionKind.OfAssociations, known, previous);
        for (var row = known; row < snapshot.AssociationRows; row++)
        {
            slots.Add(snapshot.Shared.Hash(AssociationEnds.Of(snapshot.Associations.Table, row)), row);
        }

        await slots.WriteAsync(SectionKind.OfAssociations, output, cancellationToken).ConfigureAwait(false);
    }
}
