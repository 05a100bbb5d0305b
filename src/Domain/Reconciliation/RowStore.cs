using Cairn.Columns;
using Cairn.Formats;
using Cairn.Indexes;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Snapshots;
using Cairn.Snapshots.Checkpoints;

namespace Cairn.Reconciliation;

/// <summary>
/// The writer's side of the rows of concepts or of associations: table, attributes, arenas. One thread.
/// Every setter answers whether something changed.
/// </summary>
internal sealed class RowStore
{
    private readonly List<(int Column, ArenaWriter Arena)> _fixedArenas = [];
    private readonly List<ArenaCompaction> _compactions = [];
    private Arena[] _arenas = [];
    private AttributeLayout _layout = AttributeLayout.Empty;
    private StoredRows _published = StoredRows.Empty;
    private readonly StoredTable? _stored;
    private byte[]? _scratch;

    /// <param name="pages">Open pages to use again.</param>
    /// <param name="newDictionary">Makes a dictionary, of a checkpoint or empty.</param>
    /// <param name="stored">What a checkpoint holds; null: nothing.</param>
    public RowStore(OpenPagePool pages, Func<StoredKeys?, KeyTable> newDictionary, StoredTable? stored)
    {
        _stored = stored;
        Table = new(pages, stored?.Groups, stored?.RowCount ?? 0);
        Attributes = new(Table, newDictionary);
        Attributes.UseBags(AddArena(HeaderColumn.Bag));
        foreach (var column in stored?.Columns ?? [])
        {
            Attributes.Restore(column, stored!.Arenas.GetValueOrDefault(Attributes.ColumnCount));
        }
    }

    public TableWriter Table { get; }

    public AttributeStore Attributes { get; }

    /// <summary>Bytes of arenas and dictionaries.</summary>
    public long StoredBytes => Attributes.DictionaryBytes + Arenas.Sum(arena => arena.Arena.AllocatedBytes);

    /// <summary>Every arena with its column.</summary>
    public IEnumerable<(int Column, ArenaWriter Arena)> Arenas => _fixedArenas.Concat(Attributes.Arenas);

    /// <summary>Gives a column its own arena.</summary>
    public ArenaWriter AddArena(int column)
    {
        var arena = new ArenaWriter(_stored?.Arenas.GetValueOrDefault(column));
        Table.Attach(column, arena);
        _fixedArenas.Add((column, arena));
        _compactions.Add(new(Table, column, arena));
        return arena;
    }

    public RowFlags Flags(int row) => (RowFlags)Table.Get(row, HeaderColumn.Flags);

    public LogPosition Version(int row) => new(Table.Get(row, HeaderColumn.Version));

    public bool Set(int row, int column, long cell)
    {
        if (Table.TryGet(row, column, out var before) && before == cell)
        {
            return false;
        }

        Table.Set(row, column, cell);
        return true;
    }

    public bool Unset(int row, int column)
    {
        if (!Table.TryGet(row, column, out _))
        {
            return false;
        }

        Table.Unset(row, column);
        return true;
    }

    public bool SetOptional(int row, int column, Timestamp? time) => time is { } set ? Set(row, column, set.Microseconds) : Unset(row, column);

    /// <summary>Strength or confidence; 1 takes no room.</summary>
    public bool SetShare(int row, int column, float share) =>
        share == 1 ? Unset(row, column) : Set(row, column, BitConverter.SingleToInt32Bits(share));

    public float Share(int row, int column) => Table.TryGet(row, column, out var cell) ? BitConverter.Int32BitsToSingle((int)cell) : 1;

    /// <summary>A time that defaults to the row's creation and then takes no room.</summary>
    public bool SetTime(int row, int column, Timestamp time) =>
        time.Microseconds == Table.Get(row, HeaderColumn.CreatedAt) ? Unset(row, column) : Set(row, column, time.Microseconds);

    public Timestamp Time(int row, int column) => new(Table.Get(row, column, Table.Get(row, HeaderColumn.CreatedAt)));

    /// <summary>Moves creation without moving what defaults to it.</summary>
    public bool SetCreatedAt(int row, Timestamp time)
    {
        var (updated, reinforced) = (Time(row, HeaderColumn.UpdatedAt), Time(row, HeaderColumn.ReinforcedAt));
        var changed = Set(row, HeaderColumn.CreatedAt, time.Microseconds);
        SetTime(row, HeaderColumn.UpdatedAt, updated);
        SetTime(row, HeaderColumn.ReinforcedAt, reinforced);
        return changed;
    }

    /// <summary>A value of variable length in a column with an arena.</summary>
    public bool SetBytes(int row, int column, ReadOnlySpan<byte> bytes)
    {
        var arena = Table.ArenaOf(column)!;
        if (Table.TryGet(row, column, out var cell) && arena.Read(cell >> 1, ref _scratch).SequenceEqual(bytes))
        {
            return false;
        }

        Table.Set(row, column, (arena.Append(bytes) << 1) | 1);
        return true;
    }

    /// <summary>Sets each attribute of a list.</summary>
    public bool SetAttributes(int row, ReadOnlySpan<byte> payload)
    {
        var changed = false;
        var reader = new AttributeReader(payload);
        for (var position = 0; reader.TryRead(out var name, out var value); position++)
        {
            changed |= Attributes.Set(row, position, name, value);
        }

        return changed;
    }

    /// <summary>Strength as it is now.</summary>
    public float CurrentStrength(int row, Timestamp now, TimeSpan? halfLife) =>
        Decay.At(Share(row, HeaderColumn.Strength), Time(row, HeaderColumn.ReinforcedAt), now, halfLife);

    /// <summary>Moves values out of sparse chunks, some row groups of each column.</summary>
    public void Compact(int rowGroups)
    {
        foreach (var compaction in _compactions)
        {
            compaction.Step(rowGroups);
        }

        Attributes.Compact(rowGroups);
    }

    /// <summary>The version to publish; the same object if nothing changed.</summary>
    public StoredRows Publish()
    {
        var table = Table.Publish();
        if (ArenasChanged() || _layout != Attributes.Layout || !table.Equals(_published.Table))
        {
            _layout = Attributes.Layout;
            _published = new(table, _layout, _arenas, _stored?.Zones);
        }

        return _published;
    }

    private bool ArenasChanged()
    {
        var arenas = _arenas;
        foreach (var (column, writer) in Arenas)
        {
            var arena = writer.Publish();
            if (column >= arenas.Length || !arenas[column].Equals(arena))
            {
                if (ReferenceEquals(arenas, _arenas))
                {
                    arenas = new Arena[Math.Max(Attributes.ColumnCount, _arenas.Length)];
                    _arenas.CopyTo(arenas, 0);
                }

                arenas[column] = arena;
            }
        }

        var changed = !ReferenceEquals(arenas, _arenas);
        _arenas = arenas;
        return changed;
    }
}
