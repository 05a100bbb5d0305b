using System.Diagnostics.CodeAnalysis;
using Cairn.Columns;
using Cairn.Primitives;
using Cairn.Query.Expressions;
using Cairn.Snapshots;

namespace Cairn.Query;

/// <summary>
/// One page of a <see cref="ConceptListing"/> in an order of its own: all concepts that match are visited, the first ones behind the page before are kept.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "It disposes of its heap at its end; of a walk that is given up, the collector takes the rented array.")]
internal sealed class OrderedScan : Scan<RowPage>
{
    private readonly ConceptListing _listing;
    private readonly Snapshot _snapshot;
    private readonly ConceptGroups _groups;
    private readonly OrderPlace? _place;
    private readonly Timestamp _now;
    private readonly RowOrder _order;
    private readonly FirstTermFilter _filter;
    private readonly BoundedHeap<int, RowOrder> _first;
    private readonly List<int> _rows = [];
    private int _group;
    private long _count;

    public OrderedScan(ConceptListing listing, OrderBy orderBy, Snapshot snapshot)
    {
        (_listing, _snapshot) = (listing, snapshot);
        _groups = new(snapshot, listing.Now, listing.ValidAt, listing.Labels, listing.Where, Work);
        _place = listing.After.IsEmpty ? null : OrderPlace.Parse(listing.After.Span, snapshot, orderBy);
        _now = orderBy.UsesNow && _place is not null ? _place.Now : listing.Now;
        _order = new(snapshot, orderBy, _now, Work);
        _filter = new(_order.Fields[0], orderBy.Terms[0].Descending);
        _first = new(_order, listing.Limit + 1);
    }

    public override RowPage Result => _rows.Count <= _listing.Limit
        ? new(_rows, null) { Count = Count }
        : new(_rows[.._listing.Limit], OrderPlace.Encode(_snapshot, _order, _rows[_listing.Limit - 1], _now)) { Count = Count };

    private long? Count => _listing.Counts ? _count : null;

    public override bool Step()
    {
        var end = Math.Min(_groups.Count, _group + (RowsPerSlice / Page.Rows));
        Work.BeginSlice();
        for (; _group < end && !Work.IsSliceSpent; _group++)
        {
            Visit(_group);
            RowsVisited += _groups.RowsOf(_group);
        }

        if (_group < _groups.Count)
        {
            return true;
        }

        Take();
        return false;
    }

    private void Visit(int group)
    {
        var pages = _groups[group];
        var rows = _groups.Match(group, pages);
        if (rows == 0)
        {
            return;
        }

        _count += (long)UInt128.PopCount(rows);
        _order.RequireOrdered(group, pages, rows);
        if (_place is not null)
        {
            rows = _filter.AtOrBehind(pages, rows, _place.Value(0));
        }

        if (_first.IsFull)
        {
            rows = _filter.AtOrBefore(pages, rows, _order.Fields[0].Read(_first.Last));
        }

        foreach (var bit in new RowBits(rows))
        {
            var row = (group * Page.Rows) + bit;
            if (_place is null || _order.Compare(row, _place) > 0)
            {
                _first.Offer(row);
            }
        }
    }

    private void Take()
    {
        while (_first.Count > 0)
        {
            _rows.Add(_first.TakeLast());
        }

        _rows.Reverse();
        _first.Dispose();
    }
}
