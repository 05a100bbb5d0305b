using Cairn.Query;
using Cairn.Snapshots;

namespace Cairn.Domain.Tests.Query;

public sealed class PathLimitTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<PathMode> Modes => [.. Enum.GetValues<PathMode>()];

    [Theory]
    [MemberData(nameof(Modes))]
    public void Run_WhenExpansionsRunOut_IsTruncated(PathMode mode)
    {
        var (snapshot, query) = Wide(5_000, mode);

        var result = (query with { MaxExpansions = 3 }).Run(snapshot, Token);

        Assert.True(result.Truncated);
        Assert.Empty(result.Paths);
        Assert.InRange(result.Expanded, 1, 3);
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public void Run_WhenExpansionsRunOutBetweenPaths_KeepsTheBest(PathMode mode)
    {
        var (snapshot, query) = Wide(50, mode);
        var whole = (query with { Limit = 30 }).Run(snapshot, Token);

        var result = (query with { Limit = 30, MaxExpansions = whole.Expanded / 2 }).Run(snapshot, Token);

        Assert.Equal((30, false, true), (whole.Paths.Count, whole.Truncated, result.Truncated));
        Assert.InRange(result.Paths.Count, 1, 29);
        Assert.Equal(whole.Paths.Take(result.Paths.Count).SelectMany(path => path.Concepts), result.Paths.SelectMany(path => path.Concepts));
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public void Run_WhenTheDeadlinePasses_IsTruncated(PathMode mode)
    {
        var (snapshot, query) = Wide(20_000, mode);
        var clock = new SteppingClock(() => { });

        var result = (query with { Deadline = Deadline.After(clock, TimeSpan.FromSeconds(2.5)) }).Run(snapshot, Token);

        Assert.True(result.Truncated);
        Assert.Empty(result.Paths);
        Assert.True(Deadline.After(clock, TimeSpan.Zero).HasPassed);
        Assert.False(Deadline.None.HasPassed);
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public void Run_WhenCancelledOnTheWay_Throws(PathMode mode)
    {
        var (snapshot, query) = Wide(20_000, mode);
        using var cancellation = new CancellationTokenSource();
        var looks = 0;
        var clock = new SteppingClock(() =>
        {
            if (++looks == 3)
            {
                cancellation.Cancel();
            }
        });

        Assert.Throws<OperationCanceledException>(() =>
            (query with { Deadline = Deadline.After(clock, TimeSpan.FromDays(1)) }).Run(snapshot, cancellation.Token));
        Assert.Equal(3, looks);
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public void Run_WhenMoreIsVisited_AllocatesNoMore(PathMode mode)
    {
        var (smallGraph, small) = Wide(500, mode);
        var (largeGraph, large) = Wide(50_000, mode);

        // The large one first: it leaves its working memory to both.
        var (largeBytes, largeExpanded) = Allocated(largeGraph, large);
        var (smallBytes, smallExpanded) = Allocated(smallGraph, small);

        Assert.InRange(largeExpanded, smallExpanded * 50, long.MaxValue);
        Assert.InRange(largeBytes, 0, smallBytes + 256);
    }

    /// <summary>Two hubs of many leaves each, and a leaf of the one tied to a leaf of the other by several chains.</summary>
    private static (Snapshot Snapshot, PathQuery Query) Wide(int leaves, PathMode mode)
    {
        var graph = new QueryGraph();
        graph.Associate(Enumerable.Range(0, leaves).SelectMany(i => new[] { ("from", $"a{i}"), ($"a{i}", $"b{i}"), ($"b{i}", $"c{i}") }));
        graph.Associate(Enumerable.Range(0, leaves).SelectMany(i => new[] { ($"e{i}", "to"), ($"d{i}", $"e{i}") }));
        graph.Associate(Enumerable.Range(0, Math.Min(leaves, 50)).Select(i => ($"c{i}", $"d{i}")));
        var snapshot = graph.Publish();
        return (snapshot, new() { From = snapshot.FindConcept("from"u8), To = snapshot.FindConcept("to"u8), Now = graph.Now, Mode = mode, MaxDepth = 8 });
    }

    private static (long Bytes, long Expanded) Allocated(Snapshot snapshot, PathQuery query)
    {
        var expanded = 0L;
        return (AllocatedBytes.Least(() => expanded = query.Run(snapshot, Token).Expanded), expanded);
    }

    /// <summary>A second passes at each look.</summary>
    private sealed class SteppingClock(Action look) : TimeProvider
    {
        private long _seconds;

        public override long TimestampFrequency => 1;

        public override long GetTimestamp()
        {
            look();
            return _seconds++;
        }
    }
}
