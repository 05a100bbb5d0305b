using Cairn.Query.Expressions;
using Cairn.Query.Orders;
using Cairn.Snapshots;

namespace Cairn.Query;

/// <summary>
/// One page of a <see cref="ConceptListing"/> by one field: a walk over the order of that field, if there is one, from where the condition and the page before
/// leave it to begin. Where the walk leads to too few rows for what it visits, or to rows without a value, it is given up for a pass over all concepts.
/// </summary>
internal sealed class OrderWalkScan : Scan<RowPage>
{
    // A row that is tested on its own costs about as much as 64 that are tested by the group.
    private const int ShareOfRowsToWalk = 64;

    private readonly ConceptListing _listing;
    private readonly OrderBy _orderBy;
    private readonly Snapshot _snapshot;
    private readonly Visibility _visibility;
    private readonly RowOrder _order;
    private readonly OrderPlace? _place;
    private readonly OrderBounds _bounds;
    private readonly RowEvaluator _evaluator;
    private readonly List<int> _rows = [];
    private OrderUse? _use;
    private OrderWalk? _walk;
    private MatchCount? _matches;
    private OrderedScan? _all;
    private long _left;
    private bool _hasAllValues;
    private long? _count;

    public OrderWalkScan(ConceptListing listing, OrderBy orderBy, Snapshot snapshot)
    {
        (_listing, _orderBy, _snapshot, _visibility) = (listing, orderBy, snapshot, new(snapshot, listing.Now, listing.ValidAt));
        _order = new(snapshot, orderBy, listing.Now, Work);
        _place = listing.After.IsEmpty ? null : OrderPlace.Parse(listing.After.Span, snapshot, orderBy);
        _bounds = listing.Where?.BoundsOf(Field) ?? OrderBounds.Of(null, Field);
        _evaluator = new(snapshot, listing.Now, Work);
        _use = IsBehindValues ? null : new(snapshot, Field);
    }

    public override RowPage Result => _all is not null ? _all.Result : _rows.Count <= _listing.Limit
        ? new(_rows, null) { Count = _count }
        : new(_rows[.._listing.Limit], OrderPlace.Encode(_snapshot, _order, _rows[_listing.Limit - 1], _listing.Now)) { Count = _count };

    private FieldReference Field => _orderBy.Terms[0].Field;

    // Rows without a value are in no order of values.
    private bool IsBehindValues => _place is not null && ValueOrder.RankOf(_place.Value(0).Kind) == ValueOrder.NullRank;

    /// <summary>Whether an order may be walked over: that of one field, then by id.</summary>
    public static bool IsPossible(OrderBy orderBy) =>
        orderBy.Terms is [var first, ..] && OrderUse.IsPossible(first.Field)
        && (orderBy.Terms.Count == 1 || orderBy.Terms is [_, { Field.Field: ConceptField.Id, Descending: false }]);

    public override bool Step()
    {
        Work.BeginSlice();
        if (_all is not null)
        {
            return VisitAll();
        }

        if (_walk is not null)
        {
            return _matches is null ? Walk() : Count();
        }

        if (_use is not null && _use.Step())
        {
            return true;
        }

        if (_use?.Result is not { } order)
        {
            return VisitAll();
        }

        Begin(order);
        return Walk();
    }

    private void Begin(FieldOrder order)
    {
        var (first, end) = _bounds.In(order);
        _walk = new(order, first, end, _orderBy.Terms[0].Descending, _place);
        _left = Math.Max(4L * (_listing.Limit + 1), _snapshot.ConceptRows / ShareOfRowsToWalk);
        _use = null;
        _hasAllValues = order.Rows.Count == _snapshot.ConceptRows;
        if (_listing.Counts && _visibility.SeesEveryConcept && _listing.Labels.IsAny)
        {
            // Only a concept that exists has attributes, but any row has a version and times.
            var areConcepts = Field.Field == ConceptField.Attribute || _snapshot.ConceptCount == _snapshot.ConceptRows;
            _count = _listing.Where is null ? _snapshot.ConceptCount : _bounds is { IsWhole: true } && areConcepts ? Math.Max(0, end - first) : null;
        }
    }

    private bool Walk()
    {
        for (var slice = Math.Min(_left, RowsPerSlice); _rows.Count <= _listing.Limit; slice--)
        {
            if (slice == 0 || Work.IsSliceSpent)
            {
                return _left > 0 || VisitAll();
            }

            if (!_walk!.MoveNext())
            {
                // What is behind the last value are the concepts without one, unless the condition leaves them out.
                return _bounds.IsNone && !_hasAllValues ? VisitAll() : End();
            }

            RowsVisited++;
            _left--;
            if (Matches(_walk.Row))
            {
                _rows.Add(_walk.Row);
            }
        }

        return End();
    }

    private bool End()
    {
        LookAhead();
        if (!_listing.Counts || _count is not null)
        {
            return false;
        }

        _matches = new(new(_snapshot, _listing.Now, _listing.ValidAt, _listing.Labels, _listing.Where, Work));
        return true;
    }

    // Ids and values lie all over the space's memory. Read one right after the other here, the processor waits for those of many rows at once; an answer that is
    // written row by row would wait for each. Source: as of group prefetching (OperationLookahead).
    private void LookAhead()
    {
        foreach (var row in _rows)
        {
            Work.AddValue(_snapshot.Ids[row].Length);
            _order.Fields[0].Read(row);
        }
    }

    private bool Count()
    {
        var goesOn = _matches!.Step(RowsPerSlice, Work, out var visited);
        RowsVisited += visited;
        _count = goesOn ? null : _matches.Count;
        return goesOn;
    }

    private bool VisitAll()
    {
        _all ??= new(_listing, _orderBy, _snapshot) { Deadline = Deadline };
        var before = _all.RowsVisited;
        var goesOn = _all.Step();
        RowsVisited += _all.RowsVisited - before;
        return goesOn;
    }

    private bool Matches(int row) =>
        _visibility.ShowsConcept(row)
        && _listing.Labels.Matches(_snapshot.Concept(row))
        && (_bounds.IsWhole || _listing.Where!.Matches(_evaluator, row));
}
