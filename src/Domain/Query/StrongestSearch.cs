using Cairn.Indexes;
using Cairn.Snapshots;

namespace Cairn.Query;

/// <summary>
/// The path of the greatest product, of those the shortest, of those the one whose ids come first: label setting with two criteria, cost
/// and length, because under a limit of length a dearer but shorter way to a row may be the one that still arrives (Hansen, "Bicriterion
/// Path Problems", 1980). Labels are taken in the order of what the whole path costs at best (A*: Hart, Nilsson and Raphael, 1968).
/// </summary>
/// <remarks>
/// Bounds are consistent (a bound is at most a step plus the next row's bound), so that labels of one row are taken by rising key, and all
/// labels from which an equally good one can come are taken before it: those with the same bound are shorter and go first. Hence ties
/// are decided when a label is taken, and the first label taken at the end is the answer.
/// Bounds cost as much as labels do: the search from the end goes only as far as the search from the start needs it,
/// doubled whenever labels have cost twice as much. A search by length alone goes first: it is far cheaper, and where it finds no path
/// there is none. Distances from both ends, as far as they are worth it, leave out what is too far away for the limit of length: under a
/// limit of 6 that is almost everything that a search by strength would look at.
/// </remarks>
internal sealed class StrongestSearch<TEdges> : IPathSearch
    where TEdges : struct, IEdgePolicy
{
    private const int None = LabelSet.None;
    private const int FirstBounds = 32;

    // Associations that the searches by distance may look at for each bound: those are a tenth of the work, and leave out most of the rest.
    private const int DistanceShare = 32;
    private readonly PathGraph<TEdges> _graph;
    private readonly PathWeights _weights;
    private readonly SearchLimits _limits;
    private readonly ShortestSearch<TEdges> _shortest;
    private readonly StrongestBounds<TEdges> _bounds;
    private readonly LabelSet _labels;
    private readonly HopBall<TEdges> _fromStart;
    private readonly HopBall<TEdges> _toEnd;
    private readonly int _maxLength;

    public StrongestSearch(PathGraph<TEdges> graph, PathWeights weights, SearchLimits limits, int from, int to, int maxLength)
    {
        (_graph, _weights, _limits) = (graph, weights, limits);
        _shortest = new(graph, limits);
        _labels = graph.Scratch.Strongest.Labels;
        _fromStart = new(graph, graph.Onwards, graph.Scratch.Strongest.FromStart, limits);
        _toEnd = new(graph, graph.Backwards, graph.Scratch.Strongest.ToEnd, limits);
        _fromStart.Start(from);
        _toEnd.Start(to);
        _bounds = new(graph, weights, limits, _fromStart, maxLength);
        _bounds.Start(to);
        _maxLength = maxLength;
    }

    public int Find(in PathRequest request, Span<int> path)
    {
        var length = _shortest.Find(request, path);
        if (length < 0)
        {
            return None;
        }

        var maxCost = Math.Min(request.MaxCost, CostOf(path[..(length + 1)]));
        for (var settled = Math.Max(FirstBounds, _bounds.Count); TryPrepare(settled); settled *= 2)
        {
            Start(request);
            var label = TakeLabels(request, maxCost, _bounds.IsComplete ? int.MaxValue : 2 * settled, out var isOver);
            if (isOver)
            {
                return label == None ? None : Unwind(label, path);
            }
        }

        return None;
    }

    private bool TryPrepare(int bounds) =>
        _fromStart.TryGrow(bounds * (long)DistanceShare, _maxLength - 1)
        && _toEnd.TryGrow(bounds * (long)DistanceShare, _maxLength - 1)
        && _bounds.TrySettle(bounds);

    private long CostOf(ReadOnlySpan<int> path)
    {
        var cost = 0L;
        for (var at = 1; at < path.Length; at++)
        {
            cost += PathWeights.Cost(_weights.Best(path[at - 1], path[at]).Weight);
        }

        return cost;
    }

    private void Start(in PathRequest request)
    {
        _graph.Scratch.Begin();
        _labels.Begin();
        foreach (var row in request.Prefix)
        {
            _graph.Mark(row, PathScratch.Barred);
        }

        _labels.Add(0, request.From, None, 0);
    }

    // Answers the label of the end, or −1: if the search is over, there is no path or a limit was reached, else it took too many labels.
    private int TakeLabels(in PathRequest request, long maxCost, int most, out bool isOver)
    {
        isOver = true;
        for (var taken = 0; _labels.Heap.Count > 0; taken++)
        {
            var number = _labels.Heap.Pop();
            if (_labels[number].Row == request.To)
            {
                return number;
            }

            isOver = taken < most;
            if (!isOver)
            {
                return None;
            }

            if (_labels.FindDominating(_labels[number].Row, _labels[number].Key, butNot: number) == None
                && !_limits.TryExpand(Extend(request, maxCost, number)))
            {
                return None;
            }
        }

        return None;
    }

    private int Extend(in PathRequest request, long maxCost, int number) =>
        (_graph.Onwards != Direction.In ? Extend(request, maxCost, number, outgoing: true) : 0)
        + (_graph.Onwards != Direction.Out ? Extend(request, maxCost, number, outgoing: false) : 0);

    private int Extend(in PathRequest request, long maxCost, int number, bool outgoing)
    {
        var looked = 0;
        var (key, row, parent, _) = _labels[number];
        var room = request.MaxLength - PathKey.Length(key) - 1;
        var (edges, rows) = (_graph.Edges, (uint)_graph.Snapshot.AssociationRows);
        var blocks = _graph.Snapshot.Adjacency.Blocks(row, outgoing);
        while (blocks.MoveNext())
        {
            looked += blocks.Entries.Length;
            foreach (var entry in blocks.Entries)
            {
                var association = Adjacency.BlockWalk.AssociationOf(entry);
                var other = Adjacency.BlockWalk.OtherOf(entry);
                if ((uint)association >= rows || (room == 0 && other != request.To) || (parent == None && request.Skip.Contains(other)))
                {
                    continue;
                }

                if (_graph.CodeOf(other) != PathScratch.Barred && edges.Follows(association) && edges.Enters(other))
                {
                    Reach(other, key + PathKey.OfStep(_weights.CostOf(association)), number, room, maxCost);
                }
            }
        }

        return looked;
    }

    // Adds a label unless a better one is there; of two equally good ones the ids decide.
    private void Reach(int row, long key, int parent, int room, long maxCost)
    {
        if (_toEnd.AtLeast(row) > room)
        {
            return;
        }

        var bound = _bounds.Of(row, room);
        if (bound == PathKey.None || PathKey.Cost(key + bound) > maxCost)
        {
            return;
        }

        var better = _labels.FindDominating(row, key);
        if (better == None)
        {
            _labels.Add(key, row, parent, key + bound);
        }
        else if (_labels[better].Key == key && IsBefore(parent, _labels[better].Parent))
        {
            _labels[better].Parent = parent;
        }
    }

    // Whether the ids along one path come before those along another of the same length. They differ first where the rows differ last on the way back.
    private bool IsBefore(int label, int other)
    {
        var (first, second) = (None, None);
        while (label != other)
        {
            var (a, b) = (_labels[label], _labels[other]);
            (first, second) = a.Row == b.Row ? (first, second) : (a.Row, b.Row);
            (label, other) = (a.Parent, b.Parent);
        }

        return first != second && _graph.IsBefore(first, second);
    }

    private int Unwind(int label, Span<int> path)
    {
        var length = PathKey.Length(_labels[label].Key);
        for (var at = length; at >= 0; at--)
        {
            path[at] = _labels[label].Row;
            label = _labels[label].Parent;
        }

        return length;
    }
}
