using System.Runtime.CompilerServices;
using Cairn.Formats;
using Cairn.Model;

namespace Cairn.Query.Aggregates;

/// <summary>A sum and a count of numbers. Integers are added exactly; huge floats apart and scaled down, so that a mean is right where the sum is past all floats.</summary>
internal struct NumberTotal
{
    // A power of two, so that scaling is exact; 2^31 floats of the largest size do not pass the limit once they are scaled.
    private static readonly double Huge = Math.ScaleB(1, 960), Scale = Math.ScaleB(1, 100);

    // The exact sum of the integers is both together; whoever adds small ones sees to it that the first does not pass 64 bits.
    private long _smallIntegers;
    private Int128 _integers;
    private double _floats;
    private double _huge;
    private long _count;
    private bool _hasFloats;

    /// <summary>How many numbers there were.</summary>
    public readonly long Count => _count;

    private readonly Int128 Integers => _integers + _smallIntegers;

    /// <summary>Adds an integer.</summary>
    public void Add(long value)
    {
        _integers += value;
        _count++;
    }

    /// <summary>Adds an integer, of those that were added so since the last <see cref="GatherSmall"/> not so many that their sum passes 64 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void AddSmall(long value)
    {
        _smallIntegers += value;
        _count++;
    }

    /// <summary>Makes room for more small integers.</summary>
    public void GatherSmall()
    {
        _integers += _smallIntegers;
        _smallIntegers = 0;
    }

    /// <summary>Adds a float.</summary>
    public void Add(double value)
    {
        if (Math.Abs(value) < Huge)
        {
            _floats += value;
        }
        else
        {
            _huge += value / Scale;
        }

        _count++;
        _hasFloats = true;
    }

    /// <summary>The sum; null of nothing. False: it is past 64 bits.</summary>
    public readonly bool TrySum(out ValueView sum)
    {
        sum = default;
        if (_count == 0)
        {
            return true;
        }

        if (!_hasFloats)
        {
            var fits = Integers >= long.MinValue && Integers <= long.MaxValue;
            sum = fits ? new(ValueKind.Int64, (long)Integers, default) : default;
            return fits;
        }

        var total = (_huge * Scale) + _floats + (double)Integers;
        sum = new(ValueKind.Float64, BitConverter.DoubleToInt64Bits(total), default);
        return double.IsFinite(total);
    }

    /// <summary>The mean; null of nothing.</summary>
    public readonly ValueView Mean()
    {
        if (_count == 0)
        {
            return default;
        }

        var mean = !_hasFloats ? (double)Integers / _count
            : _huge == 0 ? ((double)Integers + _floats) / _count
            : Math.Clamp((_huge / _count * Scale) + (((double)Integers + _floats) / _count), double.MinValue, double.MaxValue);
        return new(ValueKind.Float64, BitConverter.DoubleToInt64Bits(mean), default);
    }
}
