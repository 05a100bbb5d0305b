using Cairn.Columns;
using Cairn.Formats.Segments;
using Cairn.Indexes;
using Cairn.Snapshots.Derived;

namespace Cairn.Snapshots.Checkpoints;

/// <summary>The rows of concepts or of associations as a checkpoint holds them.</summary>
/// <param name="RowCount">Rows.</param>
/// <param name="Groups">Row groups.</param>
/// <param name="Columns">The attribute columns, in the order of their numbers.</param>
/// <param name="Arenas">By column.</param>
/// <param name="Zones">What is known of row groups without loading them.</param>
internal sealed record StoredTable(
    int RowCount, IChunkSource<Page?[]> Groups, IReadOnlyList<StoredColumn> Columns, IReadOnlyDictionary<int, StoredArena> Arenas, ZoneMaps Zones);

/// <summary>An attribute column as a checkpoint holds it.</summary>
/// <param name="Name">UTF-8.</param>
/// <param name="Kind">Type of its values.</param>
/// <param name="Dictionary">Its numbered texts; null if there are none.</param>
internal sealed record StoredColumn(byte[] Name, Model.ValueKind Kind, StoredKeys? Dictionary);

/// <summary>A checkpoint as the state of a space begins with it: nothing but its small parts is loaded yet. Immutable.</summary>
/// <param name="State">Its small parts.</param>
/// <param name="Indexes">Its indexes.</param>
/// <param name="Concepts">Rows of concepts.</param>
/// <param name="Associations">Rows of associations.</param>
/// <param name="Derived">Indexes that are derived of concepts.</param>
internal sealed record StoredSpace(CheckpointState State, StoredIndexes Indexes, StoredTable Concepts, StoredTable Associations, StoredDerived Derived)
{
    /// <summary>Binds the parts to the chunks of the segments.</summary>
    public static StoredSpace Of(CheckpointState state, SegmentSet segments, StoredDerived derived) => new(
        state,
        IndexesOf(state, segments),
        Table(state.Concepts, segments, ofConcepts: true),
        Table(state.Associations, segments, ofConcepts: false),
        derived);

    private static StoredIndexes IndexesOf(CheckpointState state, SegmentSet segments)
    {
        StoredKeys KeysOf(uint table) => Keys(table, state.Keys[(int)table], segments);
        var (rows, associations) = (state.AdjacencyRows, state.Associations.RowCount);
        return new(
            KeysOf(StoredTables.Ids), KeysOf(StoredTables.Labels), KeysOf(StoredTables.LabelSets),
            KeysOf(StoredTables.MediaTypes), KeysOf(StoredTables.Types), KeysOf(StoredTables.Keys),
            associations == 0 ? null : Hash(SectionKind.OfAssociations, associations, segments),
            new(rows,
                segments.Chunks<uint[]>(new(SectionKind.AdjacencyOffsets), ChunksOf(rows * 2L, StoredAdjacency.ListsPerChunk), static bytes => StoredWords.ReadUInt32(bytes)),
                segments.Chunks<ulong[]>(new(SectionKind.AdjacencyEntries), ChunksOf(associations * 2L, StoredAdjacency.EntriesPerChunk), static bytes => StoredWords.ReadUInt64(bytes))),
            OrderRun.Stored(
                state.Concepts.RowCount,
                segments.Chunks<uint[]>(new(SectionKind.IdOrder), ChunksOf(state.Concepts.RowCount, OrderRun.NumbersPerChunk), static bytes => StoredWords.ReadUInt32(bytes))));
    }

    private static StoredTable Table(RowsState rows, SegmentSet segments, bool ofConcepts)
    {
        var columns = new StoredColumn[rows.Columns.Count];
        for (var i = 0; i < columns.Length; i++)
        {
            var (name, kind, dictionary) = rows.Columns[i];
            var table = StoredTables.Dictionary(ofConcepts, HeaderColumn.FirstAttribute + i);
            columns[i] = new(name, kind, dictionary is { } extent ? Keys(table, extent, segments) : null);
        }

        var arenas = new Dictionary<int, StoredArena>();
        foreach (var arena in rows.Arenas)
        {
            var section = new SectionId(ofConcepts ? SectionKind.ConceptArena : SectionKind.AssociationArena, (uint)arena.Column);
            arenas[arena.Column] = new(segments.Chunks(section, arena.Uses.Count, static bytes => bytes), arena.Uses, arena.Current);
        }

        var groups = new SectionId(ofConcepts ? SectionKind.ConceptRows : SectionKind.AssociationRows);
        return new(rows.RowCount, segments.Chunks(groups, ChunksOf(rows.RowCount, Page.Rows), static bytes => RowGroupCodec.Read(bytes)), columns, arenas, ofConcepts ? Zones(rows, segments) : ZoneMaps.None);
    }

    // A checkpoint of an older version has none.
    private static ZoneMaps Zones(RowsState rows, SegmentSet segments)
    {
        var columns = new Dictionary<int, Spine<Zone[]>>();
        foreach (var (column, _) in ZonedColumns.Of(rows))
        {
            var section = new SectionId(SectionKind.ConceptZoneMaps, (uint)column);
            if (segments.TryFind(section, 0, out _, out _))
            {
                columns[column] = LazyChunks.Of(segments.Chunks(section, ZonedColumns.ChunksOf(rows.RowCount), static bytes => ZoneCodec.Read(bytes)));
            }
        }

        return new(columns);
    }

    private static StoredKeys Keys(uint table, in KeyTableExtent extent, SegmentSet segments) => new(
        extent.Count,
        extent.UsedBytes,
        extent.LastChunkBytes,
        extent.KeyBytes,
        segments.Chunks(new(SectionKind.KeyBytes, table), extent.Chunks, static bytes => bytes),
        segments.Chunks<uint[]>(new(SectionKind.KeyReferences, table), extent.ReferenceChunks, static bytes => StoredWords.ReadUInt32(bytes)),
        Hash(table, extent.Count, segments));

    private static StoredHashIndex Hash(uint table, int entries, SegmentSet segments)
    {
        var depth = StoredHashIndex.DepthFor(entries);
        return new(depth, segments.Chunks(new(SectionKind.HashIndex, table), 1 << depth, static bytes => StoredHashIndex.Read(bytes)));
    }

    private static int ChunksOf(long items, int perChunk) => (int)((items + perChunk - 1) / perChunk);
}
