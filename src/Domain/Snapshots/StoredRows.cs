using Cairn.Columns;
using Cairn.Formats;
using Cairn.Model;

namespace Cairn.Snapshots;

/// <summary>One version of a table with what its cells refer to. Immutable.</summary>
internal sealed class StoredRows(Table table, AttributeLayout layout, Arena[] arenas, ZoneMaps? zones = null)
{
    /// <summary>No rows.</summary>
    public static readonly StoredRows Empty = new(new(Spine<Page?[]>.Empty, 0), AttributeLayout.Empty, []);

    /// <summary>The cells.</summary>
    public Table Table => table;

    /// <summary>What is known of row groups that are not loaded.</summary>
    public ZoneMaps Zones => zones ?? ZoneMaps.None;

    /// <summary>The attribute columns.</summary>
    public AttributeLayout Layout => layout;

    /// <summary>By column; the default where a column has none.</summary>
    public ReadOnlySpan<Arena> Arenas => arenas;

    /// <summary>The arena of a column.</summary>
    public Arena ArenaOf(int column) => arenas[column];

    /// <summary>The value that a cell stands for.</summary>
    public ValueView Value(AttributeColumn column, long cell) => column.Kind switch
    {
        ValueKind.String when (cell & 1) == 0 => new(ValueKind.String, 0, column.Dictionary![(int)(cell >> 1)]),
        ValueKind.String or ValueKind.Bytes or ValueKind.Array or ValueKind.Object => new(column.Kind, 0, Bytes(column.Column, cell)),
        _ => new(column.Kind, cell, default),
    };

    /// <summary>The bytes that an odd cell refers to; copied only if they do not lie in one piece (more than 64 KiB).</summary>
    public ReadOnlySpan<byte> Bytes(int column, long cell)
    {
        if (arenas[column].TryGetSpan(cell >> 1, out var bytes))
        {
            return bytes;
        }

        var copy = new byte[arenas[column].LengthOf(cell >> 1)];
        arenas[column].CopyTo(cell >> 1, copy);
        return copy;
    }
}

/// <summary>One row of one version: what concepts and associations share. No allocation.</summary>
internal readonly struct RowView(StoredRows rows, int row, RowGroup group)
{
    private readonly RowGroup _group = group;
    private readonly int _slot = row % Page.Rows;

    public RowView(StoredRows rows, int row)
        : this(rows, row, rows.Table.Group(row))
    {
    }

    public StoredRows Rows => rows;

    public RowGroup Group => _group;

    public int Slot => _slot;

    public bool TryGet(int column, out long cell) => _group.TryGet(column, _slot, out cell);

    public long Get(int column, long missing) => _group.TryGet(column, _slot, out var cell) ? cell : missing;

    public RowFlags Flags => (RowFlags)Get(HeaderColumn.Flags, 0);

    public Primitives.LogPosition Version => new(Get(HeaderColumn.Version, 0));

    public Primitives.Timestamp CreatedAt => new(Get(HeaderColumn.CreatedAt, 0));

    public Primitives.Timestamp Time(int column) => TryGet(column, out var cell) ? new(cell) : CreatedAt;

    public Primitives.Timestamp? Optional(int column) => TryGet(column, out var cell) ? new(cell) : null;

    public float Share(int column) => TryGet(column, out var cell) ? BitConverter.Int32BitsToSingle((int)cell) : 1;

    public float CurrentStrength(Primitives.Timestamp now, SpaceSettings settings) => settings.HalfLife is null
        ? Share(HeaderColumn.Strength)
        : Decay.At(Share(HeaderColumn.Strength), Time(HeaderColumn.ReinforcedAt), now, settings.HalfLife);

    public bool TryGetAttribute(ReadOnlySpan<byte> name, out ValueView value) => TryGetAttribute(name, rows.Layout.Of(name), out value);

    /// <summary>The same, where the columns of that name are known.</summary>
    public bool TryGetAttribute(ReadOnlySpan<byte> name, ReadOnlySpan<AttributeColumn> columns, out ValueView value)
    {
        foreach (var column in columns)
        {
            if (TryGet(column.Column, out var cell))
            {
                value = rows.Value(column, cell);
                return true;
            }
        }

        value = default;
        return TryGet(HeaderColumn.Bag, out var bag) && AttributeBag.TryFind(rows.Bytes(HeaderColumn.Bag, bag), name, out value);
    }
}
