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
/// doubled whenever labels have cost twice as much.
/// </remarks>
internal sealed class StrongestSearch<TEdges> : IPathSearch
    where TEdges : struct, IEdgePolicy
{
    private const int None = -1;
    private const int FirstBounds = 32;
    private readonly PathGraph<TEdges> _graph;
    private readonly PathWeights _weights;
    private readonly SearchLimits _limits;
    private readonly StrongestScratch _scratch;
    private readonly StrongestBounds<TEdges> _bounds;
    private readonly int[] _firstLabels;

    public StrongestSearch(PathGraph<TEdges> graph, PathWeights weights, SearchLimits limits, int to)
    {
        (_graph, _weights, _limits, _scratch) = (graph, weights, limits, graph.Scratch.Strongest);
        _firstLabels = graph.Scratch.Queue;
        _bounds = new(graph, weights, limits, _scratch);
        _bounds.Start(to);
    }

    public int Find(in PathRequest request, Span<int> path)
    {
        var settled = Math.Max(FirstBounds, _bounds.Settled);
        while (_bounds.TrySettle(settled))
        {
            Start(request);
            var label = TakeLabels(request, _bounds.IsComplete ? int.MaxValue : 2 * settled, out var isOver);
            if (label != None)
            {
                return Unwind(label, path);
            }

            if (isOver)
            {
                return None;
            }

            settled *= 2;
        }

        return None;
    }

    private void Start(in PathRequest request)
    {
        _graph.Scratch.Begin();
        _scratch.BeginLabels();
        foreach (var row in request.Prefix)
        {
            _graph.Mark(row, PathScratch.Barred);
        }

        Add(new(0, request.From, None, None), request.MaxCost);
    }

    // Answers the label of the end, or −1: if the search is over, there is no path or a limit was reached, else it took too many labels.
    private int TakeLabels(in PathRequest request, int most, out bool isOver)
    {
        for (var taken = 0; taken < most && _scratch.LabelHeap.Count > 0; taken++)
        {
            var number = _scratch.LabelHeap.Pop(out _);
            var label = _scratch.Label(number);
            isOver = label.Row == request.To;
            if (isOver)
            {
                return number;
            }

            if (PathKey.Length(label.Key) < request.MaxLength && !IsDominated(number) && !_limits.TryExpand(Extend(request, number)))
            {
                isOver = true;
                return None;
            }
        }

        isOver = _scratch.LabelHeap.Count == 0;
        return None;
    }

    private int Extend(in PathRequest request, int number) =>
        (_graph.Onwards != Direction.In ? Extend(request, number, outgoing: true) : 0)
        + (_graph.Onwards != Direction.Out ? Extend(request, number, outgoing: false) : 0);

    private int Extend(in PathRequest request, int number, bool outgoing)
    {
        var looked = 0;
        var label = _scratch.Label(number);
        var (edges, rows) = (_graph.Edges, (uint)_graph.Snapshot.AssociationRows);
        var blocks = _graph.Snapshot.Adjacency.Blocks(label.Row, outgoing);
        while (blocks.MoveNext())
        {
            looked += blocks.Entries.Length;
            foreach (var entry in blocks.Entries)
            {
                var association = Adjacency.BlockWalk.AssociationOf(entry);
                var other = Adjacency.BlockWalk.OtherOf(entry);
                if ((uint)association < rows
                    && !(label.Parent == None && request.Skip.Contains(other))
                    && _graph.CodeOf(other) != PathScratch.Barred
                    && edges.Follows(association)
                    && edges.Enters(other))
                {
                    Add(new(label.Key + PathKey.OfStep(_weights.CostOf(association)), other, number, None), request.MaxCost);
                }
            }
        }

        return looked;
    }

    private void Add(in PathLabel label, long maxCost)
    {
        var bound = _bounds.Of(label.Row);
        if (bound == PathKey.None || PathKey.Cost(label.Key + bound) > maxCost)
        {
            return;
        }

        var first = _graph.CodeOf(label.Row) == PathScratch.Forward ? _firstLabels[label.Row] : None;
        for (var number = first; number != None; number = _scratch.Label(number).Next)
        {
            ref var other = ref _scratch.Label(number);
            if (PathKey.Dominates(other.Key, label.Key))
            {
                if (other.Key == label.Key && IsBefore(label.Parent, other.Parent))
                {
                    other.Parent = label.Parent;
                }

                return;
            }
        }

        var added = _scratch.AddLabel(label with { Next = first });
        _graph.Mark(label.Row, PathScratch.Forward);
        _firstLabels[label.Row] = added;
        _scratch.LabelHeap.Push(label.Key + bound, PathKey.Length(label.Key), added);
    }

    // A better label of the row came after this one, and was taken before it.
    private bool IsDominated(int number)
    {
        var label = _scratch.Label(number);
        for (var other = _firstLabels[label.Row]; other != None; other = _scratch.Label(other).Next)
        {
            if (other != number && PathKey.Dominates(_scratch.Label(other).Key, label.Key))
            {
                return true;
            }
        }

        return false;
    }

    // Whether the ids along one path come before those along another of the same length. They differ first where the rows differ last on the way back.
    private bool IsBefore(int label, int other)
    {
        var (first, second) = (None, None);
        while (label != other)
        {
            var (a, b) = (_scratch.Label(label), _scratch.Label(other));
            (first, second) = a.Row == b.Row ? (first, second) : (a.Row, b.Row);
            (label, other) = (a.Parent, b.Parent);
        }

        return first != second && _graph.IsBefore(first, second);
    }

    private int Unwind(int label, Span<int> path)
    {
        var length = PathKey.Length(_scratch.Label(label).Key);
        for (var at = length; at >= 0; at--)
        {
            path[at] = _scratch.Label(label).Row;
            label = _scratch.Label(label).Parent;
        }

        return length;
    }
}
