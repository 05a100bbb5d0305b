using System.Runtime.CompilerServices;
using Cairn.Columns;
using Cairn.Formats;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Query.Expressions;
using Cairn.Snapshots;

namespace Cairn.Query.Aggregates;

/// <summary>
/// The groups of an aggregation, numbered in order of arrival: open addressing by the hash of their values. A group keeps no values but one of its rows, where
/// they can be read again. One thread.
/// Invariant: each filled slot holds the number of a group + 1, and no two groups have equal values.
/// </summary>
internal sealed class GroupTable
{
    private const ulong NumberSeed = 1, FloatSeed = 2, OtherSeed = 3;
    private readonly Snapshot _snapshot;
    private readonly FieldName[] _names;
    private readonly BoundField[] _keys;
    private readonly KeyedHash _hash;
    private readonly int _maxGroups;

    // By column of a single attribute: the group of each number of its dictionary, −1 if it was not met yet.
    private readonly int[]?[] _ofNumber;
    private int[] _slots = new int[64];
    private Group[] _groups = new Group[16];
    private int _ofNull = -1;

    /// <param name="snapshot">What the rows belong to.</param>
    /// <param name="names">What is grouped by; nothing: all rows are one group.</param>
    /// <param name="now">For a strength that decays.</param>
    /// <param name="values">Values that are held for each group.</param>
    /// <param name="work">What reading values adds to.</param>
    public GroupTable(Snapshot snapshot, FieldName[] names, Timestamp now, int values, WorkMeter work)
    {
        (_snapshot, _names, _hash) = (snapshot, names, snapshot.KeyedHash);
        _keys = Array.ConvertAll(names, name => new BoundField(snapshot, now, name.Reference, work));
        _maxGroups = Math.Min(Limits.AggregateGroups, Limits.AggregateValues / values);
        _ofNumber = _keys is [{ IsAttribute: true } key] ? NumbersOf(key) : [];
        if (names.Length == 0)
        {
            Count = 1;
        }
    }

    /// <summary>Groups so far.</summary>
    public int Count { get; private set; }

    /// <summary>Values that make a group.</summary>
    public int KeyCount => _keys.Length;

    /// <summary>A value that makes a group, in the form that stands for all its rows: an integer if one of them has one, and 0.0 for −0.0.</summary>
    public ValueView Key(int group, int key)
    {
        var value = _keys[key].Read(_groups[group].Row);
        if (value.Kind != ValueKind.Float64 || !TryInteger(value, out var integer))
        {
            return value;
        }

        return (_groups[group].Integers & (1 << key)) != 0
            ? new(ValueKind.Int64, integer, default)
            : new(ValueKind.Float64, BitConverter.DoubleToInt64Bits(integer), default);
    }

    /// <summary>Finds the groups of some rows.</summary>
    /// <param name="slice">The rows.</param>
    /// <param name="groups">Shape [128]: overwritten at those rows; left as it is, all 0, if nothing is grouped by.</param>
    /// <exception cref="CairnException">Invalid: <c>limit</c>, too many groups; an array or object.</exception>
    public void Find(in RowSlice slice, Span<int> groups)
    {
        switch (_keys)
        {
            case []:
                break;
            case [{ IsAttribute: true } key]:
                FindByColumns(key, slice, groups);
                break;
            default:
                FindRowByRow(slice, slice.Rows, groups);
                break;
        }
    }

    private static int[]?[] NumbersOf(BoundField key)
    {
        var ofNumber = new int[]?[key.Columns.Length];
        for (var column = 0; column < ofNumber.Length; column++)
        {
            if (key.Columns[column].Dictionary is { } dictionary)
            {
                // Of a snapshot's time at least; what the dictionary gets later, the snapshot does not refer to.
                var numbers = new int[dictionary.Count];
                Array.Fill(numbers, -1);
                ofNumber[column] = numbers;
            }
        }

        return ofNumber;
    }

    private void FindByColumns(BoundField key, in RowSlice slice, Span<int> groups)
    {
        var covered = UInt128.Zero;
        Span<long> cells = stackalloc long[Page.Rows];
        for (var column = 0; column < key.Columns.Length; column++)
        {
            var kind = key.Columns[column].Kind;
            if (slice.Pages[key.Columns[column].Column] is not { } page || kind == ValueKind.Null || (page.Valid & slice.Rows) == 0)
            {
                continue;
            }

            var rows = page.Valid & slice.Rows;
            covered |= rows;
            if (kind is ValueKind.Array or ValueKind.Object)
            {
                FindRowByRow(slice, rows, groups);
                continue;
            }

            page.CopyTo(cells);
            if (_ofNumber[column] is { } ofNumber)
            {
                FindTexts(slice, rows, cells, ofNumber, groups);
            }
            else if (kind == ValueKind.Bytes)
            {
                FindRowByRow(slice, rows, groups);
            }
            else
            {
                FindScalars(slice, rows, kind, cells, groups);
            }
        }

        FindElsewhere(slice, slice.Rows & ~covered, groups);
    }

    private void FindTexts(in RowSlice slice, UInt128 rows, ReadOnlySpan<long> cells, int[] ofNumber, Span<int> groups)
    {
        if (rows == UInt128.MaxValue)
        {
            for (var row = 0; row < cells.Length && row < groups.Length; row++)
            {
                groups[row] = FindText(slice.FirstRow + row, cells[row], ofNumber);
            }

            return;
        }

        foreach (var row in new RowBits(rows))
        {
            groups[row] = FindText(slice.FirstRow + row, cells[row], ofNumber);
        }
    }

    // An odd cell is a text outside of the dictionary.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int FindText(int row, long cell, int[] ofNumber)
    {
        var group = (cell & 1) == 0 ? ofNumber[(int)(cell >> 1)] : -1;
        return group >= 0 ? group : FindNewText(row, cell, ofNumber);
    }

    private int FindNewText(int row, long cell, int[] ofNumber)
    {
        var group = FindOrAdd(row);
        if ((cell & 1) == 0)
        {
            ofNumber[(int)(cell >> 1)] = group;
        }

        return group;
    }

    // Equal cells often come together.
    private void FindScalars(in RowSlice slice, UInt128 rows, ValueKind kind, ReadOnlySpan<long> cells, Span<int> groups)
    {
        var (last, lastCell) = (-1, 0L);
        foreach (var row in new RowBits(rows))
        {
            if (last < 0 || cells[row] != lastCell)
            {
                lastCell = cells[row];
                var value = new ValueView(kind, lastCell, default);
                last = FindOrAdd(slice.FirstRow + row, HashOf(value, OtherSeed), value);
            }

            groups[row] = last;
        }
    }

    // Rows without a cell: null, or a value in the bag.
    private void FindElsewhere(in RowSlice slice, UInt128 rows, Span<int> groups)
    {
        var bags = rows & (slice.Pages[HeaderColumn.Bag]?.Valid ?? 0);
        FindRowByRow(slice, bags, groups);
        foreach (var row in new RowBits(rows & ~bags))
        {
            if (_ofNull < 0)
            {
                _ofNull = FindOrAdd(slice.FirstRow + row);
            }

            groups[row] = _ofNull;
        }
    }

    private void FindRowByRow(in RowSlice slice, UInt128 rows, Span<int> groups)
    {
        foreach (var row in new RowBits(rows))
        {
            groups[row] = FindOrAdd(slice.FirstRow + row);
        }
    }

    private int FindOrAdd(int row)
    {
        var (hash, integers) = (OtherSeed, 0);
        for (var key = 0; key < _keys.Length; key++)
        {
            var value = _keys[key].Read(row);
            RequireScalar(key, row, value);
            hash = HashOf(value, hash);
            integers |= value.Kind == ValueKind.Int64 ? 1 << key : 0;
        }

        for (var slot = (int)(hash & (ulong)(_slots.Length - 1)); ; slot = (slot + 1) & (_slots.Length - 1))
        {
            var group = _slots[slot] - 1;
            if (group < 0)
            {
                return Add(slot, row, hash, integers);
            }

            if (_groups[group].Hash == hash && AreEqual(_groups[group].Row, row))
            {
                _groups[group].Integers |= (byte)integers;
                return group;
            }
        }
    }

    // As above, of the one value that the single key has in that row.
    private int FindOrAdd(int row, ulong hash, in ValueView value)
    {
        var integers = value.Kind == ValueKind.Int64 ? 1 : 0;
        for (var slot = (int)(hash & (ulong)(_slots.Length - 1)); ; slot = (slot + 1) & (_slots.Length - 1))
        {
            var group = _slots[slot] - 1;
            if (group < 0)
            {
                return Add(slot, row, hash, integers);
            }

            if (_groups[group].Hash == hash && AreEqual(_keys[0].Read(_groups[group].Row), value))
            {
                _groups[group].Integers |= (byte)integers;
                return group;
            }
        }
    }

    private int Add(int slot, int row, ulong hash, int integers)
    {
        if (Count == _maxGroups)
        {
            throw CairnException.OverLimit(
                "/groupBy",
                _maxGroups == Limits.AggregateGroups
                    ? $"there are more than {_maxGroups} groups, the most that one request may have"
                    : $"there are more than {_maxGroups} groups, the most with so many selected values: {Limits.AggregateValues} of them are held",
                _maxGroups,
                Count + 1);
        }

        if (Count == _groups.Length)
        {
            Array.Resize(ref _groups, Count * 2);
        }

        _groups[Count] = new(hash, row, (byte)integers);
        _slots[slot] = ++Count;
        if (Count * 2 > _slots.Length)
        {
            Grow();
        }

        return Count - 1;
    }

    private void Grow()
    {
        _slots = new int[_slots.Length * 2];
        for (var group = 0; group < Count; group++)
        {
            var slot = (int)(_groups[group].Hash & (ulong)(_slots.Length - 1));
            while (_slots[slot] != 0)
            {
                slot = (slot + 1) & (_slots.Length - 1);
            }

            _slots[slot] = group + 1;
        }
    }

    private bool AreEqual(int x, int y)
    {
        for (var key = 0; key < _keys.Length; key++)
        {
            if (!AreEqual(_keys[key].Read(x), _keys[key].Read(y)))
            {
                return false;
            }
        }

        return true;
    }

    private static bool AreEqual(in ValueView x, in ValueView y) => ValueOrder.Compare(x, y, descending: false) == 0;

    // Equal values have equal hashes: a float that is an integer has that of the integer.
    private ulong HashOf(in ValueView value, ulong seed) => value.Kind switch
    {
        ValueKind.Int64 => _hash.Of(seed ^ NumberSeed, (ulong)value.Bits),
        ValueKind.Float64 => TryInteger(value, out var integer) ? _hash.Of(seed ^ NumberSeed, (ulong)integer) : _hash.Of(seed ^ FloatSeed, (ulong)value.Bits),
        ValueKind.String or ValueKind.Bytes => _hash.Of(seed, _hash.Of(value.Bytes)),
        _ => _hash.Of(seed ^ ((ulong)value.Kind << 32), (ulong)value.Bits),
    };

    private static bool TryInteger(in ValueView value, out long integer)
    {
        var number = BitConverter.Int64BitsToDouble(value.Bits);
        var isInteger = number is >= -9223372036854775808.0 and < 9223372036854775808.0 && Math.Floor(number) == number;
        integer = isInteger ? (long)number : 0;
        return isInteger;
    }

    private void RequireScalar(int key, int row, in ValueView value)
    {
        if (!ValueOrder.HasOrder(value.Kind))
        {
            throw ValueOrder.Unordered(_names[key].Field, _names[key].Reference, _snapshot.Ids[row], value);
        }
    }

    private record struct Group(ulong Hash, int Row, byte Integers);
}
