using Cairn.Model;

namespace Cairn.Domain.Tests.Query.Search;

/// <summary>The nearest vectors by comparing all of them, in float64.</summary>
internal static class NaiveVectors
{
    public static double Score(float[] query, float[] vector, VectorMetric metric)
    {
        var dot = query.Zip(vector, static (q, v) => (double)q * v).Sum();
        return metric switch
        {
            VectorMetric.Cosine => dot / Math.Sqrt(Squares(query)) / Math.Sqrt(Squares(vector)),
            VectorMetric.Dot => dot,
            _ => -Math.Sqrt(query.Zip(vector, static (q, v) => ((double)q - v) * ((double)q - v)).Sum()),
        };
    }

    /// <summary>Rows, the nearest first; of equal ones in byte order of the ids.</summary>
    public static int[] Nearest(IReadOnlyDictionary<int, float[]> vectors, float[] query, VectorMetric metric, int limit, Func<int, string> idOf, Func<int, bool> accepts) =>
        [.. vectors.Where(pair => accepts(pair.Key))
            .OrderByDescending(pair => Score(query, pair.Value, metric)).ThenBy(pair => idOf(pair.Key), StringComparer.Ordinal)
            .Take(limit).Select(static pair => pair.Key)];

    private static double Squares(float[] vector) => vector.Sum(static component => (double)component * component);
}
