using System.Diagnostics.CodeAnalysis;
using Cairn.Snapshots;

namespace Cairn.Query;

/// <summary>
/// One page of a <see cref="NeighborQuery"/>: outgoing associations, and if there is room the incoming ones. Invariant: while
/// <see cref="_isTurned"/>, the scan stands in one direction and the selection holds the first of the associations that it passed there.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "It disposes of its selection at its end; of a walk that is given up, the collector takes the rented array.")]
internal sealed class NeighborScan : Scan<NeighborPage>
{
    private readonly NeighborQuery _query;
    private readonly Snapshot _snapshot;
    private readonly EdgeScan _edges;
    private readonly EdgeSelection _selection;
    private NeighborEdge[] _taken = [];
    private bool _outgoingLeft;
    private bool _incomingLeft;
    private bool _isOutgoing;
    private bool _isTurned;

    public NeighborScan(NeighborQuery query, Snapshot snapshot)
    {
        (_query, _snapshot) = (query, snapshot);
        var visibility = new Visibility(snapshot, query.Now, query.ValidAt);
        _edges = new(snapshot, visibility, query.Types, Work)
        {
            Labels = query.Labels,
            Where = query.Where,
            Evaluator = query.Where is null ? null : new(snapshot, query.Now, Work),
        };
        var isVisible = visibility.ShowsConceptOrImplied(query.Concept);
        _outgoingLeft = Continue() && query.Direction != Direction.In && isVisible;
        _incomingLeft = query.Direction != Direction.Out && isVisible;
        _selection = new(snapshot, EdgeOrder.TypeFirst, query.Limit + 1);
    }

    public override NeighborPage Result =>
        _taken.Length <= _query.Limit ? new(_taken, null) : new(new ArraySegment<NeighborEdge>(_taken, 0, _query.Limit), Place(_taken[_query.Limit - 1]));

    public override bool Step()
    {
        var goesOn = StepOver(RowsVisited + RowsPerSlice);
        if (!goesOn)
        {
            _selection.Dispose();
        }

        return goesOn;
    }

    private bool StepOver(long end)
    {
        Work.BeginSlice();
        while (RowsVisited < end && !Work.IsSliceSpent)
        {
            if (!_isTurned && !TryTurn())
            {
                return false;
            }

            _isTurned = _edges.Step(_selection, (int)(end - RowsVisited));
            RowsVisited = _edges.Visited;
            if (!_isTurned)
            {
                Take();
            }
        }

        return true;
    }

    // Goes to the next direction; false: there is none, or no room.
    private bool TryTurn()
    {
        if (!_outgoingLeft && (!_incomingLeft || _taken.Length > _query.Limit))
        {
            return false;
        }

        (_isOutgoing, _outgoingLeft, _incomingLeft) = (_outgoingLeft, false, _outgoingLeft && _incomingLeft);
        _edges.SkipsLoops = !_isOutgoing && _query.Direction == Direction.Both;
        _edges.Turn(_query.Concept, _isOutgoing);
        return _isTurned = true;
    }

    private void Take()
    {
        var room = Math.Min(_selection.Count, _query.Limit + 1 - _taken.Length);
        if (room > 0)
        {
            var taken = new NeighborEdge[_selection.Count];
            _selection.TakeSorted(_isOutgoing, taken);
            _taken = _taken.Length == 0 ? taken : [.. _taken, .. taken.AsSpan(0, room)];
        }

        if (_isOutgoing)
        {
            // The page before ended among the outgoing ones: the incoming ones all come behind it.
            _edges.StartOver();
        }
    }

    // Answers whether outgoing associations can still come.
    private bool Continue()
    {
        if (_query.After.IsEmpty)
        {
            return true;
        }

        var after = KeysetKey.Parse(_query.After.Span);
        var isOut = after.First.SequenceEqual("o"u8);
        if ((!isOut && !after.First.SequenceEqual("i"u8)) || _query.Direction == (isOut ? Direction.In : Direction.Out))
        {
            throw KeysetKey.Wrong();
        }

        _edges.ContinueAfter(after.Second, after.Third, after.Fourth);
        return isOut;
    }

    private byte[] Place(NeighborEdge last)
    {
        var association = _snapshot.Association(last.Association);
        return new KeysetKey(last.Outgoing ? "o"u8 : "i"u8, association.TypeName, _snapshot.Concept(last.Neighbor).Id, association.Key).Encode();
    }
}
