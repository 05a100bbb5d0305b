using System.Diagnostics.CodeAnalysis;
using Cairn.Columns;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Query.Expressions;
using Cairn.Snapshots;

namespace Cairn.Query.Aggregates;

/// <summary>Visits the concepts row group by row group, then puts the groups in order, both in slices.</summary>
[SuppressMessage("Design", "CA1001", Justification = "It disposes of its heap at its end; of a walk that is given up, the collector takes the rented array.")]
internal sealed class AggregateScan : Scan<AggregateRows>
{
    private readonly Aggregation _aggregation;
    private readonly ConceptGroups _rowGroups;
    private readonly GroupTable _groups;
    private readonly Accumulator[] _values;
    private readonly BoundedHeap<int, GroupOrder> _first;
    private int[] _rows = [];
    private int _rowGroup;
    private int _offered;

    public AggregateScan(Aggregation aggregation, Snapshot snapshot)
    {
        _aggregation = aggregation;
        _rowGroups = new(snapshot, aggregation.Now, aggregation.ValidAt, aggregation.Labels, aggregation.Where, Work);
        _groups = new(snapshot, [.. aggregation.GroupBy], aggregation.Now, Math.Max(1, aggregation.Select.Count), Work);
        _values = [.. aggregation.Select.Select(item => Accumulator.Of(item, snapshot, aggregation.Now, Work))];
        _first = new(new(_groups, _values, aggregation.Order), aggregation.Limit);
    }

    public override AggregateRows Result => new(_groups, _values, _rows);

    public override bool Step()
    {
        Work.BeginSlice();
        if (_rowGroup < _rowGroups.Count)
        {
            VisitRows();
            return true;
        }

        for (var end = Math.Min(_groups.Count, _offered + RowsPerSlice); _offered < end && !Work.IsSliceSpent; _offered++)
        {
            foreach (var value in _values)
            {
                value.Check(_offered);
            }

            _first.Offer(_offered);
        }

        if (_offered < _groups.Count)
        {
            return true;
        }

        Take();
        return false;
    }

    private void VisitRows()
    {
        Span<int> groups = stackalloc int[Page.Rows];
        groups.Clear();
        for (var end = Math.Min(_rowGroups.Count, _rowGroup + (RowsPerSlice / Page.Rows)); _rowGroup < end && !Work.IsSliceSpent; _rowGroup++)
        {
            RowsVisited += _rowGroups.RowsOf(_rowGroup);
            if (!_rowGroups.MayMatch(_rowGroup))
            {
                continue;
            }

            var pages = _rowGroups[_rowGroup];
            var rows = _rowGroups.Match(_rowGroup, pages);
            if (rows == 0)
            {
                continue;
            }

            var slice = new RowSlice(_rowGroup * Page.Rows, pages, rows, IsOneGroup: _groups.KeyCount == 0);
            _groups.Find(slice, groups);
            foreach (var value in _values)
            {
                value.Require(_groups.Count);
                value.Add(slice, groups);
            }
        }
    }

    private void Take()
    {
        _rows = new int[_first.Count];
        for (var at = _rows.Length - 1; at >= 0; at--)
        {
            _rows[at] = _first.TakeLast();
        }

        _first.Dispose();
    }

    /// <summary>Groups by the columns asked for, what is equal by what it is grouped by.</summary>
    private readonly struct GroupOrder(GroupTable groups, Accumulator[] values, IReadOnlyList<(int Column, bool Descending)> terms) : IComparer<int>
    {
        public int Compare(int x, int y)
        {
            for (var term = 0; term < terms.Count; term++)
            {
                var (column, descending) = terms[term];
                var order = column < groups.KeyCount
                    ? ValueOrder.Compare(groups.Key(x, column), groups.Key(y, column), descending)
                    : ValueOrder.Compare(values[column - groups.KeyCount].Result(x), values[column - groups.KeyCount].Result(y), descending);
                if (order != 0)
                {
                    return order;
                }
            }

            var byKey = 0;
            for (var key = 0; key < groups.KeyCount && byKey == 0; key++)
            {
                byKey = ValueOrder.Compare(groups.Key(x, key), groups.Key(y, key), descending: false);
            }

            return byKey;
        }
    }
}

/// <summary>Some rows of one row group.</summary>
/// <param name="FirstRow">The row of its first bit.</param>
/// <param name="Pages">The group's pages.</param>
/// <param name="Rows">The rows, one bit each; at least one.</param>
/// <param name="IsOneGroup">Nothing is grouped by: the group of all of them is 0.</param>
internal readonly record struct RowSlice(int FirstRow, RowGroup Pages, UInt128 Rows, bool IsOneGroup);
