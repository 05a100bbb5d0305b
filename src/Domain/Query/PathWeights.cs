using Cairn.Indexes;
using Cairn.Primitives;
using Cairn.Snapshots;

namespace Cairn.Query;

/// <summary>What an association is worth on a path: its strength decayed to now × its confidence.</summary>
/// <remarks>
/// Products are compared by the sum of their factors' costs, −log2 in fixed point: whole numbers add up to the same in any order and
/// grouping, so that searches from either end agree on what is better and what is a tie. Over the longest path a sum is off by less
/// than one part in 10^10; strengths are float32 and know one in 10^7.
/// </remarks>
internal sealed class PathWeights(Snapshot snapshot, FilteredEdges edges, Direction direction, Timestamp now)
{
    private const int CostBits = 38;

    // More than the longest path of the smallest float32 factors above 0, so that a path without a 0 comes before any with one.
    private const long ZeroCost = 10_000L << CostBits;

    /// <summary>What a weight costs: 0 for 1, more for less, at most 2^52.</summary>
    public static long Cost(double weight) => weight switch
    {
        1 => 0,
        > 0 => (long)Math.Round(-Math.Log2(weight) * (1L << CostBits)),
        _ => ZeroCost,
    };

    /// <summary>0 to 1; exact, since both factors are float32.</summary>
    public double Of(int association)
    {
        var view = snapshot.Association(association);
        return (double)view.CurrentStrength(now) * view.Confidence;
    }

    /// <summary>What an association costs.</summary>
    public long CostOf(int association) => Cost(Of(association));

    /// <summary>The association of one step that is worth most; of several the outgoing one, then by type and key.</summary>
    /// <remarks>Looks at the end that has fewer associations, so that a hub on the path costs nothing.</remarks>
    public (int Association, double Weight) Best(int from, int to)
    {
        var (best, weight) = (-1, -1d);
        if (direction != Direction.In)
        {
            Choose(from, to, outgoing: true, ref best, ref weight);
        }

        if (direction != Direction.Out)
        {
            Choose(from, to, outgoing: false, ref best, ref weight);
        }

        Invariant.Require(best >= 0, "a step of a path has an association");
        return (best, weight);
    }

    private void Choose(int from, int to, bool outgoing, ref int best, ref double weight)
    {
        var bestOutgoing = best;
        var adjacency = snapshot.Adjacency;
        var (row, other, isOut) = adjacency.EstimateDegree(from, outgoing) <= adjacency.EstimateDegree(to, !outgoing)
            ? (from, to, outgoing)
            : (to, from, !outgoing);
        var blocks = adjacency.Blocks(row, isOut);
        while (blocks.MoveNext())
        {
            foreach (var entry in blocks.Entries)
            {
                var association = Adjacency.BlockWalk.AssociationOf(entry);
                if (Adjacency.BlockWalk.OtherOf(entry) == other && (uint)association < (uint)snapshot.AssociationRows && edges.Follows(association))
                {
                    Take(association, ref best, ref weight, bestOutgoing);
                }
            }
        }
    }

    private void Take(int association, ref int best, ref double weight, int bestOfOtherDirection)
    {
        var candidate = Of(association);
        if (candidate > weight || (candidate == weight && best != bestOfOtherDirection && IsBefore(association, best)))
        {
            (best, weight) = (association, candidate);
        }
    }

    private bool IsBefore(int association, int other)
    {
        var (a, b) = (snapshot.Association(association), snapshot.Association(other));
        var byType = a.TypeName.SequenceCompareTo(b.TypeName);
        return byType != 0 ? byType < 0 : a.Key.SequenceCompareTo(b.Key) < 0;
    }
}
