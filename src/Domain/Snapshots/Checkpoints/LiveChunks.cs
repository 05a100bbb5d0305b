using Cairn.Columns;
using Cairn.Formats.Segments;
using Cairn.Indexes;
using Cairn.Snapshots.Derived;

namespace Cairn.Snapshots.Checkpoints;

/// <summary>Which chunks a checkpoint counts; what its segments have beside them is of no meaning any more. Immutable.</summary>
internal sealed class LiveChunks
{
    private readonly Dictionary<SectionId, int> _lengths = [];
    private readonly Dictionary<SectionId, IReadOnlyList<ChunkUse>> _arenas = [];
    private readonly Dictionary<SectionId, int> _optional = [];

    private LiveChunks()
    {
    }

    /// <summary>Those of tables and what belongs to them.</summary>
    public LiveChunks(CheckpointState state)
    {
        Rows(state.Concepts, SectionKind.ConceptRows, SectionKind.ConceptArena, ofConcepts: true);
        Rows(state.Associations, SectionKind.AssociationRows, SectionKind.AssociationArena, ofConcepts: false);
        for (var table = 0; table < state.Keys.Count; table++)
        {
            Keys((uint)table, state.Keys[table]);
        }

        foreach (var (column, _) in ZonedColumns.Of(state.Concepts))
        {
            _optional[new(SectionKind.ConceptZoneMaps, (uint)column)] = ZonedColumns.ChunksOf(state.Concepts.RowCount);
        }

        var associations = state.Associations.RowCount;
        Add(SectionKind.HashIndex, SectionKind.OfAssociations, associations == 0 ? 0 : 1 << StoredHashIndex.DepthFor(associations));
        Add(SectionKind.AdjacencyOffsets, 0, ChunksOf(state.AdjacencyRows * 2L, StoredAdjacency.ListsPerChunk));
        Add(SectionKind.AdjacencyEntries, 0, ChunksOf(associations * 2L, StoredAdjacency.EntriesPerChunk));
        Add(SectionKind.IdOrder, 0, ChunksOf(state.Concepts.RowCount, OrderRun.NumbersPerChunk));
    }

    /// <summary>Those of derived indexes.</summary>
    public static LiveChunks Of(IEnumerable<DerivedState> indexes)
    {
        var live = new LiveChunks();
        foreach (var (section, chunks) in indexes.SelectMany(static index => index.Content.Sections))
        {
            live._lengths[section] = chunks;
        }

        return live;
    }

    /// <summary>Every chunk that must be there.</summary>
    public IEnumerable<(SectionId Section, int Number)> All
    {
        get
        {
            foreach (var (section, length) in _lengths)
            {
                for (var number = 0; number < length; number++)
                {
                    yield return (section, number);
                }
            }

            foreach (var (section, uses) in _arenas)
            {
                for (var number = 0; number < uses.Count; number++)
                {
                    if (uses[number].Used > 0)
                    {
                        yield return (section, number);
                    }
                }
            }
        }
    }

    /// <summary>Whether a chunk counts.</summary>
    public bool Has(SectionId section, uint number) =>
        (_optional.TryGetValue(section, out var most) && number < (uint)most)
        || (_lengths.TryGetValue(section, out var length) && number < (uint)length)
        || (_arenas.TryGetValue(section, out var uses) && number < (uint)uses.Count && uses[(int)number].Used > 0);

    private void Rows(RowsState rows, ushort groups, ushort arenas, bool ofConcepts)
    {
        Add(groups, 0, ChunksOf(rows.RowCount, Page.Rows));
        foreach (var arena in rows.Arenas)
        {
            _arenas[new(arenas, (uint)arena.Column)] = arena.Uses;
        }

        for (var i = 0; i < rows.Columns.Count; i++)
        {
            if (rows.Columns[i].Dictionary is { } dictionary)
            {
                Keys(StoredTables.Dictionary(ofConcepts, HeaderColumn.FirstAttribute + i), dictionary);
            }
        }
    }

    private void Keys(uint table, in KeyTableExtent extent)
    {
        Add(SectionKind.KeyBytes, table, extent.Count == 0 ? 0 : extent.Chunks);
        Add(SectionKind.KeyReferences, table, extent.ReferenceChunks);
        Add(SectionKind.HashIndex, table, extent.Count == 0 ? 0 : 1 << StoredHashIndex.DepthFor(extent.Count));
    }

    private void Add(ushort kind, uint argument, int length) => _lengths[new(kind, argument)] = length;

    private static int ChunksOf(long items, int perChunk) => (int)((items + perChunk - 1) / perChunk);
}
