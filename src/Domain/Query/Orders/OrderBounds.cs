using Cairn.Model;
using Cairn.Query.Expressions;

namespace Cairn.Query.Orders;

/// <summary>
/// What a condition says of the place of a field's values: of the comparisons with constants that must all hold, those whose constant has one place in the
/// order. Immutable; any thread.
/// </summary>
internal sealed class OrderBounds
{
    private readonly List<(ComparisonOperator Operation, Constant Constant)> _bounds = [];
    private readonly FieldReference _field;

    // What a constant is read as where all values are of one type: an instant, of a text.
    private readonly ValueKind _kind;

    private OrderBounds(FieldReference field) => (_field, _kind) = (field, ConceptFields.KindOf(field.Field) ?? ValueKind.Null);

    /// <summary>It says nothing else: every row between the bounds meets the condition.</summary>
    public bool IsWhole { get; private set; } = true;

    /// <summary>It bounds nothing: rows without a value may meet it, too.</summary>
    public bool IsNone => _bounds.Count == 0;

    /// <summary>The bounds of a condition.</summary>
    /// <param name="condition">Null: there is none.</param>
    /// <param name="field">The field in question.</param>
    public static OrderBounds Of(Expression? condition, FieldReference field)
    {
        var bounds = new OrderBounds(field);
        if (condition is not null)
        {
            bounds.Add(condition);
        }

        return bounds;
    }

    /// <summary>The positions of an order between the bounds: from the first to before the last; none if the last is not behind the first.</summary>
    public (int First, int End) In(FieldOrder order)
    {
        var (first, end) = (0, order.Rows.Count);
        foreach (var (operation, constant) in _bounds)
        {
            var value = constant.Beside(_kind);
            var rank = ValueOrder.RankOf(value.Kind);
            var least = operation switch
            {
                ComparisonOperator.Equal or ComparisonOperator.GreaterOrEqual => order.FirstNotBefore(value),
                ComparisonOperator.Greater => order.FirstBehind(value),
                _ => order.FirstOfRank(rank),
            };
            var most = operation switch
            {
                ComparisonOperator.Equal or ComparisonOperator.LessOrEqual => order.FirstBehind(value),
                ComparisonOperator.Less => order.FirstNotBefore(value),
                _ => order.FirstOfRank(rank + 1),
            };
            (first, end) = (Math.Max(first, least), Math.Min(end, most));
        }

        return (first, end);
    }

    private void Add(Expression condition)
    {
        if (condition is And and)
        {
            foreach (var term in and.Terms)
            {
                Add(term);
            }
        }
        else if (condition is Comparison comparison && TryRead(comparison, out var operation, out var constant))
        {
            _bounds.Add((operation, constant));
        }
        else
        {
            IsWhole = false;
        }
    }

    private bool TryRead(Comparison comparison, out ComparisonOperator operation, out Constant constant)
    {
        (operation, constant) = comparison switch
        {
            { Left: FieldReference left, Right: Constant right } when IsSame(left) => (comparison.Operator, right),
            { Left: Constant left, Right: FieldReference right } when IsSame(right) => (ComparisonOperators.Turned(comparison.Operator), left),
            _ => (ComparisonOperator.NotEqual, null!),
        };
        if (operation == ComparisonOperator.NotEqual)
        {
            return false;
        }

        // A text that is also an instant compares with texts and instants, which have two places.
        var value = constant.Beside(_kind);
        var isBoth = _kind == ValueKind.Null && value.Kind == ValueKind.String && constant.Beside(ValueKind.DateTime).Kind == ValueKind.DateTime;
        return value.Kind != ValueKind.Null && !isBoth;
    }

    private bool IsSame(FieldReference other) => other.Field == _field.Field && other.Path.Count == 0 && other.Attribute.Span.SequenceEqual(_field.Attribute.Span);
}
