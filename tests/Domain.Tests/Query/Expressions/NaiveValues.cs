using System.Numerics;
using Cairn.Model;

namespace Cairn.Domain.Tests.Query.Expressions;

/// <summary>How values compare, written as plainly as can be. Null: unknown.</summary>
internal static class NaiveValues
{
    public static int? Compare(Value? left, Value? right)
    {
        if (left is not { } a || right is not { } b)
        {
            return null;
        }

        return (a.Kind, b.Kind) switch
        {
            (ValueKind.Bool, ValueKind.Bool) => a.AsBool.CompareTo(b.AsBool),
            (ValueKind.String, ValueKind.String) => string.CompareOrdinal(a.AsString, b.AsString),
            (ValueKind.Bytes, ValueKind.Bytes) => a.AsBytes.AsSpan().SequenceCompareTo(b.AsBytes),
            (ValueKind.DateTime, ValueKind.DateTime) => a.AsDateTime.CompareTo(b.AsDateTime),
            (ValueKind.Int64 or ValueKind.Float64, ValueKind.Int64 or ValueKind.Float64) => Exact(a).CompareTo(Exact(b)),
            _ => null,
        };
    }

    /// <summary>For a sort: by type, null last also where the rest goes down.</summary>
    public static int Sort(Value? left, Value? right, bool descending)
    {
        var (a, b) = (Rank(left), Rank(right));
        var order = a != b ? a.CompareTo(b) : Compare(left, right) ?? 0;
        return descending && a < 5 && b < 5 ? -order : order;
    }

    private static int Rank(Value? value) => value?.Kind switch
    {
        ValueKind.Bool => 0,
        ValueKind.Int64 or ValueKind.Float64 => 1,
        ValueKind.DateTime => 2,
        ValueKind.String => 3,
        ValueKind.Bytes => 4,
        _ => 5,
    };

    public static bool? Contains(Value? container, Value? item) => (container, item) switch
    {
        (_, null) or (_, { Kind: ValueKind.Null }) => null,
        ({ Kind: ValueKind.Array } array, _) => array.AsArray.Any(one => Compare(one, item) == 0),
        ({ Kind: ValueKind.String } text, { Kind: ValueKind.String } piece) => text.AsString.Contains(piece.AsString, StringComparison.Ordinal),
        _ => null,
    };

    // A number as a multiple of the smallest float64.
    private static BigInteger Exact(Value value)
    {
        if (value.Kind == ValueKind.Int64)
        {
            return (BigInteger)value.AsInt64 << 1074;
        }

        var bits = BitConverter.DoubleToInt64Bits(value.AsFloat64);
        var exponent = (int)((bits >> 52) & 0x7FF);
        var fraction = (bits & ((1L << 52) - 1)) | (exponent > 0 ? 1L << 52 : 0);
        return new BigInteger(bits < 0 ? -fraction : fraction) << Math.Max(0, exponent - 1);
    }
}
