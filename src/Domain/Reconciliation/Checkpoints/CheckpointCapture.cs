using Cairn.Columns;
using Cairn.Formats.Segments;
using Cairn.Indexes;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Reconciliation.Outcomes;
using Cairn.Snapshots;
using Cairn.Snapshots.Checkpoints;

namespace Cairn.Reconciliation.Checkpoints;

/// <summary>
/// What a checkpoint is made of, taken between two groups: an immutable snapshot, and of what later groups change in place how far it went.
/// Writing it takes no lock, and replay goes on meanwhile.
/// </summary>
internal sealed class CheckpointCapture
{
    private readonly SpaceState _live;
    private readonly long _operations;
    private readonly bool _holdsForgotten;
    private readonly Timestamp _forgottenBefore;
    private readonly IReadOnlyList<WriterState> _writers;
    private readonly IReadOnlyList<OriginState> _origins;
    private readonly KeyValuePair<int, int>[] _implied;
    private readonly RowsCapture _concepts;
    private readonly RowsCapture _associations;

    private CheckpointCapture(SpaceState live, Snapshot snapshot, CommitApplier applier)
    {
        (_live, Snapshot) = (live, snapshot);
        (_operations, _forgottenBefore, _writers, _origins) = (applier.Operations, applier.Memory.ForgottenBefore, applier.Writers, applier.Origins.Origins);
        Outcomes = applier.Memory.Seal(snapshot.Position);
        _holdsForgotten = live.Shared.HoldsForgotten;
        _implied = [.. live.ImpliedDegrees];
        _concepts = RowsCapture.Take(live.Concepts, snapshot.Concepts, ofConcepts: true);
        _associations = RowsCapture.Take(live.Associations, snapshot.Associations, ofConcepts: false);
        var shared = live.Shared;
        Tables = [.. new[] { shared.Ids, shared.Labels, shared.LabelSets, shared.MediaTypes, shared.Types, shared.Keys }
            .Select(static (table, number) => new TableCapture((uint)number, table, table.Extent))];
    }

    public Snapshot Snapshot { get; }

    /// <summary>The outcomes of the commits behind the last checkpoint.</summary>
    public SealedOutcomes Outcomes { get; }

    /// <summary>The key tables, in the order of <see cref="StoredTables"/>.</summary>
    public IReadOnlyList<TableCapture> Tables { get; }

    /// <summary>Rows of concepts, then of associations.</summary>
    public IEnumerable<RowsCapture> Rows => [_concepts, _associations];

    /// <summary>Takes what changed since the last time. On the thread that replays, when everything that was applied is published.</summary>
    public static CheckpointCapture Take(SpaceState live, Snapshot snapshot, CommitApplier applier) => new(live, snapshot, applier);

    /// <summary>Gives back what was taken: it was not stored. On the thread that replays.</summary>
    public void Return()
    {
        _concepts.Return(_live.Concepts);
        _associations.Return(_live.Associations);
    }

    /// <summary>The small parts.</summary>
    public CheckpointState State(ulong hashKey) => new()
    {
        Position = Snapshot.Position,
        LogClock = Snapshot.LogClock,
        Settings = Snapshot.Settings,
        HashKey = hashKey,
        ConceptCount = Snapshot.ConceptCount,
        AssociationCount = Snapshot.AssociationCount,
        HasExpiry = Snapshot.HasExpiry,
        HoldsForgotten = _holdsForgotten,
        Operations = _operations,
        ForgottenBefore = _forgottenBefore,
        Concepts = _concepts.State,
        Associations = _associations.State,
        AdjacencyRows = Snapshot.ConceptRows,
        Keys = [.. Tables.Select(static table => table.Extent)],
        ImpliedDegrees = _implied,
        Writers = _writers,
        Origins = _origins,
    };
}

/// <summary>A key table and how far it went.</summary>
/// <param name="Number">Its number as an argument of sections.</param>
/// <param name="Table">Its keys; more may be added meanwhile.</param>
/// <param name="Extent">What of them counts.</param>
internal sealed record TableCapture(uint Number, KeyTable Table, KeyTableExtent Extent);

/// <summary>An arena and how far it went.</summary>
/// <param name="Section">Where its chunks are stored.</param>
/// <param name="Arena">Its chunks.</param>
/// <param name="State">How full they are.</param>
/// <param name="Written">Those that changed.</param>
internal sealed record ArenaCapture(SectionId Section, Arena Arena, ArenaState State, ChunkMarks Written);

/// <summary>The rows of concepts or of associations and how far they went.</summary>
/// <param name="Section">Where row groups are stored.</param>
/// <param name="Rows">The published version.</param>
/// <param name="Changed">Row groups that changed.</param>
/// <param name="Arenas">Their arenas.</param>
/// <param name="Dictionaries">Their dictionaries.</param>
internal sealed record RowsCapture(
    SectionId Section, StoredRows Rows, ChunkMarks Changed, IReadOnlyList<ArenaCapture> Arenas, IReadOnlyList<TableCapture> Dictionaries)
{
    /// <summary>Their small parts.</summary>
    public RowsState State => new(Rows.Table.RowCount, Columns, [.. Arenas.Select(static arena => arena.State)]);

    private ColumnState[] Columns
    {
        get
        {
            var columns = new ColumnState[Rows.Layout.ByName.Length];
            foreach (var column in Rows.Layout.ByName)
            {
                var dictionary = column.Dictionary is null ? null : Dictionaries.Single(table => ReferenceEquals(table.Table, column.Dictionary));
                columns[column.Column - HeaderColumn.FirstAttribute] = new(column.Name, column.Kind, dictionary?.Extent);
            }

            return columns;
        }
    }

    public static RowsCapture Take(RowStore live, StoredRows published, bool ofConcepts)
    {
        // A space that embeds nothing has checkpoints as it always had.
        var used = live.Arenas.Where(entry => !ofConcepts || entry.Column != ConceptColumn.Embeddings || entry.Arena.Uses.Count > 0);
        var arenas = used.Select(entry => new ArenaCapture(
            new(ofConcepts ? SectionKind.ConceptArena : SectionKind.AssociationArena, (uint)entry.Column),
            published.ArenaOf(entry.Column),
            new(entry.Column, entry.Arena.Current, [.. entry.Arena.Uses]),
            entry.Arena.Written.Take())).ToArray();
        var dictionaries = new List<TableCapture>();
        foreach (var column in published.Layout.ByName)
        {
            if (column.Dictionary is { } dictionary)
            {
                dictionaries.Add(new(StoredTables.Dictionary(ofConcepts, column.Column), dictionary, dictionary.Extent));
            }
        }

        return new(new(ofConcepts ? SectionKind.ConceptRows : SectionKind.AssociationRows), published, live.Table.Changed.Take(), arenas, dictionaries);
    }

    public void Return(RowStore live)
    {
        live.Table.Changed.Return(Changed);
        foreach (var (column, arena) in live.Arenas)
        {
            // Arenas that came since have nothing to be given back.
            if (Arenas.FirstOrDefault(taken => taken.State.Column == column) is { } taken)
            {
                arena.Written.Return(taken.Written);
            }
        }
    }
}
