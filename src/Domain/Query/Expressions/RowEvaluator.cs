using Cairn.Formats;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Snapshots;

namespace Cairn.Query.Expressions;

/// <summary>Tests a condition on one concept after the other. Complete, and the measure of every faster way. One thread.</summary>
internal sealed class RowEvaluator(Snapshot snapshot, Timestamp now, WorkMeter work)
{
    /// <summary>Whether the condition holds for a concept row.</summary>
    public Truth Evaluate(Expression expression, int row) => Evaluate(expression, snapshot.Concept(row));

    private Truth Evaluate(Expression expression, in ConceptView concept) => expression switch
    {
        And and => All(and.Terms, concept),
        Or or => Any(or.Terms, concept),
        Not not => Truths.Not(Evaluate(not.Operand, concept)),
        IsNull isNull => Truths.Of(!IsLabels(isNull.Operand) && Read(isNull.Operand, concept).Kind == ValueKind.Null),
        Comparison { Left: FieldReference left, Right: FieldReference right } comparison =>
            Compare(Read(left, concept), comparison.Operator, Read(right, concept)),
        Contains contains when IsLabels(contains.Operand) => HasLabel(concept, contains.Item.View),
        _ => Test(expression, Read(OperandOf(expression), concept)),
    };

    /// <summary>The side of a simple condition that is tested: its field, if it has one.</summary>
    public static Operand OperandOf(Expression expression) => expression switch
    {
        Comparison comparison => comparison.Left is FieldReference ? comparison.Left : comparison.Right,
        InList list => list.Operand,
        Like like => like.Operand,
        Contains contains => contains.Operand,
        IsTrue isTrue => isTrue.Operand,
        _ => throw new CairnException(ErrorKind.Internal, $"a condition cannot be evaluated: {expression.GetType().Name}"),
    };

    /// <summary>Tests a simple condition on a value of its <see cref="OperandOf"/>.</summary>
    public static Truth Test(Expression expression, in ValueView value) => expression switch
    {
        Comparison { Right: Constant constant } comparison when comparison.Left is FieldReference => Compare(value, comparison.Operator, constant.Beside(value.Kind)),
        Comparison { Left: Constant constant } comparison => Compare(constant.Beside(value.Kind), comparison.Operator, value),
        InList list => IsIn(list, value),
        Like like => value.Kind == ValueKind.String ? Truths.Of(like.Pattern.IsMatch(value.Bytes)) : Truth.Unknown,
        Contains contains => Has(value, contains.Item.View),
        _ => value.Kind == ValueKind.Bool ? Truths.Of(value.Bits != 0) : Truth.Unknown,
    };

    private Truth All(IReadOnlyList<Expression> terms, in ConceptView concept)
    {
        var least = Truth.True;
        for (var i = 0; i < terms.Count && least != Truth.False; i++)
        {
            least = (Truth)Math.Min((byte)least, (byte)Evaluate(terms[i], concept));
        }

        return least;
    }

    private Truth Any(IReadOnlyList<Expression> terms, in ConceptView concept)
    {
        var greatest = Truth.False;
        for (var i = 0; i < terms.Count && greatest != Truth.True; i++)
        {
            greatest = (Truth)Math.Max((byte)greatest, (byte)Evaluate(terms[i], concept));
        }

        return greatest;
    }

    private static Truth Compare(in ValueView left, ComparisonOperator comparison, in ValueView right) =>
        ValueOrder.TryCompare(left, right, out var order) ? Truths.Of(ValueOrder.Satisfies(order, comparison)) : Truth.Unknown;

    private static Truth IsIn(InList list, in ValueView value)
    {
        var result = value.Kind == ValueKind.Null ? Truth.Unknown : Truth.False;
        for (var i = 0; i < list.Items.Count; i++)
        {
            if (!ValueOrder.TryCompare(value, list.Items[i].Beside(value.Kind), out var order))
            {
                result = Truth.Unknown;
            }
            else if (order == 0)
            {
                return Truth.True;
            }
        }

        return result;
    }

    private static Truth HasLabel(in ConceptView concept, in ValueView label)
    {
        if (label.Kind != ValueKind.String)
        {
            return Truth.Unknown;
        }

        for (var i = 0; i < concept.LabelCount; i++)
        {
            if (concept.Label(i).SequenceEqual(label.Bytes))
            {
                return Truth.True;
            }
        }

        return Truth.False;
    }

    private static Truth Has(in ValueView container, in ValueView item)
    {
        if (item.Kind == ValueKind.Null || container.Kind is not (ValueKind.String or ValueKind.Array))
        {
            return Truth.Unknown;
        }

        if (container.Kind == ValueKind.String)
        {
            return item.Kind == ValueKind.String ? Truths.Of(container.Bytes.IndexOf(item.Bytes) >= 0) : Truth.Unknown;
        }

        var items = container.Items();
        while (items.TryRead(out var value))
        {
            if (ValueOrder.TryCompare(value, item, out var order) && order == 0)
            {
                return Truth.True;
            }
        }

        return Truth.False;
    }

    private static bool IsLabels(Operand operand) => operand is FieldReference { Field: ConceptField.Labels };

    // Labels are no stored value: only Contains looks at them, and to everything else they are an array, which compares with nothing.
    private ValueView Read(Operand operand, in ConceptView concept)
    {
        var value = operand is Constant constant ? constant.View : ConceptValues.Read((FieldReference)operand, concept, now);
        work.AddValue(value.Bytes.Length);
        return value;
    }
}
