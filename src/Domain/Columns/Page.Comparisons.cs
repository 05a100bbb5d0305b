using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Cairn.Columns;

/// <content>Which rows have a cell like this, told from the packed bytes.</content>
internal sealed partial class Page
{
    /// <summary>No cell is further from 0 than this, which may be well above them: told from the width of the page alone.</summary>
    public UInt128 MostFromZero
    {
        get
        {
            var most = (Int128)_base + (_width == 8 ? ulong.MaxValue : (1UL << (8 * _width)) - 1);
            return (UInt128)Int128.Max(Int128.Abs(_base), Int128.Abs(most));
        }
    }

    /// <summary>The rows whose cell lies between two values, both included.</summary>
    public UInt128 Between(long low, long high)
    {
        if (high < low || high < _base)
        {
            return 0;
        }

        var most = _width == 8 ? ulong.MaxValue : (1UL << (8 * _width)) - 1;
        var from = low <= _base ? 0 : unchecked((ulong)low - (ulong)_base);
        var to = Math.Min(unchecked((ulong)high - (ulong)_base), most);
        if (from > to)
        {
            return 0;
        }

        if (from == 0 && to == most)
        {
            return Valid;
        }

        return RowsOf(_width switch
        {
            1 => RanksBetween(_packed, (byte)from, (byte)(to - from)),
            2 => RanksBetween(MemoryMarshal.Cast<byte, ushort>(_packed), (ushort)from, (ushort)(to - from)),
            4 => RanksBetween(MemoryMarshal.Cast<byte, uint>(_packed), (uint)from, (uint)(to - from)),
            _ => RanksBetween(MemoryMarshal.Cast<byte, ulong>(_packed), from, to - from),
        });
    }

    /// <summary>As <see cref="Between"/>, of cells that are the bits of finite floats; −0.0 equals 0.0.</summary>
    public UInt128 BetweenFloat64(double low, double high)
    {
        if (_base >= 0)
        {
            // Floats without a sign are in the order of their bits.
            return high < 0 ? 0 : Between(low <= 0 ? 0 : BitConverter.DoubleToInt64Bits(low), high == 0 ? 0 : BitConverter.DoubleToInt64Bits(high));
        }

        var (rows, rank) = (UInt128.Zero, 0);
        foreach (var row in new RowBits(Valid))
        {
            var number = BitConverter.Int64BitsToDouble(_base + PackedAt(rank++));
            rows |= number >= low && number <= high ? UInt128.One << row : 0;
        }

        return rows;
    }

    /// <summary>The rows whose cell is odd: whose lowest flag is set.</summary>
    public UInt128 Odd()
    {
        // base + packed is odd if one of both is.
        var baseIsOdd = (_base & 1) != 0;
        if (_width == 0)
        {
            return baseIsOdd ? Valid : 0;
        }

        // Little-endian: the lowest bit of a cell is in its first byte.
        var odd = UInt128.Zero;
        for (var (rank, at) = (0, 0); at < _packed.Length; rank++, at += _width)
        {
            odd |= (UInt128)(uint)(_packed[at] & 1) << rank;
        }

        odd = RowsOf(((ulong)odd, (ulong)(odd >> 64)));
        return baseIsOdd ? Valid & ~odd : odd;
    }

    // One bit per item that is at most so far above another, in their order: the first 64, then the rest. What is below it wraps around and is far above. Vectors only
    // where memory is little-endian; elsewhere items are turned around one by one.
    private static (ulong Low, ulong High) RanksBetween<T>(ReadOnlySpan<T> items, T from, T span)
        where T : unmanaged, INumber<T>
    {
        var (low, high, at) = (0UL, 0UL, 0);
        if (Vector512.IsHardwareAccelerated && BitConverter.IsLittleEndian)
        {
            var (from512, span512) = (Vector512.Create(from), Vector512.Create(span));
            for (; at <= items.Length - Vector512<T>.Count; at += Vector512<T>.Count)
            {
                var bits = Vector512.LessThanOrEqual(Vector512.Create(items[at..]) - from512, span512).ExtractMostSignificantBits();
                low |= at < 64 ? bits << at : 0;
                high |= at < 64 ? 0 : bits << (at - 64);
            }
        }
        else if (Vector256.IsHardwareAccelerated && BitConverter.IsLittleEndian)
        {
            var (from256, span256) = (Vector256.Create(from), Vector256.Create(span));
            for (; at <= items.Length - Vector256<T>.Count; at += Vector256<T>.Count)
            {
                var bits = (ulong)Vector256.LessThanOrEqual(Vector256.Create(items[at..]) - from256, span256).ExtractMostSignificantBits();
                low |= at < 64 ? bits << at : 0;
                high |= at < 64 ? 0 : bits << (at - 64);
            }
        }

        for (; at < items.Length; at++)
        {
            var bit = unchecked(Turned(items[at]) - from) <= span ? 1UL << (at % 64) : 0;
            low |= at < 64 ? bit : 0;
            high |= at < 64 ? 0 : bit;
        }

        return (low, high);
    }

    private static T Turned<T>(T item)
        where T : unmanaged, INumber<T> => item switch
        {
            ushort small => T.CreateTruncating(Little(small)),
            uint medium => T.CreateTruncating(Little(medium)),
            ulong large => T.CreateTruncating(Little(large)),
            _ => item,
        };

    // From one bit per cell to one bit per row.
    private UInt128 RowsOf((ulong Low, ulong High) ranks)
    {
        if ((_validLow & _validHigh) == ulong.MaxValue)
        {
            return new(ranks.High, ranks.Low);
        }

        var lowCount = BitOperations.PopCount(_validLow);
        var above = lowCount == 64 ? ranks.High : lowCount == 0 ? ranks.Low : (ranks.Low >> lowCount) | (ranks.High << (64 - lowCount));
        return new(Deposit(above, _validHigh), Deposit(ranks.Low, _validLow));
    }

    private static ulong Deposit(ulong bits, ulong mask)
    {
        if (Bmi2.X64.IsSupported)
        {
            return Bmi2.X64.ParallelBitDeposit(bits, mask);
        }

        var rows = 0UL;
        for (; mask != 0; mask &= mask - 1, bits >>= 1)
        {
            rows |= (bits & 1) != 0 ? mask & (~mask + 1) : 0;
        }

        return rows;
    }
}
