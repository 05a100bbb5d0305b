using Cairn.Columns;
using Cairn.Model;
using Cairn.Snapshots;

namespace Cairn.Query.Expressions;

/// <summary>A simple condition on an attribute: on each of its columns, and row by row where it may be in a bag.</summary>
/// <param name="attribute">The attribute.</param>
/// <param name="tests">By column of the attribute.</param>
/// <param name="elsewhere">The same of one row.</param>
/// <param name="expression">What it says.</param>
internal sealed class AttributeCondition(BoundField attribute, ColumnTest[] tests, RowByRow elsewhere, Expression expression) : GroupCondition
{
    public override GroupTruth Evaluate(int firstRow, RowGroup pages, UInt128 rows)
    {
        var (result, covered) = (default(GroupTruth), UInt128.Zero);
        var columns = attribute.Columns;
        for (var column = 0; column < columns.Length; column++)
        {
            if (pages[columns[column].Column] is { } page)
            {
                covered |= page.Valid;
                result = result.With(tests[column].Test(page, rows));
            }
        }

        return pages[HeaderColumn.Bag] is { } bags ? result.With(elsewhere.Evaluate(firstRow, pages, bags.Valid & ~covered & rows)) : result;
    }

    public override bool MayHold(ZoneMaps zones, int group)
    {
        var mayHold = zones.Of(HeaderColumn.Bag, group).Cells > 0;
        for (var column = 0; column < tests.Length && !mayHold; column++)
        {
            mayHold = tests[column].MayHold(zones.Of(attribute.Columns[column].Column, group));
        }

        return mayHold;
    }

    /// <summary>Both of two hold; null: they are of other attributes, or not both of ranges. Of a page's cells then only one range is looked for.</summary>
    public AttributeCondition? With(AttributeCondition other, RowEvaluator rows)
    {
        if (!attribute.Reference.Attribute.Span.SequenceEqual(other.Attribute.Reference.Attribute.Span))
        {
            return null;
        }

        var both = new ColumnTest[tests.Length];
        for (var column = 0; column < both.Length; column++)
        {
            ColumnTest? joined = (tests[column], other.Tests[column]) switch
            {
                (UnknownTest, UnknownTest) => UnknownTest.Instance,
                (RangeTest a, RangeTest b) => a.With(b),
                _ => null,
            };
            if (joined is null)
            {
                return null;
            }

            both[column] = joined;
        }

        var and = new And([expression, other.Expression]);
        return new(attribute, both, new(rows, and), and);
    }

    private BoundField Attribute => attribute;

    private ColumnTest[] Tests => tests;

    private Expression Expression => expression;
}

/// <summary>An attribute is missing or a stored null.</summary>
internal sealed class AttributeIsNull(BoundField field, RowByRow elsewhere) : GroupCondition
{
    public override GroupTruth Evaluate(int firstRow, RowGroup pages, UInt128 rows)
    {
        var (present, covered) = (UInt128.Zero, UInt128.Zero);
        foreach (var column in field.Columns)
        {
            var valid = pages[column.Column]?.Valid ?? 0;
            covered |= valid;
            present |= column.Kind == ValueKind.Null ? 0 : valid;
        }

        var bags = (pages[HeaderColumn.Bag]?.Valid ?? 0) & ~covered & rows;
        return new GroupTruth(~present & ~bags, present).With(elsewhere.Evaluate(firstRow, pages, bags));
    }
}

/// <summary>A comparison of a built-in number or instant; where its column has no cell, the one of another column counts, if there is one.</summary>
/// <param name="column">Its column.</param>
/// <param name="otherwise">The column that counts where it has none; null: it is null there.</param>
/// <param name="test">The comparison.</param>
internal sealed class HeaderComparison(int column, int? otherwise, RangeTest test) : GroupCondition
{
    public override GroupTruth Evaluate(int firstRow, RowGroup pages, UInt128 rows)
    {
        var page = pages[column];
        var result = page is null ? default : test.Test(page, rows);
        if (otherwise is { } other && pages[other] is { } others)
        {
            var (covered, there) = (page?.Valid ?? 0, test.Test(others, rows));
            result = result.With(new(there.True & ~covered, there.False & ~covered));
        }

        return result;
    }
}

/// <summary>A comparison of a share, a float32 that is 1 where its column has no cell.</summary>
internal sealed class ShareComparison(int column, NumberRange range, bool isOutside, RowByRow elsewhere) : GroupCondition
{
    public override GroupTruth Evaluate(int firstRow, RowGroup pages, UInt128 rows)
    {
        var holds = range.Holds(1) ? UInt128.MaxValue : UInt128.Zero;
        if (pages[column] is { } page)
        {
            if (!range.TryRowsOfFloat32(page, out var inside))
            {
                return elsewhere.Evaluate(firstRow, pages, rows);
            }

            holds = (holds & ~page.Valid) | inside;
        }

        return isOutside ? new(~holds, holds) : new(holds, ~holds);
    }
}

/// <summary>The concept has a label.</summary>
internal sealed class HasLabel(LabelRows labels) : GroupCondition
{
    public override GroupTruth Evaluate(int firstRow, RowGroup pages, UInt128 rows)
    {
        var holds = labels.Find(pages, rows);
        return new(holds, ~holds);
    }
}
