using Cairn.Columns;
using Cairn.Formats;
using Cairn.Model;

namespace Cairn.Query.Expressions;

/// <summary>
/// The cells of a column of numbers, bools or instants of which a comparison with a constant is true: all between two values, both included. A range of
/// floats has floats as its ends, any other integers; one whose ends have crossed is empty.
/// </summary>
internal readonly record struct NumberRange
{
    private readonly bool _isFloat;
    private readonly long _low;
    private readonly long _high;
    private readonly double _lowFloat;
    private readonly double _highFloat;

    private NumberRange(long low, long high) => (_low, _high) = (low, high);

    private NumberRange(double low, double high) => (_isFloat, _lowFloat, _highFloat) = (true, low, high);

    /// <summary>One cell.</summary>
    public static NumberRange Of(long cell) => new(cell, cell);

    /// <summary>Nothing.</summary>
    public static NumberRange Empty => new(1, 0);

    /// <summary>The range of a comparison; of NotEqual that of Equal. False: cells of this type do not compare with the value, or not in their order.</summary>
    public static bool TryOf(ValueKind column, ComparisonOperator comparison, in ValueView value, out NumberRange range)
    {
        range = default;
        switch (column, value.Kind)
        {
            case (ValueKind.Int64, ValueKind.Int64) or (ValueKind.DateTime, ValueKind.DateTime) or (ValueKind.Bool, ValueKind.Bool):
                range = OfIntegers(comparison, value.Bits, value.Bits);
                return true;
            case (ValueKind.Int64, ValueKind.Float64):
                var number = BitConverter.Int64BitsToDouble(value.Bits);
                range = OfIntegers(comparison, LeastFrom(number), GreatestTo(number));
                return true;
            case (ValueKind.Float64, ValueKind.Int64 or ValueKind.Float64):
                range = OfFloats(comparison, value);
                return true;
            default:
                return false;
        }
    }

    /// <summary>What lies in both; false: one is of floats and the other is not.</summary>
    public bool TryIntersect(NumberRange other, out NumberRange both)
    {
        both = _isFloat
            ? new(Math.Max(_lowFloat, other._lowFloat), Math.Min(_highFloat, other._highFloat))
            : new(Math.Max(_low, other._low), Math.Min(_high, other._high));
        return _isFloat == other._isFloat;
    }

    /// <summary>The rows of a page whose cell lies in it.</summary>
    public UInt128 Rows(Page page) => _isFloat ? page.BetweenFloat64(_lowFloat, _highFloat) : page.Between(_low, _high);

    /// <summary>Whether some cell of a zone may lie in it.</summary>
    public bool MayHold(in Zone zone) => _isFloat ? zone.MayHoldFloat64(_lowFloat, _highFloat) : zone.MayHold(_low, _high);

    /// <summary>Whether a float lies in a range of floats.</summary>
    public bool Holds(double number) => number >= _lowFloat && number <= _highFloat;

    /// <summary>As <see cref="Rows"/> for cells that are the bits of float32; false: some have a sign, which are not in the order of their bits.</summary>
    public bool TryRowsOfFloat32(Page page, out UInt128 rows)
    {
        var (low, high) = ((float)_lowFloat, (float)_highFloat);
        low = low < _lowFloat ? MathF.BitIncrement(low) : low;
        high = high > _highFloat ? MathF.BitDecrement(high) : high;
        rows = high < 0 ? 0 : page.Between(low <= 0 ? 0 : BitConverter.SingleToInt32Bits(low), high == 0 ? 0 : BitConverter.SingleToInt32Bits(high));
        return page.Between(long.MinValue, -1) == 0;
    }

    // The constant lies between the two, or is both: integers from the one on are not less than it, those up to the other not greater. None: a null.
    private static NumberRange OfIntegers(ComparisonOperator comparison, long? leastFrom, long? greatestTo) => comparison switch
    {
        ComparisonOperator.Less => leastFrom == long.MinValue ? Empty : new(long.MinValue, (leastFrom - 1) ?? long.MaxValue),
        ComparisonOperator.LessOrEqual => greatestTo is { } high ? new(long.MinValue, high) : Empty,
        ComparisonOperator.Greater => greatestTo == long.MaxValue ? Empty : new((greatestTo + 1) ?? long.MinValue, long.MaxValue),
        ComparisonOperator.GreaterOrEqual => leastFrom is { } low ? new(low, long.MaxValue) : Empty,
        _ => leastFrom is { } least && greatestTo is { } greatest ? new(least, greatest) : Empty,
    };

    private static long? LeastFrom(double number) => number >= 9223372036854775808.0 ? null : number <= -9223372036854775808.0 ? long.MinValue : (long)Math.Ceiling(number);

    private static long? GreatestTo(double number) => number >= 9223372036854775808.0 ? long.MaxValue : number < -9223372036854775808.0 ? null : (long)Math.Floor(number);

    private static NumberRange OfFloats(ComparisonOperator comparison, in ValueView value)
    {
        var (least, greatest) = (BitConverter.Int64BitsToDouble(value.Bits), BitConverter.Int64BitsToDouble(value.Bits));
        if (value.Kind == ValueKind.Int64)
        {
            // The nearest float; if it is not the integer, the next one lies on the other side of it.
            var (near, exact) = ((double)value.Bits, (Int128)value.Bits);
            least = (Int128)near >= exact ? near : Math.BitIncrement(near);
            greatest = (Int128)near <= exact ? near : Math.BitDecrement(near);
        }

        return comparison switch
        {
            ComparisonOperator.Less => new(double.NegativeInfinity, Math.BitDecrement(least)),
            ComparisonOperator.LessOrEqual => new(double.NegativeInfinity, greatest),
            ComparisonOperator.Greater => new(Math.BitIncrement(greatest), double.PositiveInfinity),
            ComparisonOperator.GreaterOrEqual => new(least, double.PositiveInfinity),
            _ => new(least, greatest),
        };
    }
}
