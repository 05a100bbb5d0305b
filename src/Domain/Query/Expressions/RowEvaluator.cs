using Cairn.Formats;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Snapshots;

namespace Cairn.Query.Expressions;

/// <summary>Tests a condition on one concept after the other. Complete, and the measure of every faster way. Any thread.</summary>
internal sealed class RowEvaluator(Snapshot snapshot, Timestamp now)
{
    /// <summary>Whether the condition holds for a concept row.</summary>
    public Truth Evaluate(Expression expression, int row) => Evaluate(expression, snapshot.Concept(row));

    private Truth Evaluate(Expression expression, in ConceptView concept) => expression switch
    {
        And and => All(and.Terms, concept),
        Or or => Any(or.Terms, concept),
        Not not => Truths.Not(Evaluate(not.Operand, concept)),
        Comparison comparison => Compare(comparison, concept),
        IsNull isNull => Truths.Of(!IsLabels(isNull.Operand) && Read(isNull.Operand, concept).Kind == ValueKind.Null),
        InList list => IsIn(list, concept),
        Like like => Read(like.Operand, concept) is { Kind: ValueKind.String } text ? Truths.Of(like.Pattern.IsMatch(text.Bytes)) : Truth.Unknown,
        Contains contains => IsLabels(contains.Operand) ? HasLabel(concept, contains.Item.View) : Has(Read(contains.Operand, concept), contains.Item.View),
        IsTrue isTrue => Read(isTrue.Operand, concept) is { Kind: ValueKind.Bool } value ? Truths.Of(value.Bits != 0) : Truth.Unknown,
        _ => throw new CairnException(ErrorKind.Internal, $"a condition cannot be evaluated: {expression.GetType().Name}"),
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

    private Truth Compare(Comparison comparison, in ConceptView concept)
    {
        var left = Read(comparison.Left, concept);
        var right = Read(comparison.Right, concept);
        left = comparison.Left is Constant first ? first.Beside(right.Kind) : left;
        right = comparison.Right is Constant second ? second.Beside(left.Kind) : right;
        return ValueOrder.TryCompare(left, right, out var order) ? Truths.Of(ValueOrder.Satisfies(order, comparison.Operator)) : Truth.Unknown;
    }

    private Truth IsIn(InList list, in ConceptView concept)
    {
        var value = Read(list.Operand, concept);
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
    private ValueView Read(Operand operand, in ConceptView concept) => operand is Constant constant ? constant.View : Read((FieldReference)operand, concept);

    private ValueView Read(FieldReference field, in ConceptView concept) => field.Field switch
    {
        ConceptField.Attribute => concept.TryGetAttribute(field.Attribute.Span, out var value) ? Inside(value, field.Path) : default,
        ConceptField.Id => new(ValueKind.String, 0, concept.Id),
        ConceptField.Labels => default,
        ConceptField.Content => concept.ContentKind switch
        {
            ContentKind.Text => new(ValueKind.String, 0, concept.Content),
            ContentKind.Bytes => new(ValueKind.Bytes, 0, concept.Content),
            _ => default,
        },
        ConceptField.MediaType => concept.MediaType is { IsEmpty: false } type ? new(ValueKind.String, 0, type) : default,
        ConceptField.Strength => Float(concept.Strength),
        ConceptField.CurrentStrength => Float(concept.CurrentStrength(now)),
        ConceptField.Confidence => Float(concept.Confidence),
        ConceptField.Version => new(ValueKind.Int64, concept.Version.Value, default),
        ConceptField.CreatedAt => Instant(concept.CreatedAt),
        ConceptField.UpdatedAt => Instant(concept.UpdatedAt),
        ConceptField.ReinforcedAt => Instant(concept.ReinforcedAt),
        ConceptField.ValidFrom => Instant(concept.ValidFrom),
        ConceptField.ValidTo => Instant(concept.ValidTo),
        _ => Instant(concept.ExpiresAt),
    };

    private static ValueView Inside(ValueView value, IReadOnlyList<ReadOnlyMemory<byte>> path)
    {
        for (var depth = 0; depth < path.Count; depth++)
        {
            value = Member(value, path[depth].Span);
        }

        return value;
    }

    private static ValueView Member(ValueView value, scoped ReadOnlySpan<byte> name)
    {
        if (value.Kind == ValueKind.Object)
        {
            var members = value.Members();
            while (members.TryRead(out var memberName, out var member))
            {
                if (memberName.SequenceEqual(name))
                {
                    return member;
                }
            }
        }

        return default;
    }

    private static ValueView Float(float value) => new(ValueKind.Float64, BitConverter.DoubleToInt64Bits(value), default);

    private static ValueView Instant(Timestamp? value) => value is { } time ? new(ValueKind.DateTime, time.Microseconds, default) : default;
}
