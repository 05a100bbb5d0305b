using Cairn.Query.Search;

namespace Cairn.Domain.Tests.Query.Search;

public sealed class RankFusionTests
{
    [Fact]
    public void Fuse_WhenARowIsInBothRankings_StandsBeforeThoseOfOne()
    {
        var fused = RankFusion.Fuse(Hits(1, 2, 3), Hits(4, 3));

        Assert.Equal([3, 1, 4, 2], fused.Select(static hit => hit.Row));
        Assert.Equal((1d / 63) + (1d / 62), fused[0].Score, 1e-15);
    }

    [Fact]
    public void Fuse_WhenScoresAreEqual_KeepsTheOrderInWhichRowsCome() => Assert.Equal([7, 8], RankFusion.Fuse(Hits(7), Hits(8)).Select(static hit => hit.Row));

    [Fact]
    public void Fuse_WhenARankingIsEmpty_IsTheOther() => Assert.Equal([5, 6], RankFusion.Fuse(Hits(), Hits(5, 6)).Select(static hit => hit.Row));

    private static RankedRow[] Hits(params int[] rows) => [.. rows.Select(static row => new RankedRow(row, 0))];
}
