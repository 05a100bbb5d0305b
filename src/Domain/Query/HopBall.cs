using Cairn.Indexes;
using Cairn.Snapshots;

namespace Cairn.Query;

/// <summary>
/// How many associations lie at least between a row and an end of the search: breadth first from that end, as far as it was asked to go.
/// Invariant: every row nearer than <see cref="Radius"/> + 1 is marked with its distance; so an unmarked one is at least that far.
/// </summary>
internal sealed class HopBall<TEdges>(PathGraph<TEdges> graph, Direction follows, HopScratch scratch, SearchLimits limits)
    where TEdges : struct, IEdgePolicy
{
    private int _next;
    private int _levelEnd;
    private int _end;
    private long _looked;

    /// <summary>All rows up to this far are marked.</summary>
    public int Radius { get; private set; }

    /// <summary>Begins at an end.</summary>
    public void Start(int center)
    {
        scratch.Begin();
        scratch.Marks[center] = scratch.Epoch;
        scratch.Queue[0] = center;
        (_next, _levelEnd, _end, _looked, Radius) = (0, 1, 1, 0, 0);
    }

    /// <summary>Goes on until that many associations were looked at, or as far as matters; false: a limit was reached first.</summary>
    public bool TryGrow(long looked, int maxRadius)
    {
        while (_looked < looked && Radius < maxRadius && _next < _end)
        {
            var row = scratch.Queue[_next++];
            var count = (follows != Direction.In ? Visit(row, outgoing: true) : 0) + (follows != Direction.Out ? Visit(row, outgoing: false) : 0);
            _looked += count;
            if (_next == _levelEnd)
            {
                Radius++;
                _levelEnd = _end;
            }

            if (!limits.TryExpand(count))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Associations between the row and the end, at least.</summary>
    public int AtLeast(int row)
    {
        var distance = scratch.Marks[row] - scratch.Epoch;
        return distance < HopScratch.Distances ? (int)distance : _next == _end ? HopScratch.Distances : Radius + 1;
    }

    private int Visit(int row, bool outgoing)
    {
        var looked = 0;
        var (marks, queue, epoch, rows) = (scratch.Marks, scratch.Queue, scratch.Epoch, (uint)graph.Snapshot.AssociationRows);
        var mark = epoch + (uint)Radius + 1;
        var blocks = graph.Snapshot.Adjacency.Blocks(row, outgoing);
        while (blocks.MoveNext())
        {
            looked += blocks.Entries.Length;
            foreach (var entry in blocks.Entries)
            {
                var association = Adjacency.BlockWalk.AssociationOf(entry);
                var other = Adjacency.BlockWalk.OtherOf(entry);
                if ((uint)association < rows && marks[other] - epoch >= HopScratch.Distances && graph.Edges.Follows(association) && graph.Edges.Enters(other))
                {
                    marks[other] = mark;
                    queue[_end++] = other;
                }
            }
        }

        return looked;
    }
}

/// <summary>Working memory of a <see cref="HopBall{TEdges}"/>; pooled.</summary>
internal sealed class HopScratch(int rows)
{
    /// <summary>Distances are below this.</summary>
    public const int Distances = 64;

    /// <summary>By row: the epoch plus the distance; anything else: not reached.</summary>
    public uint[] Marks { get; } = new uint[rows];

    /// <summary>Rows by distance.</summary>
    public int[] Queue { get; } = new int[rows];

    /// <summary>A multiple of <see cref="Distances"/>, never 0.</summary>
    public uint Epoch { get; private set; }

    /// <summary>Forgets all marks.</summary>
    public void Begin()
    {
        Epoch = unchecked(Epoch + Distances);
        if (Epoch == 0)
        {
            Array.Clear(Marks);
            Epoch = Distances;
        }
    }
}
