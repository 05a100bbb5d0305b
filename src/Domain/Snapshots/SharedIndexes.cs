using Cairn.Columns;
using Cairn.Indexes;
using Cairn.Primitives;
using Cairn.Snapshots.Derived;

namespace Cairn.Snapshots;

/// <summary>What identifies an association by rows and codes.</summary>
internal readonly record struct AssociationEnds(int Source, int Target, int Type, int Key)
{
    /// <summary>Those of a stored row.</summary>
    public static AssociationEnds Of(Table table, int row) => Of(table.Group(row), row % Page.Rows);

    /// <summary>Those of one of the 128 rows of a row group.</summary>
    public static AssociationEnds Of(RowGroup group, int slot) => new(
        Get(group, AssociationColumn.Source, slot), Get(group, AssociationColumn.Target, slot),
        Get(group, AssociationColumn.Type, slot), Get(group, AssociationColumn.Key, slot));

    private static int Get(RowGroup group, int column, int slot) => group.TryGet(column, slot, out var cell) ? (int)cell : 0;
}

/// <summary>What of the indexes a checkpoint holds.</summary>
/// <param name="Ids">Concept ids; the number is the row.</param>
/// <param name="Labels">Labels.</param>
/// <param name="LabelSets">Lists of label numbers.</param>
/// <param name="MediaTypes">Media types.</param>
/// <param name="Types">Types of associations.</param>
/// <param name="Keys">Keys of parallel associations.</param>
/// <param name="AssociationIndex">Associations by their ends; null: there is none.</param>
/// <param name="Adjacency">Neighbours.</param>
/// <param name="IdOrder">Rows in byte order of their ids.</param>
internal sealed record StoredIndexes(
    StoredKeys Ids, StoredKeys Labels, StoredKeys LabelSets, StoredKeys MediaTypes, StoredKeys Types, StoredKeys Keys,
    StoredHashIndex? AssociationIndex, StoredAdjacency Adjacency, OrderRun IdOrder);

/// <summary>
/// What all snapshots of one life of a space share: tables of keys, hash indexes and adjacency. They only grow; the writer adds, readers
/// ignore what their snapshot does not count.
/// </summary>
internal sealed class SharedIndexes
{
    private readonly KeyedHash _hash;
    private readonly StoredHashIndex? _storedAssociations;
    private KeptByQueries? _kept;
    private DerivedIndex[] _derived = [];
    private StoredDerived? _storedDerived;

    /// <param name="incarnation">The life of the space.</param>
    /// <param name="hash">Spreads keys and associations.</param>
    /// <param name="capacity">How much they hold.</param>
    /// <param name="stored">What a checkpoint holds, hashed alike; null: nothing.</param>
    /// <param name="derived">What a checkpoint holds of indexes that are derived of the concepts; null: nothing.</param>
    public SharedIndexes(Incarnation incarnation, KeyedHash hash, IndexCapacity capacity, StoredIndexes? stored = null, StoredDerived? derived = null)
    {
        (Incarnation, _hash, Capacity, _storedAssociations, _storedDerived) = (incarnation, hash, capacity, stored?.AssociationIndex, derived);
        KeyTable NewTable(StoredKeys? keys) => new(hash, capacity.KeyBytes, keys, RequireExact);
        (Ids, Labels, LabelSets) = (NewTable(stored?.Ids), NewTable(stored?.Labels), NewTable(stored?.LabelSets));
        (MediaTypes, Types, Keys) = (NewTable(stored?.MediaTypes), NewTable(stored?.Types), NewTable(stored?.Keys));
        Adjacency = new(stored?.Adjacency);
        IdOrder = new(Ids, stored?.IdOrder);
        if (Keys.Count == 0)
        {
            Keys.FindOrAdd([]);
        }
    }

    public Incarnation Incarnation { get; }

    public IndexCapacity Capacity { get; }

    /// <summary>
    /// More may be held than counts against the capacity: rows that were dead at a generation frame, and keys that were not used. Then what fits surely fits, and of what
    /// does not nothing is known. The writer's.
    /// </summary>
    public bool HoldsForgotten { get; set; }

    /// <summary>Before something is refused because an index is full.</summary>
    /// <exception cref="CairnException">Unavailable: whether it is full cannot be told from here; a state that was opened from a compacted checkpoint can.</exception>
    public void RequireExact()
    {
        if (HoldsForgotten)
        {
            throw new CairnException(ErrorKind.Unavailable, "an index is full of rows and keys that count no more; the space goes on from a compacted checkpoint");
        }
    }

    /// <summary>Concept ids; the number is the row.</summary>
    public KeyTable Ids { get; }

    public KeyTable Labels { get; }

    /// <summary>Lists of label numbers, int32 little-endian.</summary>
    public KeyTable LabelSets { get; }

    public KeyTable MediaTypes { get; }

    public KeyTable Types { get; }

    /// <summary>Keys of parallel associations; number 0 is the empty one.</summary>
    public KeyTable Keys { get; }

    /// <summary>Associations that were added since the checkpoint.</summary>
    public HashIndex AssociationIndex { get; } = new();

    public Adjacency Adjacency { get; }

    public KeyOrder IdOrder { get; }

    /// <summary>Bytes of memory, about.</summary>
    public long Bytes => Ids.Bytes + Labels.Bytes + LabelSets.Bytes + MediaTypes.Bytes + Types.Bytes + Keys.Bytes
        + AssociationIndex.Bytes + (_storedAssociations?.Bytes ?? 0) + Adjacency.Bytes + IdOrder.Bytes
        + (Volatile.Read(ref _kept)?.Bytes ?? 0) + Volatile.Read(ref _derived).Sum(static index => index.Bytes);

    public KeyedHash KeyedHash => _hash;

    /// <summary>What queries keep, made by the first that asks; all ask for the same type.</summary>
    public T Kept<T>()
        where T : KeptByQueries, new() => (T)(Volatile.Read(ref _kept) ?? Interlocked.CompareExchange(ref _kept, new T(), null) ?? _kept);

    /// <summary>The derived index of a type, made by the first that asks.</summary>
    public T Derived<T>()
        where T : DerivedIndex, new() => (T)Add(static index => index is T, static () => new T())!;

    /// <summary>The derived index of a number, made by the first that asks; null: a later version knows it.</summary>
    public DerivedIndex? Derived(uint number) => Add(index => index.Number == number, () => DerivedIndex.New(number));

    /// <summary>Derived indexes that readers or checkpoints asked for. Any thread.</summary>
    public IReadOnlyList<DerivedIndex> AllDerived => Volatile.Read(ref _derived);

    /// <summary>
    /// Opens the files that derived indexes are loaded from. Any thread. Without them the indexes are made anew: another process may have deleted those of a checkpoint that this one began with.
    /// </summary>
    /// <exception cref="CairnException">Unavailable.</exception>
    public async ValueTask PrepareDerivedAsync(CancellationToken cancellationToken)
    {
        foreach (var index in AllDerived)
        {
            await PrepareAsync(index, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Building a derived index took long, and no checkpoint holds it. Any thread.</summary>
    public bool WantStoring => Array.Exists(Volatile.Read(ref _derived), static index => index.WantsStoring);

    /// <summary>Puts an empty index in the place of one that cannot be trusted; who holds the other one goes on with it.</summary>
    public void Replace(DerivedIndex index)
    {
        DerivedIndex[] known;
        do
        {
            known = Volatile.Read(ref _derived);
        }
        while (Interlocked.CompareExchange(ref _derived, [.. known.Select(other => other == index ? DerivedIndex.New(index.Number)! : other)], known) != known);
    }

    /// <summary>Before a snapshot is published: brings along what is derived. The writer only; with the first snapshot begins what the checkpoint holds.</summary>
    public void Follow(Snapshot next)
    {
        if (_storedDerived is { } stored)
        {
            _storedDerived = null;
            foreach (var state in stored.States)
            {
                Derived(state.Number)?.Restore(new(state, stored.Files, next));
            }
        }

        foreach (var index in Volatile.Read(ref _derived))
        {
            index.Follow(next);
        }
    }

    /// <summary>A checkpoint of a snapshot holds these indexes now, and no others.</summary>
    public void Stored(StoredDerived derived, Snapshot snapshot)
    {
        foreach (var index in AllDerived)
        {
            var state = derived.States.FirstOrDefault(state => state.Number == index.Number);
            index.Stored(state is null ? null : new(state, derived.Files, snapshot));
        }
    }

    /// <summary>Builds those derived indexes that another state of the space has, so that nobody need wait when this one takes its place.</summary>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public async ValueTask DeriveAsAsync(SharedIndexes other, Snapshot snapshot, CancellationToken cancellationToken)
    {
        // What is only passed on from checkpoint to checkpoint is not loaded for that.
        foreach (var index in other.AllDerived.Where(index => index.IsWanted && (index.IsLoaded || !index.In(this).IsWanted)))
        {
            await PrepareAsync(index.In(this), cancellationToken).ConfigureAwait(false);
            index.In(this).Build(snapshot, cancellationToken);
        }
    }

    public KeyTable NewDictionary(StoredKeys? stored) => new(_hash, stored: stored);

    /// <summary>The row of an association with this hash that matches, or −1.</summary>
    public int FindAssociation<TMatcher>(ulong hash, ref TMatcher matcher)
        where TMatcher : struct, IEntryMatcher
    {
        var row = _storedAssociations?.Find(hash, ref matcher) ?? -1;
        return row >= 0 ? row : AssociationIndex.Find(hash, ref matcher);
    }

    public ulong Hash(in AssociationEnds ends) =>
        _hash.Of(((ulong)(uint)ends.Source << 32) | (uint)ends.Target, ((ulong)(uint)ends.Type << 32) | (uint)ends.Key);

    private DerivedIndex? Add(Func<DerivedIndex, bool> isIt, Func<DerivedIndex?> make)
    {
        while (true)
        {
            var known = Volatile.Read(ref _derived);
            if (Array.Find(known, index => isIt(index)) is { } found)
            {
                return found;
            }

            if (make() is not { } made)
            {
                return null;
            }

            Interlocked.CompareExchange(ref _derived, [.. known, made], known);
        }
    }

    private async ValueTask PrepareAsync(DerivedIndex index, CancellationToken cancellationToken)
    {
        try
        {
            await index.PrepareAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (CairnException gone) when (gone.Kind == ErrorKind.Corrupt)
        {
            Replace(index);
        }
    }
}
