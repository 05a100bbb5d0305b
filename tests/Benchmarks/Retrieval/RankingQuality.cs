namespace Cairn.Benchmarks.Retrieval;

/// <summary>How good the rankings of a collection's queries are, each averaged over the queries; dimensionless, 0 to 1.</summary>
/// <param name="AveragePrecision">MAP: the precision at each relevant document that was found, by the number of relevant ones.</param>
/// <param name="Gain">nDCG of the first ten: grade / log2(rank + 1), by what the best order would have.</param>
/// <param name="RecallAt10">The share of the relevant documents that are among the first ten.</param>
/// <param name="RecallAt50">The same for the first fifty.</param>
internal readonly record struct RankingQuality(double AveragePrecision, double Gain, double RecallAt10, double RecallAt50)
{
    private const int GainDepth = 10;

    /// <summary>Of all queries.</summary>
    /// <param name="rankings">The documents that were found for each query, the best first.</param>
    /// <param name="depth">How far rankings are looked at for the average precision.</param>
    public static RankingQuality Of(Rankings rankings, int depth) => new(
        rankings.OfQueries.Average(ranking => PrecisionOf(ranking.Query, ranking.Found, depth)),
        rankings.OfQueries.Average(static ranking => GainOf(ranking.Query, ranking.Found)),
        rankings.OfQueries.Average(static ranking => RecallOf(ranking.Query, ranking.Found, 10)),
        rankings.OfQueries.Average(static ranking => RecallOf(ranking.Query, ranking.Found, 50)));

    private static double PrecisionOf(JudgedQuery query, IReadOnlyList<string> found, int depth)
    {
        var (hits, sum) = (0, 0d);
        for (var rank = 1; rank <= Math.Min(depth, found.Count); rank++)
        {
            if (query.Grades.ContainsKey(found[rank - 1]))
            {
                sum += ++hits / (double)rank;
            }
        }

        return sum / query.Grades.Count;
    }

    private static double GainOf(JudgedQuery query, IReadOnlyList<string> found) =>
        Gains(found.Select(document => query.Grades.GetValueOrDefault(document))) / Gains(query.Grades.Values.OrderDescending());

    private static double Gains(IEnumerable<double> grades) => grades.Take(GainDepth).Select(static (grade, at) => grade / Math.Log2(at + 2)).Sum();

    private static double RecallOf(JudgedQuery query, IReadOnlyList<string> found, int depth) =>
        found.Take(depth).Count(query.Grades.ContainsKey) / (double)query.Grades.Count;
}
