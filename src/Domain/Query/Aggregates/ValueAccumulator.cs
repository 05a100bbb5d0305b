using Cairn.Columns;
using Cairn.Formats;
using Cairn.Model;
using Cairn.Query.Expressions;
using Cairn.Snapshots;

namespace Cairn.Query.Aggregates;

/// <summary>Goes over the values of a field that are not null: an attribute column by column, what lies elsewhere row by row.</summary>
internal abstract class ValueAccumulator(Snapshot snapshot, BoundField field) : Accumulator
{
    public sealed override void Add(in RowSlice slice, ReadOnlySpan<int> groups)
    {
        if (!field.IsAttribute)
        {
            AddRowByRow(slice, slice.Rows, groups);
            return;
        }

        var covered = UInt128.Zero;
        foreach (var column in field.Columns)
        {
            if (slice.Pages[column.Column] is not { } page)
            {
                continue;
            }

            var rows = page.Valid & slice.Rows;
            covered |= rows;
            if (column.Kind != ValueKind.Null && rows != 0)
            {
                Add(column, page, slice with { Rows = rows }, groups);
            }
        }

        AddRowByRow(slice, slice.Rows & ~covered & (slice.Pages[HeaderColumn.Bag]?.Valid ?? 0), groups);
    }

    /// <summary>Adds the cells of a column.</summary>
    protected virtual void Add(AttributeColumn column, Page page, in RowSlice slice, ReadOnlySpan<int> groups)
    {
        Span<long> cells = stackalloc long[Page.Rows];
        page.CopyTo(cells);
        foreach (var row in new RowBits(slice.Rows))
        {
            Add(snapshot.Concepts.Value(column, cells[row]), slice.FirstRow + row, groups[row]);
        }
    }

    /// <summary>Adds one value, which is not null.</summary>
    protected abstract void Add(in ValueView value, int row, int group);

    private void AddRowByRow(in RowSlice slice, UInt128 rows, ReadOnlySpan<int> groups)
    {
        foreach (var bit in new RowBits(rows))
        {
            var value = field.Read(slice.FirstRow + bit);
            if (value.Kind != ValueKind.Null)
            {
                Add(value, slice.FirstRow + bit, groups[bit]);
            }
        }
    }
}

/// <summary>Counts values.</summary>
internal sealed class ValueCounts(Snapshot snapshot, BoundField field) : ValueAccumulator(snapshot, field)
{
    private long[] _counts = new long[16];

    public override void Require(int groups) => Require(ref _counts, groups);

    public override ValueView Result(int group) => new(ValueKind.Int64, _counts[group], default);

    protected override void Add(AttributeColumn column, Page page, in RowSlice slice, ReadOnlySpan<int> groups) => RowCounts.Count(_counts, slice, groups);

    protected override void Add(in ValueView value, int row, int group) => _counts[group]++;
}
