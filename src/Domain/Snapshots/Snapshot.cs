using System.Runtime.CompilerServices;
using Cairn.Formats;
using Cairn.Indexes;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Snapshots.Derived;

namespace Cairn.Snapshots;

/// <summary>
/// The immutable state of a space at one log position. Readers hold one and never wait; any number of threads.
/// Invariants: tables and arenas are of this version only; key tables, hash indexes and adjacency are shared with later versions and only
/// grow, so that rows at or above <see cref="ConceptRows"/> and <see cref="AssociationRows"/> are ignored.
/// </summary>
public sealed class Snapshot
{
    private readonly SharedIndexes _shared;
    private KeptView? _views;

    internal Snapshot(SharedIndexes shared, StoredRows concepts, StoredRows associations, in SnapshotState state)
    {
        (_shared, Concepts, Associations, State) = (shared, concepts, associations, state);
        (ConceptRows, AssociationRows) = (concepts.Table.RowCount, associations.Table.RowCount);
        AllAlive = state.AssociationCount == AssociationRows;
    }

    /// <summary>Everything up to here is applied, nothing behind it.</summary>
    public LogPosition Position => State.Position;

    /// <summary>The latest time of a frame up to here.</summary>
    public Timestamp LogClock => State.LogClock;

    /// <summary>The life of the space.</summary>
    public Incarnation Incarnation => _shared.Incarnation;

    /// <summary>The settings of the space.</summary>
    public SpaceSettings Settings => State.Settings;

    /// <summary>Concepts that were put and not deleted; expired ones count until they are purged, implied ones do not.</summary>
    public long ConceptCount => State.ConceptCount;

    /// <summary>Associations that were put and not deleted.</summary>
    public long AssociationCount => State.AssociationCount;

    /// <summary>Rows of concepts, dead ones included.</summary>
    public int ConceptRows { get; }

    /// <summary>Rows of associations, dead ones included.</summary>
    public int AssociationRows { get; }

    /// <summary>Whether any concept ever had an expiry.</summary>
    public bool HasExpiry => State.HasExpiry;

    /// <summary>What stands in rows for the remote model that serves; 0: none does.</summary>
    internal ulong ServingModel => EmbeddingsBody.KeyOf(Settings.EmbeddingModel);

    internal SnapshotState State { get; }

    internal long TableBytes => SnapshotSize.Of(Concepts) + SnapshotSize.Of(Associations);

    internal StoredRows Concepts { get; }

    internal StoredRows Associations { get; }

    /// <summary>For tables in memory whose keys callers choose.</summary>
    internal KeyedHash KeyedHash => _shared.KeyedHash;

    internal SharedIndexes Shared => _shared;

    internal KeyTable Ids => _shared.Ids;

    internal KeyTable Labels => _shared.Labels;

    internal KeyTable LabelSets => _shared.LabelSets;

    internal KeyTable MediaTypes => _shared.MediaTypes;

    internal KeyTable Types => _shared.Types;

    internal KeyTable Keys => _shared.Keys;

    internal Adjacency Adjacency => _shared.Adjacency;

    internal KeyOrder IdOrder => _shared.IdOrder;

    /// <summary>What queries keep from one snapshot to the next.</summary>
    internal T Kept<T>()
        where T : KeptByQueries, new() => _shared.Kept<T>();

    /// <summary>An index that is derived of the concepts; it is made when a view of it is first asked for.</summary>
    internal T Derived<T>()
        where T : DerivedIndex, new() => _shared.Derived<T>();

    /// <summary>The view of a derived index that is exact for this snapshot, if there is one. Any thread.</summary>
    internal TView? View<TView>(DerivedIndex<TView> index)
        where TView : class => Find<TView>(Volatile.Read(ref _views), index);

    /// <summary>What builds a view of a derived index for this snapshot alone: the same for all who want it, made by the first. Any thread.</summary>
    internal ApartBuild<TView> Apart<TView>(DerivedIndex<TView> index)
        where TView : class
    {
        while (true)
        {
            var known = Volatile.Read(ref _views);
            if (Find<ApartBuild<TView>>(known, index) is { } found)
            {
                return found;
            }

            Interlocked.CompareExchange(ref _views, new(index, new ApartBuild<TView>(index, this), known), known);
        }
    }

    /// <summary>Keeps the view of a derived index for whoever reads this snapshot, in the place of an earlier one. Any thread.</summary>
    internal void Keep<TView>(DerivedIndex<TView> index, TView view)
        where TView : class
    {
        KeptView? before;
        do
        {
            before = Volatile.Read(ref _views);
        }
        while (Interlocked.CompareExchange(ref _views, new(index, view, KeptView.Without<TView>(before, index)), before) != before);
    }

    /// <summary>No association is dead, so that none needs to be asked.</summary>
    internal bool AllAlive { get; }

    /// <summary>The row of a concept, or −1 if none ever had that id. The row may be dead or implied: ask it.</summary>
    public int FindConcept(ReadOnlySpan<byte> id)
    {
        var row = _shared.Ids.Find(id);
        return row < ConceptRows ? row : -1;
    }

    /// <summary>The row of an association, or −1 if there never was one of that name. The row may be dead: ask it.</summary>
    public int FindAssociation(in AssociationName name)
    {
        var (source, target) = (FindConcept(name.Source), FindConcept(name.Target));
        var (type, key) = (_shared.Types.Find(name.Type), name.Key.IsEmpty ? 0 : _shared.Keys.Find(name.Key));
        if (source < 0 || target < 0 || type < 0 || key < 0)
        {
            return -1;
        }

        var ends = new AssociationEnds(source, target, type, key);
        var matcher = new SnapshotMatcher(this, ends);
        return _shared.FindAssociation(_shared.Hash(ends), ref matcher);
    }

    /// <summary>A concept by its row, below <see cref="ConceptRows"/>.</summary>
    public ConceptView Concept(int row) => new(this, row);

    /// <summary>An association by its row, below <see cref="AssociationRows"/>.</summary>
    public AssociationView Association(int row) => new(this, row);

    /// <summary>The live associations of a concept.</summary>
    public NeighborEnumerator Neighbors(int row, Direction direction) => new(this, row, direction);

    /// <summary>The code of a label, or −1 if no concept ever had it.</summary>
    public int FindLabel(ReadOnlySpan<byte> label) => _shared.Labels.Find(label);

    /// <summary>The code of an association's type, or −1 if none ever had it.</summary>
    public int FindType(ReadOnlySpan<byte> type) => _shared.Types.Find(type);

    /// <summary>Some association has a key, or had one, or will have one in a later snapshot; false: none has.</summary>
    public bool MayHaveKeys => _shared.Keys.Count > 1;

    /// <summary>The type of a code.</summary>
    public ReadOnlySpan<byte> TypeName(int code) => _shared.Types[code];

    /// <summary>Rows of concepts in byte order of their ids, dead and implied ones included.</summary>
    /// <param name="after">Begin at the first id greater than this; empty: at the first.</param>
    /// <param name="inclusive">Begin at <paramref name="after"/> itself if it is there.</param>
    public ConceptWalk ConceptsById(ReadOnlySpan<byte> after, bool inclusive = false) => new(_shared.IdOrder.From(ConceptRows, after, inclusive));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool IsAlive(int association) =>
        AllAlive || (Associations.Table.Get(association, HeaderColumn.Flags) & (long)RowFlags.Alive) != 0;

    private static T? Find<T>(KeptView? kept, DerivedIndex index)
        where T : class
    {
        for (; kept is not null; kept = kept.Next)
        {
            if (kept.Index == index && kept.View is T found)
            {
                return found;
            }
        }

        return null;
    }

    private sealed record KeptView(DerivedIndex Index, object View, KeptView? Next)
    {
        public static KeptView? Without<T>(KeptView? views, DerivedIndex index) => views switch
        {
            null => null,
            { View: T } when views.Index == index => views.Next,
            _ => views with { Next = Without<T>(views.Next, index) },
        };
    }

    private readonly struct SnapshotMatcher(Snapshot snapshot, AssociationEnds ends) : IEntryMatcher
    {
        public bool Matches(int row) => row < snapshot.AssociationRows && ends.Equals(AssociationEnds.Of(snapshot.Associations.Table, row));
    }
}

/// <summary>The values of a snapshot that are not tables.</summary>
internal readonly record struct SnapshotState(
    LogPosition Position, Timestamp LogClock, SpaceSettings Settings, long ConceptCount, long AssociationCount, bool HasExpiry, int ImpliedCount);

/// <summary>A walk over concept rows in byte order of their ids. One thread.</summary>
public sealed class ConceptWalk
{
    private readonly KeyOrder.Walk _walk;

    internal ConceptWalk(KeyOrder.Walk walk) => _walk = walk;

    /// <summary>The row reached.</summary>
    public int Row => _walk.Current;

    /// <summary>Goes to the next row.</summary>
    public bool MoveNext() => _walk.MoveNext();
}
