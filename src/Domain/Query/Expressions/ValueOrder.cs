using System.Text;
using Cairn.Formats;
using Cairn.Model;
using Cairn.Primitives;

namespace Cairn.Query.Expressions;

/// <summary>How values compare: numbers by their exact value whatever their type, texts and bytes by bytes, false before true.</summary>
internal static class ValueOrder
{
    /// <summary>Behind every type.</summary>
    public const int NullRank = 5;

    /// <summary>Compares two values; false if one is null, or their types do not compare: arrays, objects, and unlike ones.</summary>
    public static bool TryCompare(in ValueView left, in ValueView right, out int order)
    {
        order = (left.Kind, right.Kind) switch
        {
            (ValueKind.Int64, ValueKind.Float64) => Compare(left.Bits, BitConverter.Int64BitsToDouble(right.Bits)),
            (ValueKind.Float64, ValueKind.Int64) => -Compare(right.Bits, BitConverter.Int64BitsToDouble(left.Bits)),
            (ValueKind.Float64, ValueKind.Float64) => BitConverter.Int64BitsToDouble(left.Bits).CompareTo(BitConverter.Int64BitsToDouble(right.Bits)),
            (ValueKind.Int64 or ValueKind.Bool or ValueKind.DateTime, _) => left.Bits.CompareTo(right.Bits),
            _ => left.Bytes.SequenceCompareTo(right.Bytes),
        };
        return left.Kind switch
        {
            ValueKind.Int64 or ValueKind.Float64 => right.Kind is ValueKind.Int64 or ValueKind.Float64,
            ValueKind.Bool or ValueKind.DateTime or ValueKind.String or ValueKind.Bytes => left.Kind == right.Kind,
            _ => false,
        };
    }

    /// <summary>Compares two values for a sort: bool, number, datetime, string, bytes, and null last, also where the rest goes down.</summary>
    public static int Compare(in ValueView left, in ValueView right, bool descending)
    {
        var (leftRank, rightRank) = (RankOf(left.Kind), RankOf(right.Kind));
        if (leftRank == NullRank || rightRank == NullRank)
        {
            return leftRank - rightRank;
        }

        var order = leftRank - rightRank;
        if (order == 0)
        {
            TryCompare(left, right, out order);
        }

        return descending ? -order : order;
    }

    /// <summary>The place of a type in a sort; <see cref="NullRank"/> of null.</summary>
    public static int RankOf(ValueKind kind) => kind switch
    {
        ValueKind.Bool => 0,
        ValueKind.Int64 or ValueKind.Float64 => 1,
        ValueKind.DateTime => 2,
        ValueKind.String => 3,
        ValueKind.Bytes => 4,
        _ => NullRank,
    };

    /// <summary>Whether values of a type have a place in a sort: arrays and objects have none.</summary>
    public static bool HasOrder(ValueKind kind) => kind is not (ValueKind.Array or ValueKind.Object);

    /// <summary>The refusal of a value that has no place in a sort.</summary>
    /// <param name="field">The request's field that asks for the order.</param>
    /// <param name="reference">What it names.</param>
    /// <param name="id">The concept that has the value.</param>
    /// <param name="value">An array or object.</param>
    public static CairnException Unordered(string field, FieldReference reference, ReadOnlySpan<byte> id, in ValueView value) => CairnException.Invalid(
        field, $"{reference} of '{Encoding.UTF8.GetString(id)}' is an {(value.Kind == ValueKind.Array ? "array" : "object")}; arrays and objects have no order and make no groups");

    /// <summary>Whether an order is what a comparison asks for.</summary>
    public static bool Satisfies(int order, ComparisonOperator comparison) => comparison switch
    {
        ComparisonOperator.Equal => order == 0,
        ComparisonOperator.NotEqual => order != 0,
        ComparisonOperator.Less => order < 0,
        ComparisonOperator.LessOrEqual => order <= 0,
        ComparisonOperator.Greater => order > 0,
        _ => order >= 0,
    };

    // Exact: a float64 beyond the integers is greater or less than all of them; any other one has a whole part that fits.
    private static int Compare(long integer, double number)
    {
        if (number >= 9223372036854775808.0)
        {
            return -1;
        }

        if (number < -9223372036854775808.0)
        {
            return 1;
        }

        var whole = Math.Floor(number);
        var order = integer.CompareTo((long)whole);
        return order != 0 ? order : whole < number ? -1 : 0;
    }
}
