using Cairn.Query.Search;

namespace Cairn.Domain.Tests.Query.Search;

/// <summary>Compares what a search found with what it has to find.</summary>
internal static class RankingAssert
{
    private const double Rounding = 1e-9;

    /// <summary>The first of all that is to be found, the best first; rows whose scores differ by rounding alone may change places.</summary>
    public static void Same(IReadOnlyList<RankedRow> expected, IReadOnlyList<RankedRow> found, int limit)
    {
        var scores = expected.ToDictionary(static hit => hit.Row, static hit => hit.Score);
        Assert.Equal(Math.Min(limit, expected.Count), found.Count);
        for (var i = 0; i < found.Count; i++)
        {
            Assert.InRange(found[i].Score, expected[i].Score * (1 - Rounding), expected[i].Score * (1 + Rounding));
            Assert.InRange(scores[found[i].Row], found[i].Score * (1 - Rounding), found[i].Score * (1 + Rounding));
        }

        Assert.Equal(found.Count, found.DistinctBy(static hit => hit.Row).Count());
    }
}
