using Cairn.Columns;
using Cairn.Formats;
using Cairn.Indexes;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Snapshots;

namespace Cairn.Query.Expressions;

/// <summary>
/// Tests a condition on the 128 concepts of a row group at once: numbers, bools and instants are compared in their packed columns, a text
/// that is in a dictionary is tested once and not again for each row, and only what lies elsewhere is tested row by row. One thread.
/// </summary>
internal sealed class GroupEvaluator(Snapshot snapshot, Timestamp now)
{
    private const byte Untested = byte.MaxValue;
    private readonly RowEvaluator _rows = new(snapshot, now);

    // By the condition itself, not by what it says, and by column: the truth for each number of the dictionary.
    private readonly Dictionary<(object Condition, int Column), byte[]> _tested = new(ConditionAndColumn.Instance);

    /// <summary>Evaluates a condition on some rows of a group.</summary>
    /// <param name="expression">The condition.</param>
    /// <param name="group">Number of the group.</param>
    /// <param name="rows">The rows that matter; what is answered of others means nothing.</param>
    public GroupTruth Evaluate(Expression expression, int group, UInt128 rows) => expression switch
    {
        And and => All(and, group, rows),
        Or or => Any(or, group, rows),
        Not not => !Evaluate(not.Operand, group, rows),
        IsNull { Operand: FieldReference { Field: ConceptField.Attribute, Path.Count: 0 } field } => Nulls(field, group, rows),
        IsNull or Comparison { Left: FieldReference, Right: FieldReference } => RowByRow(expression, group, rows),
        _ when RowEvaluator.OperandOf(expression) is FieldReference { Field: ConceptField.Attribute, Path.Count: 0 } field => Test(expression, field, group, rows),
        Comparison { Left: FieldReference field } when ColumnOf(field.Field) is { } column => Compare(expression, column, group),
        _ => RowByRow(expression, group, rows),
    };

    private GroupTruth All(And and, int group, UInt128 rows)
    {
        var result = new GroupTruth(UInt128.MaxValue, 0);
        for (var i = 0; i < and.Terms.Count && (rows & ~result.False) != 0; i++)
        {
            result &= Evaluate(and.Terms[i], group, rows & ~result.False);
        }

        return result;
    }

    private GroupTruth Any(Or or, int group, UInt128 rows)
    {
        var result = new GroupTruth(0, UInt128.MaxValue);
        for (var i = 0; i < or.Terms.Count && (rows & ~result.True) != 0; i++)
        {
            result |= Evaluate(or.Terms[i], group, rows & ~result.True);
        }

        return result;
    }

    // Built-in fields whose missing cell is a null.
    private static (int Column, ValueKind Kind)? ColumnOf(ConceptField field) => field switch
    {
        ConceptField.Version => (HeaderColumn.Version, ValueKind.Int64),
        ConceptField.CreatedAt => (HeaderColumn.CreatedAt, ValueKind.DateTime),
        ConceptField.ValidFrom => (HeaderColumn.ValidFrom, ValueKind.DateTime),
        ConceptField.ValidTo => (HeaderColumn.ValidTo, ValueKind.DateTime),
        ConceptField.ExpiresAt => (HeaderColumn.ExpiresAt, ValueKind.DateTime),
        _ => null,
    };

    private GroupTruth Compare(Expression expression, (int Column, ValueKind Kind) column, int group) =>
        PageOf(group, column.Column) is { } page ? Test(expression, new(column.Column, [], column.Kind, null), page, UInt128.MaxValue) : default;

    private GroupTruth Nulls(FieldReference field, int group, UInt128 rows)
    {
        var (present, covered) = (UInt128.Zero, UInt128.Zero);
        foreach (var column in snapshot.Concepts.Layout.Of(field.Attribute.Span))
        {
            var valid = PageOf(group, column.Column)?.Valid ?? 0;
            covered |= valid;
            present |= column.Kind == ValueKind.Null ? 0 : valid;
        }

        var elsewhere = InBags(group) & ~covered & rows;
        return new GroupTruth(~present & ~elsewhere, present).With(RowByRow(new IsNull(field), group, elsewhere));
    }

    private GroupTruth Test(Expression expression, FieldReference field, int group, UInt128 rows)
    {
        var (result, covered) = (default(GroupTruth), UInt128.Zero);
        foreach (var column in snapshot.Concepts.Layout.Of(field.Attribute.Span))
        {
            if (PageOf(group, column.Column) is { } page)
            {
                covered |= page.Valid;
                result = result.With(Test(expression, column, page, rows));
            }
        }

        return result.With(RowByRow(expression, group, InBags(group) & ~covered & rows));
    }

    private GroupTruth Test(Expression expression, AttributeColumn column, Page page, UInt128 rows) =>
        TryCompare(expression, column.Kind, page, out var result) || TryEqual(expression, column, page, out result)
            ? result
            : CellByCell(expression, column, page, rows);

    // A text in a dictionary is equal where its number is.
    private static bool TryEqual(Expression expression, AttributeColumn column, Page page, out GroupTruth result)
    {
        result = default;
        if (expression is not Comparison { Left: FieldReference, Operator: ComparisonOperator.Equal or ComparisonOperator.NotEqual, Right: Constant constant } comparison
            || constant.View is not { Kind: ValueKind.String } text || column.Kind != ValueKind.String || !column.TryGetCell(text.Bytes, out var cell))
        {
            return false;
        }

        var holds = Rows(comparison.Operator, 0, cell < 0 ? 0 : page.Compare(cell).Equal, page.Valid);
        result = new(holds, page.Valid & ~holds);
        return true;
    }

    // Compares a whole page, if its cells are in the order of their values and the constant can be one of them.
    private static bool TryCompare(Expression expression, ValueKind kind, Page page, out GroupTruth result)
    {
        result = default;
        if (expression is not Comparison { Left: FieldReference, Right: Constant constant } comparison)
        {
            return false;
        }

        var value = constant.Beside(kind);
        if (!PageComparison.TryCompare(kind, page, value, out var found))
        {
            return false;
        }

        var holds = Rows(comparison.Operator, found.Less, found.Equal, page.Valid);
        result = new(holds, page.Valid & ~holds);
        return true;
    }

    private static UInt128 Rows(ComparisonOperator comparison, UInt128 less, UInt128 equal, UInt128 valid) => comparison switch
    {
        ComparisonOperator.Equal => equal,
        ComparisonOperator.NotEqual => valid & ~equal,
        ComparisonOperator.Less => less,
        ComparisonOperator.LessOrEqual => less | equal,
        ComparisonOperator.Greater => valid & ~(less | equal),
        _ => valid & ~less,
    };

    private GroupTruth CellByCell(Expression expression, AttributeColumn column, Page page, UInt128 rows)
    {
        Span<long> cells = stackalloc long[Page.Rows];
        page.CopyTo(cells);
        var (holds, fails) = (UInt128.Zero, UInt128.Zero);
        foreach (var row in new RowBits(page.Valid & rows))
        {
            var truth = Test(expression, column, cells[row]);
            holds |= truth == Truth.True ? UInt128.One << row : 0;
            fails |= truth == Truth.False ? UInt128.One << row : 0;
        }

        return new(holds, fails);
    }

    private Truth Test(Expression expression, AttributeColumn column, long cell)
    {
        if (column.Dictionary is not { } dictionary || (cell & 1) != 0)
        {
            return RowEvaluator.Test(expression, snapshot.Concepts.Value(column, cell));
        }

        var (number, tested) = ((int)(cell >> 1), Tested(expression, column.Column, dictionary));
        if (tested[number] == Untested)
        {
            tested[number] = (byte)RowEvaluator.Test(expression, new ValueView(ValueKind.String, 0, dictionary[number]));
        }

        return (Truth)tested[number];
    }

    private byte[] Tested(Expression expression, int column, KeyTable dictionary)
    {
        if (!_tested.TryGetValue((expression, column), out var tested))
        {
            // Of a snapshot's time at least; what the dictionary gets later, the snapshot does not refer to.
            tested = new byte[dictionary.Count];
            Array.Fill(tested, Untested);
            _tested.Add((expression, column), tested);
        }

        return tested;
    }

    private GroupTruth RowByRow(Expression expression, int group, UInt128 rows)
    {
        var (holds, fails) = (UInt128.Zero, UInt128.Zero);
        foreach (var row in new RowBits(rows))
        {
            var truth = _rows.Evaluate(expression, (group * Page.Rows) + row);
            holds |= truth == Truth.True ? UInt128.One << row : 0;
            fails |= truth == Truth.False ? UInt128.One << row : 0;
        }

        return new(holds, fails);
    }

    private Page? PageOf(int group, int column) => snapshot.Concepts.Table.Group(group * Page.Rows)[column];

    private UInt128 InBags(int group) => PageOf(group, HeaderColumn.Bag)?.Valid ?? 0;

    private sealed class ConditionAndColumn : IEqualityComparer<(object Condition, int Column)>
    {
        public static ConditionAndColumn Instance { get; } = new();

        public bool Equals((object Condition, int Column) a, (object Condition, int Column) b) => ReferenceEquals(a.Condition, b.Condition) && a.Column == b.Column;

        public int GetHashCode((object Condition, int Column) key) =>
            HashCode.Combine(System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(key.Condition), key.Column);
    }
}
