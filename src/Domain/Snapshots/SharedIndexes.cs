using Cairn.Columns;
using Cairn.Indexes;
using Cairn.Primitives;

namespace Cairn.Snapshots;

/// <summary>What identifies an association by rows and codes.</summary>
internal readonly record struct AssociationEnds(int Source, int Target, int Type, int Key)
{
    /// <summary>Those of a stored row.</summary>
    public static AssociationEnds Of(Table table, int row) => new(
        (int)table.Get(row, AssociationColumn.Source),
        (int)table.Get(row, AssociationColumn.Target),
        (int)table.Get(row, AssociationColumn.Type),
        (int)table.Get(row, AssociationColumn.Key));
}

/// <summary>
/// What all snapshots of one life of a space share: tables of keys, hash indexes and adjacency. They only grow; the writer adds, readers
/// ignore what their snapshot does not count.
/// </summary>
internal sealed class SharedIndexes
{
    private readonly KeyedHash _hash;
    private KeptByQueries? _kept;

    /// <param name="incarnation">The life of the space.</param>
    /// <param name="hash">Spreads keys and associations.</param>
    /// <param name="capacity">How much they hold.</param>
    public SharedIndexes(Incarnation incarnation, KeyedHash hash, IndexCapacity capacity)
    {
        (Incarnation, _hash) = (incarnation, hash);
        KeyTable NewTable() => new(hash, capacity.KeyBytes);
        (Ids, Labels, LabelSets) = (NewTable(), NewTable(), NewTable());
        (MediaTypes, Types, Keys) = (NewTable(), NewTable(), NewTable());
        Adjacency = new(capacity.AdjacencyUnits);
        IdOrder = new(Ids);
        Keys.FindOrAdd([]);
    }

    public Incarnation Incarnation { get; }

    /// <summary>Concept ids; the number is the row.</summary>
    public KeyTable Ids { get; }

    public KeyTable Labels { get; }

    /// <summary>Lists of label numbers, int32 little-endian.</summary>
    public KeyTable LabelSets { get; }

    public KeyTable MediaTypes { get; }

    public KeyTable Types { get; }

    /// <summary>Keys of parallel associations; number 0 is the empty one.</summary>
    public KeyTable Keys { get; }

    public HashIndex AssociationIndex { get; } = new();

    public Adjacency Adjacency { get; }

    public KeyOrder IdOrder { get; }

    /// <summary>Bytes of memory, about.</summary>
    public long Bytes => Ids.Bytes + Labels.Bytes + LabelSets.Bytes + MediaTypes.Bytes + Types.Bytes + Keys.Bytes
        + AssociationIndex.Bytes + Adjacency.Bytes + IdOrder.Bytes + (Volatile.Read(ref _kept)?.Bytes ?? 0);

    public KeyedHash KeyedHash => _hash;

    /// <summary>What queries keep, made by the first that asks; all ask for the same type.</summary>
    public T Kept<T>()
        where T : KeptByQueries, new() => (T)(Volatile.Read(ref _kept) ?? Interlocked.CompareExchange(ref _kept, new T(), null) ?? _kept);

    public KeyTable NewDictionary() => new(_hash);

    public ulong Hash(in AssociationEnds ends) =>
        _hash.Of(((ulong)(uint)ends.Source << 32) | (uint)ends.Target, ((ulong)(uint)ends.Type << 32) | (uint)ends.Key);
}
