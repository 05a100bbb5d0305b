using Cairn.Indexes;
using Cairn.Snapshots;

namespace Cairn.Query;

/// <summary>
/// Breadth-first search from both ends, a whole level at a time on the side whose last level is smaller, until a level touches the
/// other side's last one. Source: Pohl, "Bi-directional Search", Machine Intelligence 6, 1971.
/// Invariants between levels: every row within the depth of a side carries that side's code plus its distance, and no row carries both
/// codes, so that the distance of the ends exceeds the sum of the depths; a level that touches the other side is therefore the last, and
/// the rows that it touches lie in the other side's last level. Every such row's parent begins its best way to that side's end, of all
/// shortest ones the one whose ids come first, so that the first pair of the rows that touch gives the first of all shortest paths.
/// </summary>
internal sealed class ShortestSearch<TEdges>(PathGraph<TEdges> graph, SearchLimits limits) : IPathSearch
    where TEdges : struct, IEdgePolicy
{
    private const int None = -1;
    private const uint NoCode = PathScratch.Codes;
    private const int RowsFetched = 16;
    private readonly Snapshot _snapshot = graph.Snapshot;
    private readonly PathScratch _scratch = graph.Scratch;
    private Front _forward;
    private Front _backward;
    private int _lastForward;
    private int _firstBackward;

    public int Find(in PathRequest request, Span<int> path)
    {
        Start(request);
        path[0] = request.From;
        if (!request.Skip.IsEmpty && !LeaveStart(request, path, out var length))
        {
            return length;
        }

        graph.Mark(request.To, PathScratch.Backward);
        while (_forward.Depth + _backward.Depth < request.MaxLength)
        {
            var (forwardDepth, backwardDepth) = (_forward.Depth, _backward.Depth);
            var isForward = _forward.Count <= _backward.Count;
            ref var front = ref isForward ? ref _forward : ref _backward;
            if (front.Count == 0 || !TryExpand(ref front, isForward ? _backward.Code : _forward.Code))
            {
                return None;
            }

            if (_lastForward != None)
            {
                Unwind(forwardDepth, path);
                return forwardDepth + backwardDepth + 1;
            }
        }

        return None;
    }

    private void Start(in PathRequest request)
    {
        _scratch.Begin();
        foreach (var row in request.Prefix)
        {
            graph.Mark(row, PathScratch.Barred);
        }

        var last = _scratch.Queue.Length - 1;
        _forward = new(PathScratch.Forward, 0, 1, graph.Onwards);
        _backward = new(PathScratch.Backward, last, -1, graph.Backwards);
        _scratch.Queue[0] = request.From;
        _scratch.Queue[last] = request.To;
        _lastForward = None;
        graph.Mark(request.From, PathScratch.Forward);
    }

    // Takes the first step alone, so that the rows that may not follow the start are only left out there. False: the search is over.
    private bool LeaveStart(in PathRequest request, Span<int> path, out int length)
    {
        foreach (var row in request.Skip)
        {
            graph.Mark(row, PathScratch.Barred);
        }

        var isComplete = TryExpand(ref _forward, NoCode);
        foreach (var row in request.Skip)
        {
            graph.Unmark(row);
        }

        var arrived = graph.CodeOf(request.To) == PathScratch.Forward + 1;
        path[1] = arrived ? request.To : path[1];
        length = arrived ? 1 : None;
        return isComplete && !arrived;
    }

    /// <summary>Visits the neighbours of a side's last level; as soon as one has the wanted code, only those with that code. False: a limit was reached.</summary>
    private bool TryExpand(ref Front front, uint wanted)
    {
        var (end, fetched) = (front.End, front.Begin);
        for (var slot = front.Begin; slot != end; slot += front.Step)
        {
            if (slot == fetched)
            {
                var count = Math.Min(RowsFetched, (end - slot) * front.Step);
                _snapshot.Adjacency.Prefetch(_scratch.Queue.AsSpan(front.Step > 0 ? slot : slot - count + 1, count));
                fetched += count * front.Step;
            }

            var row = _scratch.Queue[slot];
            var looked = (front.Follows != Direction.In ? Expand(row, outgoing: true, wanted, ref front) : 0)
                + (front.Follows != Direction.Out ? Expand(row, outgoing: false, wanted, ref front) : 0);
            if (!limits.TryExpand(looked))
            {
                return false;
            }
        }

        front.Begin = end;
        front.Depth++;
        front.Code++;
        return true;
    }

    private int Expand(int row, bool outgoing, uint wanted, ref Front front) => _lastForward == None
        ? Visit(row, outgoing, wanted, ref front)
        : VisitTouching(row, outgoing, wanted, isForward: front.Step > 0);

    // The inner loop of every search: one word of adjacency and one mark per association. What the policy has to look up is asked last.
    private int Visit(int row, bool outgoing, uint wanted, ref Front front)
    {
        var (marks, parents, queue) = (_scratch.Marks, _scratch.Parents, _scratch.Queue);
        var (epoch, next, end, rows, edges, looked) = (_scratch.Epoch, front.Code + 1, front.End, (uint)_snapshot.AssociationRows, graph.Edges, 0);
        var blocks = _snapshot.Adjacency.Blocks(row, outgoing);
        while (blocks.MoveNext())
        {
            looked += blocks.Entries.Length;
            foreach (var entry in blocks.Entries)
            {
                var association = Adjacency.BlockWalk.AssociationOf(entry);
                if ((uint)association >= rows)
                {
                    continue;
                }

                var other = Adjacency.BlockWalk.OtherOf(entry);
                var code = marks[other] - epoch;
                if (code >= PathScratch.Codes)
                {
                    if (edges.Follows(association))
                    {
                        var enters = edges.Enters(other);
                        marks[other] = epoch | (enters ? next : PathScratch.Barred);
                        parents[other] = row;
                        queue[end] = other;
                        end += enters ? front.Step : 0;
                    }
                }
                else if (code == wanted)
                {
                    if (edges.Follows(association))
                    {
                        Touch(row, other, front.Step > 0);
                    }
                }
                else if (code == next && parents[other] != row && edges.Follows(association) && IsBefore(row, parents[other], front.Step > 0))
                {
                    parents[other] = row;
                }
            }
        }

        front.End = end;
        return looked;
    }

    private int VisitTouching(int row, bool outgoing, uint wanted, bool isForward)
    {
        var (marks, mark, rows, edges, looked) = (_scratch.Marks, _scratch.Epoch | wanted, (uint)_snapshot.AssociationRows, graph.Edges, 0);
        var blocks = _snapshot.Adjacency.Blocks(row, outgoing);
        while (blocks.MoveNext())
        {
            looked += blocks.Entries.Length;
            foreach (var entry in blocks.Entries)
            {
                var (association, other) = (Adjacency.BlockWalk.AssociationOf(entry), Adjacency.BlockWalk.OtherOf(entry));
                // Marks end where the snapshot does: the end of a later association may lie behind them.
                if ((uint)association < rows && marks[other] == mark && edges.Follows(association))
                {
                    Touch(row, other, isForward);
                }
            }
        }

        return looked;
    }

    // Two rows of both sides are neighbours: the last pair of a shortest path.
    private void Touch(int row, int other, bool isForward)
    {
        var (last, first) = isForward ? (row, other) : (other, row);
        var isBetter = _lastForward == None
            || (last == _lastForward ? graph.IsBefore(first, _firstBackward) : IsBefore(last, _lastForward, isForward: true));
        if (isBetter)
        {
            (_lastForward, _firstBackward) = (last, first);
        }
    }

    // Whether the way of one row of a level comes before that of another. Ways from the start differ first where they part, ways to the end at once.
    private bool IsBefore(int row, int other, bool isForward)
    {
        var parents = _scratch.Parents;
        while (isForward && parents[row] != parents[other])
        {
            (row, other) = (parents[row], parents[other]);
        }

        return graph.IsBefore(row, other);
    }

    private void Unwind(int forwardDepth, Span<int> path)
    {
        var row = _lastForward;
        for (var at = forwardDepth; at > 0; at--)
        {
            path[at] = row;
            row = _scratch.Parents[row];
        }

        row = _firstBackward;
        for (var at = forwardDepth + 1; ; at++)
        {
            path[at] = row;
            if (graph.CodeOf(row) == PathScratch.Backward)
            {
                break;
            }

            row = _scratch.Parents[row];
        }
    }

    /// <summary>One side of the search: its last level lies in the queue from Begin to before End, in steps of 1 or −1.</summary>
    private struct Front(uint code, int begin, int step, Direction follows)
    {
        public readonly int Step = step;
        public readonly Direction Follows = follows;
        public uint Code = code;
        public int Begin = begin;
        public int End = begin + step;
        public int Depth;

        public readonly int Count => (End - Begin) * Step;
    }
}
