using Cairn.Columns;
using Cairn.Formats;
using Cairn.Model;
using Cairn.Query.Expressions;
using Cairn.Snapshots;

namespace Cairn.Query;

/// <summary>
/// Leaves out, row group by row group, most of what an ordered page cannot hold, by the first term of its order alone: what it answers may hold
/// too many rows, never too few. Only an attribute is looked at: its columns are compared as they lie.
/// </summary>
internal sealed class FirstTermFilter(BoundField field, bool descending)
{
    /// <summary>The rows that may come at or behind a value.</summary>
    public UInt128 AtOrBehind(RowGroup pages, UInt128 rows, in ValueView value) => Within(pages, rows, value, behind: true);

    /// <summary>The rows that may come at or before a value.</summary>
    public UInt128 AtOrBefore(RowGroup pages, UInt128 rows, in ValueView value) => Within(pages, rows, value, behind: false);

    private UInt128 Within(RowGroup pages, UInt128 rows, in ValueView value, bool behind)
    {
        if (!field.IsAttribute || (value.Kind == ValueKind.Null && !behind))
        {
            return rows;
        }

        var (kept, covered) = (UInt128.Zero, UInt128.Zero);
        foreach (var column in field.Columns)
        {
            if (column.Kind != ValueKind.Null && pages[column.Column] is { } page)
            {
                covered |= page.Valid;
                kept |= Within(column.Kind, page, value, behind);
            }
        }

        // Rows without a value are behind all others; those with a bag may have one there.
        kept |= behind ? ~covered : pages[HeaderColumn.Bag]?.Valid ?? 0;
        return rows & kept;
    }

    private UInt128 Within(ValueKind kind, Page page, in ValueView value, bool behind)
    {
        var (rank, other) = (ValueOrder.RankOf(kind), ValueOrder.RankOf(value.Kind));
        if (rank != other)
        {
            var isBehind = other != ValueOrder.NullRank && rank > other != descending;
            return isBehind == behind ? page.Valid : 0;
        }

        var comparison = behind == descending ? ComparisonOperator.LessOrEqual : ComparisonOperator.GreaterOrEqual;
        return NumberRange.TryOf(kind, comparison, value, out var range) ? range.Rows(page) : page.Valid;
    }
}
