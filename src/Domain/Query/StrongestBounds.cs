using Cairn.Indexes;
using Cairn.Snapshots;

namespace Cairn.Query;

/// <summary>
/// The least that a path from a row to the end can cost within a number of associations, by label setting from the end, as far as it was
/// asked to go: exact for what it settled, for all else the key of the next label. Rows to avoid are left out of account: they can only
/// make a path dearer. Ways that are too long together with the distance from the start are left out; no path within the limit needs them.
/// </summary>
internal sealed class StrongestBounds<TEdges>(PathGraph<TEdges> graph, PathWeights weights, SearchLimits limits, HopBall<TEdges> fromStart, int maxLength)
    where TEdges : struct, IEdgePolicy
{
    private const int Settled = 0;
    private const int Open = 1;
    private readonly LabelSet _labels = graph.Scratch.Strongest.Bounds;

    /// <summary>Labels settled so far.</summary>
    public int Count { get; private set; }

    /// <summary>Nothing is left to settle.</summary>
    public bool IsComplete => _labels.Heap.Count == 0;

    /// <summary>Begins at the end.</summary>
    public void Start(int end)
    {
        _labels.Begin();
        _labels.Add(0, end, Open, 0);
        Count = 0;
    }

    /// <summary>Goes on until that many labels are settled; false: a limit was reached first.</summary>
    public bool TrySettle(int count)
    {
        while (Count < count && !IsComplete)
        {
            var number = _labels.Heap.Pop();
            var (key, row, _, _) = _labels[number];
            if (_labels.FindDominating(row, key, butNot: number) != LabelSet.None)
            {
                continue;
            }

            _labels[number].Parent = Settled;
            Count++;
            if (PathKey.Length(key) < maxLength && !limits.TryExpand(Relax(row, key)))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The least key of a path from a row to the end with at most that many associations; <see cref="PathKey.None"/>: there is no path.</summary>
    public long Of(int row, int length)
    {
        var least = PathKey.None;
        for (var number = _labels.First(row); number != LabelSet.None; number = _labels[number].Next)
        {
            ref var label = ref _labels[number];
            if (label.Parent == Settled && label.Key < least && PathKey.Length(label.Key) <= length)
            {
                least = label.Key;
            }
        }

        return least == PathKey.None && !IsComplete ? _labels.Heap.SmallestKey : least;
    }

    private int Relax(int row, long key) =>
        (graph.Backwards != Direction.In ? Relax(row, key, outgoing: true) : 0)
        + (graph.Backwards != Direction.Out ? Relax(row, key, outgoing: false) : 0);

    private int Relax(int row, long key, bool outgoing)
    {
        var looked = 0;
        var (edges, rows) = (graph.Edges, (uint)graph.Snapshot.AssociationRows);
        var blocks = graph.Snapshot.Adjacency.Blocks(row, outgoing);
        while (blocks.MoveNext())
        {
            looked += blocks.Entries.Length;
            foreach (var entry in blocks.Entries)
            {
                var association = Adjacency.BlockWalk.AssociationOf(entry);
                var other = Adjacency.BlockWalk.OtherOf(entry);
                if ((uint)association < rows && edges.Follows(association) && edges.Enters(other))
                {
                    Reach(other, key + PathKey.OfStep(weights.CostOf(association)));
                }
            }
        }

        return looked;
    }

    private void Reach(int row, long key)
    {
        if (PathKey.Length(key) + fromStart.AtLeast(row) <= maxLength && _labels.FindDominating(row, key) == LabelSet.None)
        {
            _labels.Add(key, row, Open, key);
        }
    }
}
