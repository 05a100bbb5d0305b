using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Cairn.Columns;

/// <summary>
/// The cells of one column in one row group: 128 rows of 64 bits each, in frame-of-reference encoding.
/// Invariants: immutable; only rows in the validity bitmap have a cell; cells lie packed in row order, each as
/// (cell − base) in 0, 1, 2, 4 or 8 little-endian bytes; a page without any cell is not kept at all.
/// </summary>
/// <remarks>Every type of cell is 64 bits wide: integers and instants as they are, floats as their bits, texts as a dictionary code or an arena reference.
/// Source: frame of reference, Goldstein, Ramakrishnan and Shaft, "Compressing Relations and Indexes", ICDE 1998.</remarks>
internal sealed partial class Page
{
    /// <summary>Rows of a page.</summary>
    public const int Rows = 128;

    private readonly ulong _validLow;
    private readonly ulong _validHigh;
    private readonly long _base;
    private readonly byte[] _packed;
    private readonly byte _width;

    private Page(ulong validLow, ulong validHigh, long @base, byte width, byte[] packed) =>
        (_validLow, _validHigh, _base, _width, _packed) = (validLow, validHigh, @base, width, packed);

    /// <summary>How many rows have a cell.</summary>
    public int Count => BitOperations.PopCount(_validLow) + BitOperations.PopCount(_validHigh);

    /// <summary>Rows 0 to 63 that have a cell.</summary>
    public ulong ValidLow => _validLow;

    /// <summary>Rows 64 to 127 that have a cell.</summary>
    public ulong ValidHigh => _validHigh;

    /// <summary>Bytes of the packed cells.</summary>
    public int PackedBytes => _packed.Length;

    /// <summary>The least cell.</summary>
    public long Base => _base;

    /// <summary>Bytes of a packed cell: 0, 1, 2, 4 or 8.</summary>
    public int Width => _width;

    /// <summary>What each cell is above the base, packed in row order.</summary>
    public ReadOnlySpan<byte> Packed => _packed;

    /// <summary>A page from its stored parts, which must fit together: a width of 0, 1, 2, 4 or 8, and so many bytes for each valid row.</summary>
    public static Page Of(ulong validLow, ulong validHigh, long @base, byte width, byte[] packed) => new(validLow, validHigh, @base, width, packed);

    /// <summary>The cell of a row, 0 to 127; false if it has none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryGet(int row, out long cell)
    {
        int rank;
        if (row < 64)
        {
            var bit = 1UL << row;
            if ((_validLow & bit) == 0)
            {
                cell = 0;
                return false;
            }

            rank = BitOperations.PopCount(_validLow & (bit - 1));
        }
        else
        {
            var bit = 1UL << (row - 64);
            if ((_validHigh & bit) == 0)
            {
                cell = 0;
                return false;
            }

            rank = BitOperations.PopCount(_validLow) + BitOperations.PopCount(_validHigh & (bit - 1));
        }

        cell = _base + PackedAt(rank);
        return true;
    }

    /// <summary>Asks the processor for what <see cref="TryGet"/> and <see cref="PrefetchCell"/> look at first. A hint.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public unsafe void Prefetch()
    {
        if (Sse.IsSupported)
        {
            Sse.Prefetch0(Unsafe.AsPointer(ref Unsafe.AsRef(in _validLow)));
        }
    }

    /// <summary>Asks the processor for about where the cell of a row lies. A hint.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public unsafe void PrefetchCell(int row)
    {
        // Of a page that is not full the row stands for the rank: the bitmaps would have to be here already.
        if (Sse.IsSupported && row * _width is var at && at < _packed.Length)
        {
            Sse.Prefetch0(Unsafe.AsPointer(ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_packed), at)));
        }
    }

    /// <summary>The rows that have a cell.</summary>
    public UInt128 Valid => new(_validHigh, _validLow);

    /// <summary>Unpacks into a buffer of 128 cells; cells of rows without one are left as they are.</summary>
    public void CopyTo(Span<long> cells)
    {
        if (Count == Rows)
        {
            CopyAllTo(cells[..Rows]);
            return;
        }

        var rank = 0;
        foreach (var row in new RowBits(Valid))
        {
            cells[row] = _base + PackedAt(rank++);
        }
    }

    // One loop per width, without a choice for each cell.
    private void CopyAllTo(Span<long> cells)
    {
        switch (_width)
        {
            case 0:
                cells.Fill(_base);
                break;
            case 1:
                var bytes = _packed.AsSpan(0, Rows);
                for (var i = 0; i < cells.Length; i++)
                {
                    cells[i] = _base + bytes[i];
                }

                break;
            case 2:
                var shorts = MemoryMarshal.Cast<byte, ushort>(_packed)[..Rows];
                for (var i = 0; i < cells.Length; i++)
                {
                    cells[i] = _base + Little(shorts[i]);
                }

                break;
            case 4:
                var ints = MemoryMarshal.Cast<byte, uint>(_packed)[..Rows];
                for (var i = 0; i < cells.Length; i++)
                {
                    cells[i] = _base + Little(ints[i]);
                }

                break;
            default:
                var longs = MemoryMarshal.Cast<byte, ulong>(_packed)[..Rows];
                for (var i = 0; i < cells.Length; i++)
                {
                    cells[i] = unchecked(_base + (long)Little(longs[i]));
                }

                break;
        }
    }

    /// <summary>Packs the valid ones of 128 cells.</summary>
    /// <returns>Null if none is valid.</returns>
    public static Page? Pack(ReadOnlySpan<long> cells, ulong validLow, ulong validHigh)
    {
        var count = BitOperations.PopCount(validLow) + BitOperations.PopCount(validHigh);
        if (count == 0)
        {
            return null;
        }

        Span<long> gathered = stackalloc long[Rows];
        var values = Gather(cells, validLow, validHigh, gathered, count);
        var (min, max) = Range(values);
        var spread = unchecked((ulong)max - (ulong)min);
        byte width = spread switch { 0 => 0, <= byte.MaxValue => 1, <= ushort.MaxValue => 2, <= uint.MaxValue => 4, _ => 8 };
        var packed = width == 0 ? [] : GC.AllocateUninitializedArray<byte>(count * width);
        Write(values, min, width, packed);
        return new(validLow, validHigh, min, width, packed);
    }

    private static ReadOnlySpan<long> Gather(ReadOnlySpan<long> cells, ulong validLow, ulong validHigh, Span<long> gathered, int count)
    {
        // New rows fill a page from the front, so that a prefix is the common case and needs no copy.
        if ((validLow & (validLow + 1)) == 0 && (validHigh == 0 || (validLow == ulong.MaxValue && (validHigh & (validHigh + 1)) == 0)))
        {
            return cells[..count];
        }

        var rank = 0;
        for (var bits = validLow; bits != 0; bits &= bits - 1)
        {
            gathered[rank++] = cells[BitOperations.TrailingZeroCount(bits)];
        }

        for (var bits = validHigh; bits != 0; bits &= bits - 1)
        {
            gathered[rank++] = cells[64 + BitOperations.TrailingZeroCount(bits)];
        }

        return gathered[..count];
    }

    private static (long Min, long Max) Range(ReadOnlySpan<long> values)
    {
        var (min, max, i) = (values[0], values[0], 0);
        if (Vector.IsHardwareAccelerated && values.Length >= Vector<long>.Count)
        {
            var (low, high) = (new Vector<long>(values), new Vector<long>(values));
            for (i = Vector<long>.Count; i <= values.Length - Vector<long>.Count; i += Vector<long>.Count)
            {
                var next = new Vector<long>(values[i..]);
                (low, high) = (Vector.Min(low, next), Vector.Max(high, next));
            }

            for (var lane = 0; lane < Vector<long>.Count; lane++)
            {
                (min, max) = (Math.Min(min, low[lane]), Math.Max(max, high[lane]));
            }
        }

        for (; i < values.Length; i++)
        {
            (min, max) = (Math.Min(min, values[i]), Math.Max(max, values[i]));
        }

        return (min, max);
    }

    // One loop per width, so that each is a plain narrowing copy.
    private static void Write(ReadOnlySpan<long> values, long min, int width, Span<byte> packed)
    {
        switch (width)
        {
            case 1:
                for (var i = 0; i < values.Length; i++)
                {
                    packed[i] = (byte)(values[i] - min);
                }

                break;
            case 2:
                var shorts = MemoryMarshal.Cast<byte, ushort>(packed);
                for (var i = 0; i < values.Length; i++)
                {
                    shorts[i] = Little((ushort)(values[i] - min));
                }

                break;
            case 4:
                var ints = MemoryMarshal.Cast<byte, uint>(packed);
                for (var i = 0; i < values.Length; i++)
                {
                    ints[i] = Little((uint)(values[i] - min));
                }

                break;
            case 8:
                var longs = MemoryMarshal.Cast<byte, ulong>(packed);
                for (var i = 0; i < values.Length; i++)
                {
                    longs[i] = Little(unchecked((ulong)(values[i] - min)));
                }

                break;
            default:
                break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private long PackedAt(int rank)
    {
        // The width and the rank were fixed together by Pack, so that the reads below stay inside the array.
        ref var start = ref MemoryMarshal.GetArrayDataReference(_packed);
        return _width switch
        {
            0 => 0,
            1 => Unsafe.Add(ref start, rank),
            2 => Little(Unsafe.ReadUnaligned<ushort>(ref Unsafe.Add(ref start, rank * 2))),
            4 => Little(Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref start, rank * 4))),
            _ => unchecked((long)Little(Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref start, rank * 8)))),
        };
    }

    private static ushort Little(ushort value) => BitConverter.IsLittleEndian ? value : BinaryPrimitives.ReverseEndianness(value);

    private static uint Little(uint value) => BitConverter.IsLittleEndian ? value : BinaryPrimitives.ReverseEndianness(value);

    private static ulong Little(ulong value) => BitConverter.IsLittleEndian ? value : BinaryPrimitives.ReverseEndianness(value);
}
