namespace Cairn.Vectors;

/// <summary>What an index was when its clusters were found.</summary>
/// <param name="Vectors">How many there were.</param>
/// <param name="Imbalance">How unevenly they were divided; 1: evenly.</param>
internal readonly record struct Division(int Vectors, double Imbalance);

/// <summary>How an index is divided. Immutable; any thread.</summary>
/// <param name="Centroids">Of the clusters; null: there is one cluster, which is all there is.</param>
/// <param name="Plan">How many clusters a search looks into.</param>
/// <param name="Division">What was divided.</param>
internal sealed record Clustering(Centroids? Centroids, ProbePlan Plan, Division Division)
{
    /// <summary>One cluster.</summary>
    public static readonly Clustering Single = new(null, ProbePlan.All, new(0, 1));

    /// <summary>Clusters, 1 at least.</summary>
    public int Count => Centroids?.Count ?? 1;

    /// <summary>The cluster that a vector in int8 belongs to.</summary>
    public int ClusterOf(ReadOnlySpan<sbyte> codes, float scale) => Centroids?.Nearest(codes, scale) ?? 0;

    /// <summary>How much speaks for looking into each cluster. Keys: shape [<see cref="Count"/>], overwritten.</summary>
    public void Rank(EncodedQuery query, Span<float> keys)
    {
        if (Centroids is null)
        {
            keys[0] = 0;
        }
        else
        {
            Centroids.Rank(query, keys);
        }
    }
}
