using Cairn.Domain.Tests;
using Cairn.Functions.Problems;
using Cairn.Functions.Queries;
using Cairn.Functions.Tests.Serving;
using Cairn.Primitives;
using Cairn.Query;

namespace Cairn.Functions.Tests.Queries;

/// <summary>Who runs when. Scans are made by hand: what happens in their slices drives the clock and brings further scans.</summary>
public sealed class ScanQueueTests
{
    private static readonly SpaceName Red = SpaceName.Parse("red"), Blue = SpaceName.Parse("blue");

    private readonly ManualTime _time = new();
    private readonly List<string> _trace = [];

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Run_WhenTheFirstSliceIsAll_EndsAtOnceWithoutAllocation()
    {
        var queue = QueueOf(1);
        var scan = new HandMade(_ => false);
        Assert.Equal(1, await queue.RunAsync(Red, scan, queue.NewDeadline(), Cancelled));
        var before = GC.GetAllocatedBytesForCurrentThread();

        var result = queue.RunAsync(Red, scan, queue.NewDeadline(), Cancelled);

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.True(result.IsCompletedSuccessfully);
    }

    [Fact]
    public async Task Run_WhenItNeverEnds_IsATimeoutWithTheWorkDone()
    {
        var queue = QueueOf(1);
        var scan = new HandMade(_ => Pass(1000));

        var problem = (await Assert.ThrowsAsync<ProblemException>(() => RunAsync(queue, Red, scan))).Problem;

        Assert.Equal((ProblemKinds.Timeout, 503, 10L), (problem.Kind, problem.Status, problem.RowsVisited!.Value));
        Assert.Equal(1, await RunAsync(queue, Red, new HandMade(_ => false)));
    }

    [Fact]
    public async Task Run_WhenOthersWait_GivesWayAfterATurnAndComesAgainBehindThem()
    {
        var queue = QueueOf(1);
        var tasks = new List<Task>();
        tasks.Add(RunAsync(queue, Red, new HandMade(slice =>
        {
            if (slice == 1)
            {
                tasks.Add(RunAsync(queue, Red, Traced("b", slices: 4)));
                tasks.Add(RunAsync(queue, Blue, Traced("c", slices: 1)));
            }

            return Traced("a", slices: 6).Step(slice);
        })));

        await Task.WhenAll(tasks);

        // 6 ms a slice: a turn ends after two; the very first slice comes before the clock. The spaces take turns.
        Assert.Equal("a a a b b c a a b b a", string.Join(' ', _trace));
    }

    [Fact]
    public async Task Run_WhenTwoSpacesWait_ServesThemInTurn()
    {
        var queue = QueueOf(1);
        var tasks = new List<Task>();
        await WhileTakenAsync(queue, () =>
        {
            tasks.AddRange([.. new[] { "r1", "r2", "r3" }.Select(name => RunAsync(queue, Red, Traced(name, slices: 1)))]);
            tasks.AddRange([.. new[] { "b1", "b2" }.Select(name => RunAsync(queue, Blue, Traced(name, slices: 1)))]);
        });

        await Task.WhenAll(tasks);

        Assert.Equal("r1 b1 r2 b2 r3", string.Join(' ', _trace));
    }

    [Fact]
    public async Task Run_WhenManyHaveBegunAndWait_KeepsItsPlaceToTheEnd()
    {
        var queue = QueueOf(1);
        var tasks = new List<Task>();
        await WhileTakenAsync(queue, () => tasks.AddRange(
            [.. Enumerable.Range(0, ScanQueue.MaxPaused + 2).Select(i => RunAsync(queue, Red, Traced($"q{i}", slices: 3)))]));

        await Task.WhenAll(tasks);

        // Each gives way after two slices until as many wait as may; those behind go to their end, and then the first come again.
        var last = ScanQueue.MaxPaused + 1;
        string[] begun = [.. Enumerable.Range(0, ScanQueue.MaxPaused).SelectMany(i => new[] { $"q{i}", $"q{i}" })];
        string[] whole = [.. new[] { last - 1, last }.SelectMany(i => new[] { $"q{i}", $"q{i}", $"q{i}" })];
        Assert.Equal([.. begun, .. whole, .. Enumerable.Range(0, ScanQueue.MaxPaused).Select(i => $"q{i}")], _trace);
    }

    [Fact]
    public async Task Run_WhenAloneForLong_KeepsItsPlace()
    {
        var queue = QueueOf(1);

        Assert.Equal(100, await RunAsync(queue, Red, Traced("a", slices: 100)));
    }

    [Fact]
    public async Task Waiting_WhenTheTimeIsOver_IsATimeoutAndNotInLineAnyMore()
    {
        var queue = QueueOf(1);
        await WhileTakenAsync(queue, async () =>
        {
            var waiting = RunAsync(queue, Red, Traced("a", slices: 1));
            Assert.Equal(1, queue.Waiting);

            _time.Advance(TimeSpan.FromSeconds(10));

            var problem = (await Assert.ThrowsAsync<ProblemException>(() => waiting)).Problem;
            Assert.Equal((ProblemKinds.Timeout, 0L), (problem.Kind, problem.RowsVisited!.Value));
            Assert.Equal(0, queue.Waiting);
        });

        Assert.Empty(_trace);
    }

    [Fact]
    public async Task Waiting_WhenTheClientGoes_LeavesTheLine()
    {
        var queue = QueueOf(1);
        using var client = new CancellationTokenSource();
        await WhileTakenAsync(queue, async () =>
        {
            var waiting = RunAsync(queue, Red, Traced("a", slices: 1), client.Token);
            await client.CancelAsync();

            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
            Assert.Equal(0, queue.Waiting);
        });
    }

    [Fact]
    public async Task Run_WhenTheClientGoes_EndsBetweenTwoSlicesAndFreesThePlace()
    {
        var queue = QueueOf(1);
        using var client = new CancellationTokenSource();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => RunAsync(
            queue,
            Red,
            new HandMade(slice =>
            {
                if (slice == 3)
                {
                    client.Cancel();
                }

                return slice <= 3 ? true : throw new InvalidOperationException("it went on");
            }),
            client.Token));

        Assert.Equal(1, await RunAsync(queue, Red, new HandMade(_ => false)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Run_WhenTheScanFails_FreesThePlace(int failing)
    {
        var queue = QueueOf(1);

        await Assert.ThrowsAsync<InvalidOperationException>(() =>
            RunAsync(queue, Red, new HandMade(slice => slice < failing ? true : throw new InvalidOperationException("broken"))));

        Assert.Equal(1, await RunAsync(queue, Red, new HandMade(_ => false)));
    }

    [Fact]
    public async Task Waiting_WhenTheLineIsFull_RefusesTheNext()
    {
        var queue = QueueOf(1);
        var tasks = new List<Task<int>>();
        await WhileTakenAsync(queue, async () =>
        {
            tasks.AddRange(Enumerable.Range(0, ScanQueue.MaxWaiting).Select(_ => RunAsync(queue, Red, new HandMade(_ => false))));

            var problem = (await Assert.ThrowsAsync<ProblemException>(() => RunAsync(queue, Blue, new HandMade(_ => false)))).Problem;
            Assert.Equal((ProblemKinds.Throttled, 1024L, 1), (problem.Kind, problem.Limit!.Value, problem.RetryAfterSeconds!.Value));
        });

        Assert.All(await Task.WhenAll(tasks), slices => Assert.Equal(1, slices));
    }

    [Fact]
    public async Task Run_WhenManyComeAtOnce_KeepsToItsPlaces()
    {
        var queue = QueueOf(3);
        var (running, most) = (0, 0);
        await Task.WhenAll(Enumerable.Range(0, 64).Select(number => Task.Run(
            () => RunAsync(queue, number % 2 == 0 ? Red : Blue, new HandMade(slice =>
            {
                InterlockedMax(ref most, Interlocked.Increment(ref running));
                Pass(6);
                Interlocked.Decrement(ref running);
                return slice < 20;
            })),
            Cancelled)));

        Assert.InRange(most, 1, 3);
        Assert.Equal(0, queue.Waiting);
    }

    private ScanQueue QueueOf(int places) => new(_time, TimeSpan.FromSeconds(10), places);

    private static Task<int> RunAsync(ScanQueue queue, SpaceName space, HandMade scan, CancellationToken? aborted = null) =>
        queue.RunAsync(space, scan, queue.NewDeadline(), aborted ?? Cancelled).AsTask();

    private static async Task WhileTakenAsync(ScanQueue queue, Func<Task> act)
    {
        using var place = await queue.EnterAsync(Red, queue.NewDeadline(), Cancelled);
        await act();
    }

    private static Task WhileTakenAsync(ScanQueue queue, Action act) => WhileTakenAsync(queue, () =>
    {
        act();
        return Task.CompletedTask;
    });

    private bool Pass(int milliseconds)
    {
        _time.Advance(TimeSpan.FromMilliseconds(milliseconds));
        return true;
    }

    private HandMade Traced(string name, int slices) => new(slice =>
    {
        _trace.Add(name);
        Pass(6);
        return slice < slices;
    });

    private static void InterlockedMax(ref int most, int value)
    {
        for (var seen = Volatile.Read(ref most); seen < value; seen = Volatile.Read(ref most))
        {
            Interlocked.CompareExchange(ref most, value, seen);
        }
    }

    /// <summary>Each slice is a row; the answer is how many there were.</summary>
    private sealed class HandMade(Func<int, bool> step) : Scan<int>
    {
        private int _slices;

        public override int Result => _slices;

        public override bool Step()
        {
            RowsVisited++;
            return step(++_slices);
        }

        public bool Step(int slice) => step(slice);
    }
}
