namespace Cairn.Vectors;

/// <summary>
/// How many clusters, the nearest first, hold the nearest vectors in all but a few cases: measured on vectors of the index itself. Immutable; any thread.
/// </summary>
/// <param name="depths">How many nearest vectors are meant, ascending, at least 1.</param>
/// <param name="probes">Clusters for each depth.</param>
internal sealed class ProbePlan(int[] depths, int[] probes)
{
    /// <summary>Every cluster.</summary>
    public static readonly ProbePlan All = new([], []);

    /// <summary>How many nearest vectors are meant, ascending.</summary>
    public ReadOnlySpan<int> Depths => depths;

    /// <summary>Clusters for each depth.</summary>
    public ReadOnlySpan<int> Counts => probes;

    /// <summary>Clusters to look into for so many nearest vectors: those of the next depth that was measured, beyond the last in proportion.</summary>
    public double Probes(double depth)
    {
        if (depths.Length == 0)
        {
            return double.PositiveInfinity;
        }

        var next = Array.FindIndex(depths, some => some >= depth);
        return next < 0 ? probes[^1] * depth / depths[^1] : probes[next];
    }
}
