using Cairn.Columns;
using Cairn.Formats.Segments;
using Cairn.Indexes;
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
        var (knownRows, known) = (before?.AdjacencyRows ?? 0, before?.Associations.RowCount ?? 0);
        if (known == snapshot.AssociationRows)
        {
            return knownRows;
        }

        var old = new OldLists(knownRows * 2, previous);
        var added = Added(snapshot, known);
        var lists = new ListWriter(output, cancellationToken);
        for (var (list, at) = (0, 0); list < snapshot.ConceptRows * 2; list++)
        {
            await lists.BeginAsync().ConfigureAwait(false);
            for (var left = old.Next(list); left > 0; left--)
            {
                await lists.AddAsync(old.Take()).ConfigureAwait(false);
            }

            for (; at < added.Length && added[at].List == list; at++)
            {
                await lists.AddAsync(added[at].Entry).ConfigureAwait(false);
            }
        }

        await lists.FinishAsync().ConfigureAwait(false);
        return snapshot.ConceptRows;
    }

    // By list, then by association.
    private static (int List, ulong Entry)[] Added(Snapshot snapshot, int known)
    {
        var added = new (int List, ulong Entry)[(snapshot.AssociationRows - known) * 2];
        var at = 0;
        for (var row = known; row < snapshot.AssociationRows; row++)
        {
            var ends = AssociationEnds.Of(snapshot.Associations.Table, row);
            added[at++] = (ends.Source * 2, ((ulong)(uint)ends.Target << 32) | (uint)(row + 1));
            added[at++] = ((ends.Target * 2) + 1, ((ulong)(uint)ends.Source << 32) | (uint)(row + 1));
        }

        Array.Sort(added, static (a, b) => a.List != b.List ? a.List.CompareTo(b.List) : ((uint)a.Entry).CompareTo((uint)b.Entry));
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
    private sealed class ListWriter(ChunkOutput output, CancellationToken cancellationToken)
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
