using Cairn.Domain.Tests;
using Cairn.Functions.Queries;
using Cairn.Functions.Tests.Serving;
using Cairn.Primitives;
using Cairn.Query;

namespace Cairn.Functions.Tests.Queries;

/// <summary>What the pool may have at once belongs to the process: these tests run alone.</summary>
[Collection(nameof(LentThreadsTests))]
[CollectionDefinition(nameof(LentThreadsTests), DisableParallelization = true)]
public sealed class LentThreadsTests
{
    private static readonly SpaceName Space = SpaceName.Parse("red");

    private readonly ScanQueue _queue = new(new ManualTime(), TimeSpan.FromSeconds(10), places: 2);
    private readonly int _atRest = LeastWorkers();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Scan_WhenItGoesOnBehindItsFirstSlice_LendsAThreadUntilItsEnd()
    {
        var seen = new List<int>();

        await _queue.RunAsync(Space, new Watching(seen, failsAt: 0), _queue.NewDeadline(), Cancelled);

        Assert.Equal([_atRest, _atRest + 1, _atRest + 1], seen);
        Assert.Equal(_atRest, LeastWorkers());
    }

    [Fact]
    public async Task Scan_WhenItFails_ReturnsTheThread()
    {
        await Assert.ThrowsAsync<InvalidOperationException>(
            async () => await _queue.RunAsync(Space, new Watching([], failsAt: 2), _queue.NewDeadline(), Cancelled));

        Assert.Equal(_atRest, LeastWorkers());
    }

    [Fact]
    public async Task Enter_UntilItIsDisposed_LendsAThread()
    {
        using (await _queue.EnterAsync(Space, _queue.NewDeadline(), Cancelled))
        using (await _queue.EnterAsync(Space, _queue.NewDeadline(), Cancelled))
        {
            Assert.Equal(_atRest + 2, LeastWorkers());
        }

        Assert.Equal(_atRest, LeastWorkers());
    }

    private static int LeastWorkers()
    {
        ThreadPool.GetMinThreads(out var workers, out _);
        return workers;
    }

    private sealed class Watching(List<int> seen, int failsAt) : Scan<int>
    {
        private int _slices;

        public override int Result => _slices;

        public override bool Step()
        {
            seen.Add(LeastWorkers());
            return ++_slices == failsAt ? throw new InvalidOperationException("as asked") : _slices < 3;
        }
    }
}
