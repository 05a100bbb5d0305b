using System.Numerics;

namespace Cairn.Columns;

/// <summary>The rows of a row group whose bit is set, in their order: for foreach. One thread; no allocation.</summary>
internal struct RowBits(UInt128 rows)
{
    private ulong _low = (ulong)rows;
    private ulong _high = (ulong)(rows >> 64);

    /// <summary>0 to 127.</summary>
    public int Current { get; private set; }

    public readonly RowBits GetEnumerator() => this;

    public bool MoveNext()
    {
        if (_low != 0)
        {
            Current = BitOperations.TrailingZeroCount(_low);
            _low &= _low - 1;
            return true;
        }

        if (_high != 0)
        {
            Current = 64 + BitOperations.TrailingZeroCount(_high);
            _high &= _high - 1;
            return true;
        }

        return false;
    }
}
