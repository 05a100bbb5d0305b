using Cairn.Primitives;
using Cairn.Reconciliation.Outcomes;

namespace Cairn.Domain.Tests.Reconciliation.Outcomes;

public sealed class CommitIdFilterTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(40)]
    [InlineData(5_000)]
    [InlineData(100_000)]
    public void MayHold_WhenKeysAreDigests_HoldsAllAndHardlyAnyOther(int count)
    {
        var entries = Keys(new Random(count), count);
        var filter = CommitIdFilter.Read([.. CommitIdFilter.Of(entries).Pages.Select(CommitIdFilter.ToBytes)]);

        Assert.All(entries, entry => Assert.True(filter.MayHold(entry.Key)));
        Assert.InRange(Keys(new Random(count + 1), 200_000).Count(entry => filter.MayHold(entry.Key)), 0, 40);
        Assert.InRange(filter.Bytes, 1, Math.Max(128, 4.2 * count));
    }

    [Fact]
    public void MayHold_WhenManyKeysAreMadeForOnePage_StillHoldsAll()
    {
        var random = new Random(1);
        var entries = Enumerable.Range(0, 40_000).Select(i => new CommitIdEntry(new((ulong)random.Next(), (ulong)random.NextInt64()), new(i + 1))).ToList();
        var filter = CommitIdFilter.Of(entries);

        Assert.True(filter.Pages.Count > 1);
        Assert.All(entries, entry => Assert.True(filter.MayHold(entry.Key)));
    }

    private static List<CommitIdEntry> Keys(Random random, int count)
    {
        var bytes = new byte[sizeof(long)];
        return [.. Enumerable.Range(0, count).Select(i =>
        {
            random.NextBytes(bytes);
            return new CommitIdEntry(CommitKey.OfGiven(bytes), new LogPosition(i + 1));
        })];
    }
}
