using Cairn.Formats;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Snapshots;

namespace Cairn.Query.Expressions;

/// <summary>Makes of a condition what can be tested on row groups of one snapshot: names are looked up once, and constants become ranges of cells.</summary>
internal sealed class ConditionBinder(Snapshot snapshot, Timestamp now, WorkMeter work)
{
    private readonly RowEvaluator _rows = new(snapshot, now, work);

    /// <summary>Binds a condition.</summary>
    public GroupCondition Bind(Expression expression) => expression switch
    {
        And and => BindAll(and),
        Or or => new AnyOf([.. or.Terms.Select(Bind)], work),
        Not not => new Negation(Bind(not.Operand)),
        IsNull { Operand: FieldReference { Field: ConceptField.Attribute, Path.Count: 0 } field } => new AttributeIsNull(new(snapshot, now, field, work), OneByOne(expression)),
        IsNull or Comparison { Left: FieldReference, Right: FieldReference } => OneByOne(expression),
        Contains { Operand: FieldReference { Field: ConceptField.Labels }, Item.View: { Kind: ValueKind.String } label } => LabelOf(label),
        _ when RowEvaluator.OperandOf(expression) is FieldReference { Field: ConceptField.Attribute, Path.Count: 0 } field => OfAttribute(expression, new(snapshot, now, field, work)),
        Comparison comparison when RowEvaluator.OperandOf(comparison) is FieldReference field => OfBuiltIn(comparison, field.Field) ?? OneByOne(expression),
        _ => OneByOne(expression),
    };

    // Two ends of a range on the same attribute are one range.
    private GroupCondition BindAll(And and)
    {
        var terms = new List<GroupCondition>();
        foreach (var term in and.Terms.SelectMany(Flatten))
        {
            var bound = Bind(term);
            var (at, joined) = bound is AttributeCondition condition ? Join(terms, condition) : (-1, null);
            if (joined is null)
            {
                terms.Add(bound);
            }
            else
            {
                terms[at] = joined;
            }
        }

        return terms.Count == 1 ? terms[0] : new AllOf([.. terms], work);
    }

    private (int At, GroupCondition? Joined) Join(List<GroupCondition> terms, AttributeCondition condition)
    {
        for (var at = terms.Count - 1; at >= Math.Max(0, terms.Count - MaxLookBack); at--)
        {
            if (terms[at] is AttributeCondition before && before.With(condition, _rows) is { } joined)
            {
                return (at, joined);
            }
        }

        return (-1, null);
    }

    // The two ends usually stand near each other; a condition of thousands of terms is not compared pair by pair.
    private const int MaxLookBack = 16;

    private static IEnumerable<Expression> Flatten(Expression term) => term is And and ? and.Terms.SelectMany(Flatten) : [term];

    private RowByRow OneByOne(Expression expression) => new(_rows, expression);

    private HasLabel LabelOf(in ValueView label) => new(new(snapshot, CodeFilter.Of(snapshot.FindLabel(label.Bytes))));

    private AttributeCondition OfAttribute(Expression expression, BoundField field)
    {
        var tests = new ColumnTest[field.Columns.Length];
        for (var column = 0; column < tests.Length; column++)
        {
            tests[column] = TestOf(expression, field.Columns[column]);
        }

        return new(field, tests, OneByOne(expression), expression);
    }

    private ColumnTest TestOf(Expression expression, AttributeColumn column) => expression switch
    {
        _ when column.Kind == ValueKind.Null => UnknownTest.Instance,
        Comparison comparison => TestOf(comparison, column),
        IsTrue when column.Kind == ValueKind.Bool => new RangeTest(NumberRange.Of(1), isOutside: false),
        IsTrue => UnknownTest.Instance,
        Like when column.Kind != ValueKind.String => UnknownTest.Instance,
        Contains when column.Kind is not (ValueKind.String or ValueKind.Array) => UnknownTest.Instance,
        _ => Cells(expression, column),
    };

    private ColumnTest TestOf(Comparison comparison, AttributeColumn column)
    {
        var (constant, operation) = Sides(comparison);
        var value = constant.Beside(column.Kind);
        if (NumberRange.TryOf(column.Kind, operation, value, out var range))
        {
            return new RangeTest(range, operation == ComparisonOperator.NotEqual);
        }

        if (column.Kind != value.Kind)
        {
            return UnknownTest.Instance;
        }

        // A text in a dictionary is equal where its number is.
        return operation is ComparisonOperator.Equal or ComparisonOperator.NotEqual && column.Kind == ValueKind.String && column.TryGetCell(value.Bytes, out var cell)
            ? new RangeTest(cell < 0 ? NumberRange.Empty : NumberRange.Of(cell), operation == ComparisonOperator.NotEqual)
            : Cells(comparison, column);
    }

    private CellTest Cells(Expression expression, AttributeColumn column) => new(snapshot.Concepts, column, expression, work);

    // The constant of a comparison, and how the field stands to it.
    private static (Constant Constant, ComparisonOperator Operation) Sides(Comparison comparison) => comparison.Right is Constant right
        ? (right, comparison.Operator)
        : ((Constant)comparison.Left, ComparisonOperators.Turned(comparison.Operator));

    private GroupCondition? OfBuiltIn(Comparison comparison, ConceptField field)
    {
        var (constant, operation) = Sides(comparison);
        if (ConceptFields.KindOf(field) is not { } kind || !NumberRange.TryOf(kind, operation, constant.Beside(kind), out var range))
        {
            return null;
        }

        var isOutside = operation == ComparisonOperator.NotEqual;
        GroupCondition? At(int column, int? otherwise = null) => new HeaderComparison(column, otherwise, new(range, isOutside));
        return field switch
        {
            ConceptField.Version => At(HeaderColumn.Version),
            ConceptField.CreatedAt => At(HeaderColumn.CreatedAt),
            ConceptField.UpdatedAt => At(HeaderColumn.UpdatedAt, HeaderColumn.CreatedAt),
            ConceptField.ReinforcedAt => At(HeaderColumn.ReinforcedAt, HeaderColumn.CreatedAt),
            ConceptField.ValidFrom => At(HeaderColumn.ValidFrom),
            ConceptField.ValidTo => At(HeaderColumn.ValidTo),
            ConceptField.ExpiresAt => At(HeaderColumn.ExpiresAt),
            ConceptField.Strength => new ShareComparison(HeaderColumn.Strength, range, isOutside, OneByOne(comparison)),
            ConceptField.Confidence => new ShareComparison(HeaderColumn.Confidence, range, isOutside, OneByOne(comparison)),
            _ => null,
        };
    }
}
