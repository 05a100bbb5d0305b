using System.Buffers.Binary;
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

    /// <summary>Entries of a hash index on their way into segments.</summary>
    private sealed class HashSlots(int count)
    {
        private readonly uint[] _tags = new uint[count];
        private readonly int[] _entries = new int[count];
        private int _at;

        public void Add(ulong hash, int entry) => (_tags[_at], _entries[_at++]) = ((uint)(hash >> 32), entry);

        public void AddStored(uint table, int entries, SegmentSet previous)
        {
            if (entries == 0)
            {
                return;
            }

            for (var segment = 0; segment < 1 << StoredHashIndex.DepthFor(entries); segment++)
            {
                var bytes = previous.Read(new(SectionKind.HashIndex, table), segment) ?? throw Formats.Malformed.Because("a segment of a hash index is missing");
                for (var at = 0; at < bytes.Length; at += sizeof(ulong))
                {
                    if (BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(at)) is var slot and not 0)
                    {
                        Add(slot, (int)((uint)slot - 1));
                    }
                }
            }
        }

        public async ValueTask WriteAsync(uint table, ChunkOutput output, CancellationToken cancellationToken)
        {
            Primitives.Invariant.Require(_at == count, "a stored hash index has another number of entries than its keys");
            var number = 0;
            foreach (var segment in StoredHashIndex.Build(_tags, _entries, StoredHashIndex.DepthFor(count)))
            {
                await output.AddAsync(new(SectionKind.HashIndex, table), number++, StoredWords.Write(segment), cancellationToken).ConfigureAwait(false);
            }
        }
    }
}
