using Cairn.Indexes;
using Cairn.Snapshots;

namespace Cairn.Query;

/// <summary>
/// Breadth-first search from both ends, a whole level at a time on the side whose last level is smaller, until a level touches the
/// other side's last one. Source: Pohl, "Bi-directional Search", Machine Intelligence 6, 1971.
/// Invariants between levels: every row within the depth of a side carries that side's code plus its distance, and no row carries both
/// codes, so that the distance of the ends exceeds the sum of the depths; a level that touches the other side is therefore the last, and
/// the rows that it touches lie in the other side's last level.
/// </summary>
internal sealed class ShortestSearch<TEdges>(PathGraph<TEdges> graph, SearchLimits limits) : IPathSearch
    where TEdges : struct, IEdgePolicy
{
    private const int None = -1;
    private const uint NoCode = PathScratch.Codes;
    private readonly Snapshot _snapshot = graph.Snapshot;
    private readonly PathScratch _scratch = graph.Scratch;
    private readonly ShortestChoice<TEdges> _choice = new(graph, limits);
    private Front _forward;
    private Front _backward;

    public int Find(in PathRequest request, Span<int> path)
    {
        Start(request);
        path[0] = request.From;
        if (!request.Skip.IsEmpty && !LeaveStart(request, path, out var length))
        {
            return length;
        }

        graph.Mark(request.To, PathScratch.Backward);
        while (_forward.Depth + _backward.Depth < request.MaxLength && !limits.IsExhausted)
        {
            var isForward = _forward.Count <= _backward.Count;
            ref var front = ref isForward ? ref _forward : ref _backward;
            var end = front.End;
            if (front.Count == 0)
            {
                return None;
            }

            var touching = Expand(ref front, isForward ? _backward.Code : _forward.Code);
            if (touching != None)
            {
                return _choice.TryChoose(new(_forward.Depth, _backward.Depth, isForward, touching, end), request.To, path)
                    ? _forward.Depth + _backward.Depth + 1
                    : None;
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
        _scratch.LevelStarts[0] = 0;
        _scratch.LevelStarts[1] = 1;
        graph.Mark(request.From, PathScratch.Forward);
    }

    // Takes the first step alone, so that the rows that may not follow the start are only left out there. False: the search is over.
    private bool LeaveStart(in PathRequest request, Span<int> path, out int length)
    {
        foreach (var row in request.Skip)
        {
            graph.Mark(row, PathScratch.Barred);
        }

        Expand(ref _forward, NoCode);
        foreach (var row in request.Skip)
        {
            graph.Unmark(row);
        }

        var arrived = graph.CodeOf(request.To) == PathScratch.Forward + 1;
        path[1] = arrived ? request.To : path[1];
        length = arrived ? 1 : None;
        return !arrived;
    }

    /// <summary>Visits the neighbours of a side's last level. Answers the slot of the first row that has a neighbour with the wanted code, or −1.</summary>
    private int Expand(ref Front front, uint wanted)
    {
        var end = front.End;
        for (var slot = front.Begin; slot != end; slot += front.Step)
        {
            var row = _scratch.Queue[slot];
            var looked = 0;
            var touches = (front.Follows != Direction.In && Visit(row, outgoing: true, wanted, ref front, ref looked))
                || (front.Follows != Direction.Out && Visit(row, outgoing: false, wanted, ref front, ref looked));
            if (!limits.TryExpand(looked))
            {
                return None;
            }

            if (touches)
            {
                return slot;
            }
        }

        front.Begin = end;
        front.Depth++;
        front.Code++;
        if (front.Step > 0)
        {
            _scratch.LevelStarts[front.Depth + 1] = front.End;
        }

        return None;
    }

    // The inner loop of every search: one word of adjacency and one mark per association. What the policy has to look up is asked last.
    private bool Visit(int row, bool outgoing, uint wanted, ref Front front, ref int looked)
    {
        var (marks, queue, epoch, rows) = (_scratch.Marks, _scratch.Queue, _scratch.Epoch, (uint)_snapshot.AssociationRows);
        var edges = graph.Edges;
        var (end, mark) = (front.End, epoch | (front.Code + 1));
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
                if (code < PathScratch.Codes)
                {
                    if (code == wanted && edges.Follows(association))
                    {
                        front.End = end;
                        return true;
                    }
                }
                else if (edges.Follows(association))
                {
                    var enters = edges.Enters(other);
                    marks[other] = enters ? mark : epoch | PathScratch.Barred;
                    queue[end] = other;
                    end += enters ? front.Step : 0;
                }
            }
        }

        front.End = end;
        return false;
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
