using Cairn.Columns;
using Cairn.Formats.Segments;
using Cairn.Indexes;
using Cairn.Reconciliation.Compaction;
using Cairn.Snapshots;
using Cairn.Snapshots.Checkpoints;

namespace Cairn.Reconciliation.Checkpoints;

/// <summary>The sections of neighbours: the lists of the previous checkpoint, each with the associations that were added to it. Streamed: memory follows what was added.</summary>
internal static class AdjacencySections
{
    /// <summary>Writes the lists if associations were added.</summary>
    /// <returns>Concept rows that have lists.</returns>
    public static async ValueTask<int> WriteAsync(Snapshot snapshot, CheckpointState? before, SegmentSet previous, ChunkOutput output, CancellationToken cancellationToken)
    {
        if ((before?.Associations.RowCount ?? 0) == snapshot.AssociationRows)
        {
            return before?.AdjacencyRows ?? 0;
        }

        await WriteListsAsync(snapshot, before, previous, output, kept: null, cancellationToken).ConfigureAwait(false);
        return snapshot.ConceptRows;
    }

    /// <summary>Writes the lists of the rows that are kept, under their new numbers.</summary>
    public static ValueTask WriteKeptAsync(
        Snapshot snapshot, CheckpointState? before, SegmentSet previous, ChunkOutput output, KeptRows kept, CancellationToken cancellationToken) =>
        WriteListsAsync(snapshot, before, previous, output, kept, cancellationToken);

    private static async ValueTask WriteListsAsync(
        Snapshot snapshot, CheckpointState? before, SegmentSet previous, ChunkOutput output, KeptRows? kept, CancellationToken cancellationToken)
    {
        var old = new OldLists((before?.AdjacencyRows ?? 0) * 2, previous);
        var added = Added(snapshot, before?.Associations.RowCount ?? 0, kept);
        var lists = new ListWriter(output, kept, cancellationToken);
        for (var (list, at) = (0, 0); list < snapshot.ConceptRows * 2; list++)
        {
            // A dead concept has no live neighbours, so that all of its entries are left out.
            if (kept is null || kept.Concepts[list / 2] >= 0)
            {
                await lists.BeginAsync().ConfigureAwait(false);
            }

            for (var left = old.Next(list); left > 0; left--)
            {
                await lists.AddAsync(old.Take()).ConfigureAwait(false);
            }

            for (; at < added.Count && added[at].List == list; at++)
            {
                await lists.AddAsync(added[at].Entry).ConfigureAwait(false);
            }
        }

        await lists.FinishAsync().ConfigureAwait(false);
    }

    // By list, then by association.
    private static List<(int List, ulong Entry)> Added(Snapshot snapshot, int known, KeptRows? kept)
    {
        var added = new List<(int List, ulong Entry)>((kept?.Associations.CountFrom(known) ?? (snapshot.AssociationRows - known)) * 2);
        for (var row = known; row < snapshot.AssociationRows; row++)
        {
            if (kept is null || kept.Associations[row] >= 0)
            {
                var ends = AssociationEnds.Of(snapshot.Associations.Table, row);
                added.Add((ends.Source * 2, ((ulong)(uint)ends.Target << 32) | (uint)(row + 1)));
                added.Add(((ends.Target * 2) + 1, ((ulong)(uint)ends.Source << 32) | (uint)(row + 1)));
            }
        }

        added.Sort(static (a, b) => a.List != b.List ? a.List.CompareTo(b.List) : ((uint)a.Entry).CompareTo((uint)b.Entry));
        return added;
    }

    /// <summary>Reads the lists of the previous checkpoint in order.</summary>
    private sealed class OldLists(int lists, SegmentSet previous)
    {
        private uint[] _offsets = [];
        private ulong[] _entries = [];
        private uint _at;

        /// <summary>Entries of the next list.</summary>
        public int Next(int list)
        {
            if (list >= lists)
            {
                return 0;
            }

            if (list % StoredAdjacency.ListsPerChunk == 0)
            {
                _offsets = StoredWords.ReadUInt32(Require(previous.Read(new(SectionKind.AdjacencyOffsets), list / StoredAdjacency.ListsPerChunk)));
            }

            return (int)(_offsets[(list % StoredAdjacency.ListsPerChunk) + 1] - _offsets[list % StoredAdjacency.ListsPerChunk]);
        }

        /// <summary>The next entry.</summary>
        public ulong Take()
        {
            if (_at % StoredAdjacency.EntriesPerChunk == 0)
            {
                _entries = StoredWords.ReadUInt64(Require(previous.Read(new(SectionKind.AdjacencyEntries), (int)(_at / StoredAdjacency.EntriesPerChunk))));
            }

            return _entries[_at++ % StoredAdjacency.EntriesPerChunk];
        }

        private static byte[] Require(byte[]? chunk) => chunk ?? throw Formats.Malformed.Because("a chunk of neighbours is missing");
    }

    /// <summary>Writes lists in order.</summary>
    private sealed class ListWriter(ChunkOutput output, KeptRows? kept, CancellationToken cancellationToken)
    {
        private readonly uint[] _offsets = new uint[StoredAdjacency.ListsPerChunk + 1];
        private readonly ulong[] _entries = new ulong[StoredAdjacency.EntriesPerChunk];
        private int _offsetCount;
        private int _offsetChunks;
        private uint _entryCount;

        /// <summary>The next list begins.</summary>
        public ValueTask BeginAsync()
        {
            _offsets[_offsetCount++] = _entryCount;
            return _offsetCount <= StoredAdjacency.ListsPerChunk ? default : FlushOffsetsAsync();
        }

        public ValueTask AddAsync(ulong entry)
        {
            if (kept is not null)
            {
                var association = kept.Associations[(int)(uint)entry - 1];
                if (association < 0)
                {
                    return default;
                }

                entry = ((ulong)(uint)kept.Concepts[(int)(entry >> 32)] << 32) | (uint)(association + 1);
            }

            _entries[_entryCount++ % StoredAdjacency.EntriesPerChunk] = entry;
            return _entryCount % StoredAdjacency.EntriesPerChunk == 0 ? FlushEntriesAsync((int)(_entryCount / StoredAdjacency.EntriesPerChunk) - 1) : default;
        }

        public async ValueTask FinishAsync()
        {
            // Where the last list ends.
            await BeginAsync().ConfigureAwait(false);
            if (_offsetCount > 1)
            {
                await FlushOffsetsAsync().ConfigureAwait(false);
            }

            if (_entryCount % StoredAdjacency.EntriesPerChunk != 0)
            {
                await FlushEntriesAsync((int)(_entryCount / StoredAdjacency.EntriesPerChunk)).ConfigureAwait(false);
            }
        }

        // The last offset of a chunk is the first one of the next.
        private async ValueTask FlushOffsetsAsync()
        {
            var bytes = StoredWords.Write(_offsets.AsSpan(0, _offsetCount));
            (_offsets[0], _offsetCount) = (_offsets[_offsetCount - 1], 1);
            await output.AddAsync(new(SectionKind.AdjacencyOffsets), _offsetChunks++, bytes, cancellationToken).ConfigureAwait(false);
        }

        private ValueTask FlushEntriesAsync(int chunk)
        {
            var count = (int)(_entryCount - ((uint)chunk * StoredAdjacency.EntriesPerChunk));
            return output.AddAsync(new(SectionKind.AdjacencyEntries), chunk, StoredWords.Write(_entries.AsSpan(0, count)), cancellationToken);
        }
    }
}
