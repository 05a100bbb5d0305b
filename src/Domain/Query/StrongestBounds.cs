using Cairn.Indexes;
using Cairn.Snapshots;

namespace Cairn.Query;

/// <summary>
/// The least that a path from a row to the end can cost, by Dijkstra's search from the end, as far as it was asked to go: exact for rows that
/// it settled, at least as much as the nearest unsettled one for all others. Limits of length and rows to avoid are left out of
/// account: they can only make a path dearer.
/// </summary>
internal sealed class StrongestBounds<TEdges>(PathGraph<TEdges> graph, PathWeights weights, SearchLimits limits, StrongestScratch scratch)
    where TEdges : struct, IEdgePolicy
{
    /// <summary>Rows settled so far.</summary>
    public int Settled { get; private set; }

    /// <summary>Every row from which the end can be reached is settled.</summary>
    public bool IsComplete => scratch.BoundHeap.Count == 0;

    /// <summary>Begins at the end.</summary>
    public void Start(int end)
    {
        scratch.BeginBounds();
        Settled = 0;
        Reach(end, 0);
    }

    /// <summary>Goes on until that many rows are settled; false: a limit was reached first.</summary>
    public bool TrySettle(int rows)
    {
        while (Settled < rows && !IsComplete)
        {
            var row = scratch.BoundHeap.Pop(out _);
            if (scratch.BoundMarks[row] != scratch.BoundEpoch)
            {
                continue;
            }

            scratch.BoundMarks[row]++;
            Settled++;
            var looked = (graph.Backwards != Direction.In ? Relax(row, outgoing: true) : 0) + (graph.Backwards != Direction.Out ? Relax(row, outgoing: false) : 0);
            if (!limits.TryExpand(looked))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The least key of a path from a row to the end; <see cref="PathKey.None"/>: there is no path.</summary>
    public long Of(int row) =>
        scratch.BoundMarks[row] == scratch.BoundEpoch + 1 ? scratch.BoundKeys[row]
        : IsComplete ? PathKey.None
        : scratch.BoundHeap.SmallestKey;

    private int Relax(int row, bool outgoing)
    {
        var looked = 0;
        var (edges, rows, key) = (graph.Edges, (uint)graph.Snapshot.AssociationRows, scratch.BoundKeys[row]);
        var blocks = graph.Snapshot.Adjacency.Blocks(row, outgoing);
        while (blocks.MoveNext())
        {
            looked += blocks.Entries.Length;
            foreach (var entry in blocks.Entries)
            {
                var association = Adjacency.BlockWalk.AssociationOf(entry);
                var other = Adjacency.BlockWalk.OtherOf(entry);
                if ((uint)association < rows && scratch.BoundMarks[other] != scratch.BoundEpoch + 1 && edges.Follows(association) && edges.Enters(other))
                {
                    Reach(other, PathKey.Prepend(PathKey.OfStep(weights.CostOf(association)), key));
                }
            }
        }

        return looked;
    }

    private void Reach(int row, long key)
    {
        if (scratch.BoundMarks[row] != scratch.BoundEpoch || key < scratch.BoundKeys[row])
        {
            scratch.BoundMarks[row] = scratch.BoundEpoch;
            scratch.BoundKeys[row] = key;
            scratch.BoundHeap.Push(key, 0, row);
        }
    }
}
