using Cairn.Formats;

namespace Cairn.Snapshots;

/// <summary>The attributes of one row in byte order of their names. No allocation.</summary>
public ref struct AttributeEnumerator
{
    private readonly RowView _row;
    private readonly ReadOnlySpan<AttributeColumn> _columns;
    private AttributeReader _bag;
    private ReadOnlySpan<byte> _bagName;
    private ValueView _bagValue;
    private bool _hasBag;
    private int _at;
    private long _cell;
    private bool _hasColumn;

    internal AttributeEnumerator(RowView row)
    {
        _row = row;
        _columns = row.Rows.Layout.ByName;
        _at = -1;
        if (row.TryGet(HeaderColumn.Bag, out var bag))
        {
            _bag = new(row.Rows.Bytes(HeaderColumn.Bag, bag));
            _hasBag = _bag.TryRead(out _bagName, out _bagValue);
        }

        _hasColumn = NextColumn();
    }

    /// <summary>UTF-8.</summary>
    public ReadOnlySpan<byte> Name { get; private set; }

    /// <summary>Its value.</summary>
    public ValueView Value { get; private set; }

    /// <summary>This enumerator: name and value of the attribute reached.</summary>
    public readonly AttributeEnumerator Current => this;

    /// <summary>For foreach.</summary>
    public readonly AttributeEnumerator GetEnumerator() => this;

    /// <summary>Goes to the next attribute.</summary>
    public bool MoveNext()
    {
        if (_hasColumn && (!_hasBag || _columns[_at].Name.AsSpan().SequenceCompareTo(_bagName) < 0))
        {
            Name = _columns[_at].Name;
            Value = _row.Rows.Value(_columns[_at], _cell);
            _hasColumn = NextColumn();
            return true;
        }

        if (!_hasBag)
        {
            return false;
        }

        Name = _bagName;
        Value = _bagValue;
        _hasBag = _bag.TryRead(out _bagName, out _bagValue);
        return true;
    }

    private bool NextColumn()
    {
        while (++_at < _columns.Length)
        {
            if (_row.TryGet(_columns[_at].Column, out _cell))
            {
                return true;
            }
        }

        return false;
    }
}

/// <summary>Attributes without a column of their own: an attribute list sorted by name, as in a frame.</summary>
internal static class AttributeBag
{
    /// <summary>Finds one by a walk.</summary>
    public static bool TryFind(ReadOnlySpan<byte> bag, ReadOnlySpan<byte> name, out ValueView value)
    {
        var reader = new AttributeReader(bag);
        while (reader.TryRead(out var found, out value))
        {
            if (found.SequenceEqual(name))
            {
                return true;
            }
        }

        value = default;
        return false;
    }
}
