using Cairn.Columns;
using Cairn.Formats;
using Cairn.Model;

namespace Cairn.Query.Expressions;

/// <summary>Compares all values of a page with one, where its cells are in the order of its values.</summary>
internal static class PageComparison
{
    /// <summary>The rows whose value is less than another, and those whose value equals it; false: that cannot be told from the cells.</summary>
    /// <param name="kind">Type of the page's values.</param>
    /// <param name="page">The page.</param>
    /// <param name="value">What they are compared with.</param>
    /// <param name="rows">All others that have a value are greater.</param>
    public static bool TryCompare(ValueKind kind, Page page, in ValueView value, out (UInt128 Less, UInt128 Equal) rows)
    {
        (UInt128 Less, UInt128 Equal)? compared = (kind, value.Kind) switch
        {
            (ValueKind.Int64, ValueKind.Int64) or (ValueKind.DateTime, ValueKind.DateTime) or (ValueKind.Bool, ValueKind.Bool) => page.Compare(value.Bits),
            (ValueKind.Int64, ValueKind.Float64) => CompareIntegers(page, BitConverter.Int64BitsToDouble(value.Bits)),
            (ValueKind.Float64, ValueKind.Float64) => page.CompareFloat64(BitConverter.Int64BitsToDouble(value.Bits)),
            (ValueKind.Float64, ValueKind.Int64) when (long)(double)value.Bits == value.Bits && value.Bits != long.MaxValue => page.CompareFloat64(value.Bits),
            _ => null,
        };
        rows = compared ?? default;
        return compared is not null;
    }

    // An integer is less than a float if it is less than the next integer from there on.
    private static (UInt128 Less, UInt128 Equal) CompareIntegers(Page page, double value)
    {
        if (value >= 9223372036854775808.0 || value < -9223372036854775808.0)
        {
            return (value > 0 ? page.Valid : 0, 0);
        }

        var above = Math.Ceiling(value);
        if (above >= 9223372036854775808.0)
        {
            return (page.Valid, 0);
        }

        var (less, equal) = page.Compare((long)above);
        return (less, above == value ? equal : 0);
    }
}
