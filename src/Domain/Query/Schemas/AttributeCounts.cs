using Cairn.Columns;
using Cairn.Formats;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Snapshots;

namespace Cairn.Query.Schemas;

/// <summary>
/// Counts attributes by name and type: those in columns by counting bits, those in bags one by one. Of the names in bags only the first ones in byte order are
/// kept: whatever is dropped has that many names before it, so that it never comes back. One thread.
/// </summary>
internal sealed class AttributeCounts
{
    private const int Kinds = (int)ValueKind.Object + 1;
    private readonly StoredRows _rows;
    private readonly int _maxNames;
    private readonly WorkMeter _work;
    private readonly long[] _ofColumn;
    private readonly Dictionary<byte[], long[]> _ofName;
    private readonly Dictionary<byte[], long[]>.AlternateLookup<ReadOnlySpan<byte>> _lookup;

    // Names from here on were dropped; null: none.
    private byte[]? _end;

    public AttributeCounts(StoredRows rows, KeyedHash hash, int maxNames, WorkMeter work)
    {
        (_rows, _maxNames, _work, _ofColumn) = (rows, maxNames, work, new long[rows.Layout.ByName.Length]);
        _ofName = new(new NameComparer(hash));
        _lookup = _ofName.GetAlternateLookup<ReadOnlySpan<byte>>();
    }

    /// <summary>There are more names than are kept.</summary>
    public bool IsTruncated => _end is not null;

    /// <summary>Counts the attributes of some rows of a row group.</summary>
    public void Count(RowGroup group, UInt128 rows)
    {
        var columns = _rows.Layout.ByName;
        for (var column = 0; column < columns.Length; column++)
        {
            if (group[columns[column].Column] is { } page)
            {
                _ofColumn[column] += (long)UInt128.PopCount(page.Valid & rows);
            }
        }

        if (group[HeaderColumn.Bag] is not { } bags)
        {
            return;
        }

        foreach (var row in new RowBits(bags.Valid & rows))
        {
            bags.TryGet(row, out var cell);
            var bag = new AttributeReader(_rows.Bytes(HeaderColumn.Bag, cell));
            while (bag.TryRead(out var name, out var value))
            {
                _work.AddValue(value.Bytes.Length);
                Add(name, value.Kind, 1);
            }
        }
    }

    /// <summary>What was counted, in byte order of the names. Once, at the end.</summary>
    public AttributeTypes[] Take()
    {
        for (var column = 0; column < _ofColumn.Length; column++)
        {
            if (_ofColumn[column] > 0)
            {
                Add(_rows.Layout.ByName[column].Name, _rows.Layout.ByName[column].Kind, _ofColumn[column]);
                _ofColumn[column] = 0;
            }
        }

        Drop();
        var found = new AttributeTypes[_ofName.Count];
        var names = Names();
        for (var at = 0; at < found.Length; at++)
        {
            found[at] = new(names[at], _ofName[names[at]]);
        }

        return found;
    }

    private void Add(ReadOnlySpan<byte> name, ValueKind kind, long count)
    {
        if (_end is not null && name.SequenceCompareTo(_end) >= 0)
        {
            return;
        }

        if (!_lookup.TryGetValue(name, out var counts))
        {
            if (_ofName.Count == _maxNames * 2)
            {
                Drop();
                Add(name, kind, count);
                return;
            }

            counts = new long[Kinds];
            _lookup[name] = counts;
        }

        counts[(int)kind] += count;
    }

    private void Drop()
    {
        var names = Names();
        if (names.Length <= _maxNames)
        {
            return;
        }

        _end = names[_maxNames];
        foreach (var name in names.AsSpan(_maxNames))
        {
            _ofName.Remove(name);
        }
    }

    private byte[][] Names()
    {
        byte[][] names = [.. _ofName.Keys];
        Array.Sort(names, static (a, b) => a.AsSpan().SequenceCompareTo(b));
        return names;
    }

    // Keyed, so that callers cannot choose colliding names.
    private sealed class NameComparer(KeyedHash hash) : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
    {
        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode(byte[] name) => GetHashCode(name.AsSpan());

        public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

        public int GetHashCode(ReadOnlySpan<byte> alternate) => (int)hash.Of(alternate);

        public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();
    }
}
