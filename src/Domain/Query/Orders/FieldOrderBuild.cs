using System.Buffers.Binary;
using Cairn.Columns;
using Cairn.Formats;
using Cairn.Indexes;
using Cairn.Model;
using Cairn.Query.Expressions;

namespace Cairn.Query.Orders;

/// <summary>
/// Puts all rows of a field in order, in slices: short runs are sorted, then merged two by two. One thread at a time.
/// </summary>
/// <remarks>A row is compared by the first 64 bits of type and value, and only where those are equal by the value and the id. 24 bytes a row until it ends.</remarks>
internal sealed class FieldOrderBuild(FieldImage image, KeyTable ids)
{
    private const int RowsPerSlice = 4096;
    private readonly FieldOrder _order = new(image, OrderedRows.Of([]), ids);
    private ulong[] _keys = new ulong[image.Rows];
    private int[] _rows = new int[image.Rows];
    private ulong[] _mergedKeys = [];
    private int[] _mergedRows = [];
    private int _count;
    private int _group;

    // Of the merge: length of the runs, where the two at hand begin, and how far each is taken.
    private int _width;
    private int _first;
    private int _takenA;
    private int _takenB;

    /// <summary>The order; null before the end, and if a row has a value without a place.</summary>
    public FieldOrder? Result { get; private set; }

    /// <summary>Does the next slice; false: it is over.</summary>
    public bool Step()
    {
        if (_group < image.Groups)
        {
            return SortRun();
        }

        if (_width == 0)
        {
            (_width, _mergedKeys, _mergedRows) = (RowsPerSlice, new ulong[_count], new int[_count]);
        }

        if (_width < _count)
        {
            Merge();
            return true;
        }

        Result = new(image, OrderedRows.Of(_rows.AsSpan(0, _count)), ids);
        return false;
    }

    // All runs but the last are of one length: that many rows with a value are gathered, however many groups that takes.
    private bool SortRun()
    {
        var start = _count - (_count % RowsPerSlice);
        for (var groups = 0; _group < image.Groups && groups < RowsPerSlice / Page.Rows; groups++, _group++)
        {
            foreach (var bit in new RowBits(image.Present(_group)))
            {
                if (!TryAdd((_group * Page.Rows) + bit))
                {
                    return false;
                }
            }
        }

        for (; start + RowsPerSlice <= _count; start += RowsPerSlice)
        {
            Sort(start, RowsPerSlice);
        }

        if (_group == image.Groups)
        {
            Sort(start, _count - start);
        }

        return true;
    }

    private bool TryAdd(int row)
    {
        var value = image.Read(row);
        if (value.Kind == ValueKind.Null)
        {
            return true;
        }

        if (!FieldOrder.Takes(value))
        {
            return false;
        }

        (_keys[_count], _rows[_count]) = (KeyOf(value), row);
        _count++;
        return true;
    }

    private void Sort(int start, int count)
    {
        Array.Sort(_keys, _rows, start, count);
        for (var (from, end) = (start, start + count); from < end;)
        {
            var to = from + 1;
            while (to < end && _keys[to] == _keys[from])
            {
                to++;
            }

            if (to - from > 1)
            {
                _rows.AsSpan(from, to - from).Sort(_order.Compare);
            }

            from = to;
        }
    }

    private void Merge()
    {
        for (var left = RowsPerSlice; left > 0; left--)
        {
            var (a, b) = (_first + _takenA, _first + _width + _takenB);
            var (endA, endB) = (Math.Min(_count, _first + _width), Math.Min(_count, _first + (2 * _width)));
            if (a >= endA && b >= endB)
            {
                (_first, _takenA, _takenB) = (_first + (2 * _width), 0, 0);
                if (_first >= _count)
                {
                    (_keys, _rows, _mergedKeys, _mergedRows) = (_mergedKeys, _mergedRows, _keys, _rows);
                    (_width, _first) = (_width * 2, 0);
                    return;
                }

                continue;
            }

            var takesA = b >= endB || (a < endA && IsBefore(a, b));
            var to = _first + _takenA + _takenB;
            (_mergedKeys[to], _mergedRows[to]) = takesA ? (_keys[a], _rows[a]) : (_keys[b], _rows[b]);
            _takenA += takesA ? 1 : 0;
            _takenB += takesA ? 0 : 1;
        }
    }

    private bool IsBefore(int a, int b) => _keys[a] != _keys[b] ? _keys[a] < _keys[b] : _order.Compare(_rows[a], _rows[b]) < 0;

    /// <summary>A number that is never greater for a value that comes before: its type in 3 bits, and the first 61 of it. Of numbers, the nearest float counts.</summary>
    private static ulong KeyOf(in ValueView value)
    {
        const ulong Sign = 1UL << 63;
        return ((ulong)ValueOrder.RankOf(value.Kind) << 61) | (value.Kind switch
        {
            ValueKind.Int64 => OfFloat(value.Bits),
            ValueKind.Float64 => OfFloat(BitConverter.Int64BitsToDouble(value.Bits)),
            ValueKind.Bool => (ulong)value.Bits << 63,
            ValueKind.String or ValueKind.Bytes => OfBytes(value.Bytes),
            _ => (ulong)value.Bits ^ Sign,
        } >> 3);
    }

    // Without a sign floats are in the order of their bits, with one in the opposite; adding 0 makes -0 and 0 one.
    private static ulong OfFloat(double number)
    {
        var bits = BitConverter.DoubleToUInt64Bits(number + 0.0);
        return (bits >> 63) != 0 ? ~bits : bits | (1UL << 63);
    }

    private static ulong OfBytes(ReadOnlySpan<byte> bytes)
    {
        Span<byte> first = stackalloc byte[sizeof(ulong)];
        first.Clear();
        bytes[..Math.Min(bytes.Length, first.Length)].CopyTo(first);
        return BinaryPrimitives.ReadUInt64BigEndian(first);
    }
}
