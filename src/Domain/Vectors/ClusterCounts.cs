namespace Cairn.Vectors;

/// <summary>When an index is divided, and into how many clusters. Immutable.</summary>
/// <param name="MinVectors">With fewer a search looks at all of them: that takes less time than what it would be divided for.</param>
/// <param name="Factor">Clusters by the square root of the number of vectors.</param>
internal sealed record ClusterCounts(int MinVectors, double Factor)
{
    /// <summary>Samples to train each cluster with.</summary>
    public const int SamplesPerCluster = 48;

    /// <summary>As measured, see ADR 0033.</summary>
    public static readonly ClusterCounts Default = new(20_000, 2);

    /// <summary>Clusters for so many vectors; 1: they are not divided.</summary>
    public int For(int vectors) => vectors < MinVectors ? 1 : (int)Math.Ceiling(Factor * Math.Sqrt(vectors));
}
