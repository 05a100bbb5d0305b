using System.Text;
using Cairn.Model;
using Cairn.Storage.Lookups;

namespace Cairn.Query.Expressions;

/// <summary>
/// Conditions as a lookups index can be asked: each part becomes one that every concept meets of which the part is true, or nothing. So what is asked finds too much,
/// perhaps, and never too little, whatever an index knows of three-valued logic, the order of texts or the types of numbers: the condition itself is tested on what
/// was found. Pure.
/// </summary>
/// <remarks>
/// Nothing is asked for comparisons of two fields, the order of texts, what lies inside an attribute, members of the concept other than id and labels, NOT of more than
/// one of the simplest conditions, and numbers that a float64 does not tell apart.
/// </remarks>
internal static class LookupTranslation
{
    /// <summary>2^53: up to here each integer has a float64 of its own.</summary>
    private const long ExactIntegers = 9007199254740992;

    /// <summary>What is asked for a condition; null: nothing, all may meet it.</summary>
    public static LookupCondition? Of(Expression expression) => expression switch
    {
        And and => All([.. and.Terms.Select(Of).OfType<LookupCondition>()]),
        Or or => One([.. or.Terms.Select(Of)]),
        Not { Operand: IsNull isNull } => NameOf(isNull.Operand) is { } name ? new AttributeIsSet(name, true) : null,
        Not { Operand: IsTrue isTrue } => NameOf(isTrue.Operand) is { } name ? new AttributeEquals(name, false) : null,
        IsNull isNull => NameOf(isNull.Operand) is { } name ? new AttributeIsSet(name, false) : null,
        IsTrue isTrue => NameOf(isTrue.Operand) is { } name ? new AttributeEquals(name, true) : null,
        Comparison { Left: FieldReference field, Right: Constant constant } comparison => Compared(field, comparison.Operator, constant),
        Comparison { Left: Constant constant, Right: FieldReference field } comparison => Compared(field, ComparisonOperators.Turned(comparison.Operator), constant),
        InList list => list.Operand is FieldReference field ? One([.. list.Items.Where(static item => item.Value.Kind != ValueKind.Null).Select(item => Equal(field, item))]) : null,
        Like like => like.Operand is FieldReference field ? Beginning(field, like.Pattern.Prefix) : null,
        Contains contains => contains.Operand is FieldReference field ? Holding(field, contains.Item.Value) : null,
        _ => null,
    };

    /// <summary>All of some conditions; null: there are none.</summary>
    public static LookupCondition? All(IReadOnlyList<LookupCondition> terms) => terms.Count switch
    {
        0 => null,
        1 => terms[0],
        _ => new AllHold(terms),
    };

    // Of alternatives one that all may meet leaves nothing out.
    private static LookupCondition? One(IReadOnlyList<LookupCondition?> terms) => terms.Count switch
    {
        0 => null,
        1 => terms[0],
        _ => terms.Any(static term => term is null) ? null : new OneHolds([.. terms.OfType<LookupCondition>()]),
    };

    private static LookupCondition? Compared(FieldReference field, ComparisonOperator comparison, Constant constant)
    {
        if (comparison == ComparisonOperator.Equal)
        {
            return Equal(field, constant);
        }

        if (NameOf(field) is not { } name || ImageOf(constant.Value) is not { Kind: ValueKind.Float64 or ValueKind.DateTime } image)
        {
            return null;
        }

        // Both bounds are included: images of unequal numbers may be equal.
        return comparison switch
        {
            ComparisonOperator.Less or ComparisonOperator.LessOrEqual => new AttributeBetween(name, null, image),
            ComparisonOperator.Greater or ComparisonOperator.GreaterOrEqual => new AttributeBetween(name, image, null),
            _ => new AttributeIsSet(name, true),
        };
    }

    private static LookupCondition? Equal(FieldReference field, Constant constant)
    {
        if (field.Field == ConceptField.Id && constant.Value.Kind == ValueKind.String)
        {
            return new IdBeginsWith(Encoding.UTF8.GetBytes(constant.Value.AsString));
        }

        if (NameOf(field) is not { } name || ImageOf(constant.Value) is not { } image)
        {
            return null;
        }

        // A text beside an instant is one, if it can be.
        var instant = constant.Value.Kind == ValueKind.String ? constant.Beside(ValueKind.DateTime) : default;
        LookupCondition equal = new AttributeEquals(name, image);
        return instant.Kind == ValueKind.DateTime ? new OneHolds([equal, new AttributeEquals(name, new Primitives.Timestamp(instant.Bits))]) : equal;
    }

    private static LookupCondition? Beginning(FieldReference field, ReadOnlySpan<byte> prefix) => prefix.IsEmpty ? null
        : field.Field == ConceptField.Id ? new IdBeginsWith(prefix.ToArray())
        : NameOf(field) is { } name ? new AttributeBeginsWith(name, LookupImage.Text(Encoding.UTF8.GetString(prefix)))
        : null;

    private static LookupCondition? Holding(FieldReference field, Value item)
    {
        if (field.Field == ConceptField.Labels)
        {
            return item.Kind == ValueKind.String ? new CarriesLabel(item.AsString) : null;
        }

        return NameOf(field) is { } name && ImageOf(item) is { } image ? new AttributeHolds(name, image) : null;
    }

    private static string? NameOf(Operand operand) => operand is FieldReference { Field: ConceptField.Attribute, Path.Count: 0 } field
        ? Encoding.UTF8.GetString(field.Attribute.Span)
        : null;

    private static Value? ImageOf(Value value) => value.Kind switch
    {
        ValueKind.Int64 when value.AsInt64 is < -ExactIntegers or > ExactIntegers => (Value?)null,
        ValueKind.Float64 when Math.Abs(value.AsFloat64) > ExactIntegers => null,
        _ => LookupImage.Of(value),
    };
}
