using Cairn.Diagnostics;
using Cairn.Embedded;
using Cairn.Infra.Tests.Local;
using Cairn.Primitives;
using Cairn.Reconciliation;

namespace Cairn.Infra.Tests.Embedded;

/// <summary>What happens to writes when the writer stands still and the limit is reached.</summary>
public sealed class OverflowTests : IDisposable
{
    private const int Limit = 10;
    private readonly TemporaryFolder _folder = new();
    private readonly HeldWriter _writer = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _writer.LetGo();
        _folder.Dispose();
    }

    [Fact]
    public async Task IngestAsync_WhenItRejects_RefusesTheNextAndCountsIt()
    {
        await using var memory = Open(OverflowPolicy.Reject);
        var (space, first) = await HoldAsync(memory);
        var taken = Enumerable.Range(1, Limit - 1).Select(i => IngestAsync(space, i)).Prepend(first).ToArray();

        var refused = await Assert.ThrowsAsync<CairnException>(() => IngestAsync(space, Limit));

        Assert.Equal((ErrorKind.Throttled, (long?)Limit), (refused.Kind, refused.Limit));
        Assert.Equal((1, 0, Limit), (space.GetStatistics().Throttled, space.GetStatistics().Dropped, space.GetStatistics().Pending));
        _writer.LetGo();
        await space.WaitForAsync((await Task.WhenAll(taken)).Max(), TimeSpan.FromSeconds(10), Cancelled);
        Assert.Equal(Limit, space.Read().ConceptCount);
    }

    [Fact]
    public async Task IngestAsync_WhenItWaits_GoesOnWhenThereIsRoom()
    {
        await using var memory = Open(OverflowPolicy.Wait);
        var (space, first) = await HoldAsync(memory);
        var all = Enumerable.Range(1, (3 * Limit) - 1).Select(i => IngestAsync(space, i)).Prepend(first).ToArray();
        using var impatient = new CancellationTokenSource();
        var cancelled = space.IngestAsync(space.NewCommit().Put(new() { Id = "never" }), impatient.Token);

        Assert.Equal(Limit, space.GetStatistics().Pending);
        Assert.DoesNotContain(all, ingest => ingest.IsCompleted);
        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await cancelled);
        _writer.LetGo();
        await space.WaitForAsync((await Task.WhenAll(all)).Max(), TimeSpan.FromSeconds(10), Cancelled);
        Assert.Equal(3 * Limit, space.Read().ConceptCount);
        Assert.Equal((0, 0), (space.GetStatistics().Throttled, space.GetStatistics().Dropped));
    }

    [Fact]
    public async Task IngestAsync_WhenItDropsTheOldest_KeepsTheNewestAndCountsTheRest()
    {
        const int Late = 25;
        await using var memory = Open(OverflowPolicy.DropOldest);
        var (space, first) = await HoldAsync(memory);
        var all = Enumerable.Range(1, Limit + Late - 1).Select(i => IngestAsync(space, i)).Prepend(first).ToArray();

        // The first is in the writer's hands already, so it is not among those that can go.
        Assert.Equal(Late, space.GetStatistics().Dropped);
        foreach (var dropped in all.Skip(1).Take(Late))
        {
            Assert.Equal(ErrorKind.Throttled, (await Assert.ThrowsAsync<CairnException>(() => dropped)).Kind);
        }

        _writer.LetGo();
        var kept = await Task.WhenAll(all.Where((_, i) => i is 0 or > Late));
        await space.WaitForAsync(kept.Max(), TimeSpan.FromSeconds(10), Cancelled);
        Assert.Equal(Limit, space.Read().ConceptCount);
        Assert.NotNull(space.Read().Find($"c-{Limit + Late - 1}"));
    }

    private EmbeddedMemory Open(OverflowPolicy overflow) => EmbeddedMemory.Open(
        _folder.Path,
        EmbeddedOptions.Default with { Engine = EngineOptions.Default with { MaxUnappliedOperations = Limit }, Overflow = overflow, ObserverOf = _ => _writer });

    // The writer takes the first write and stands still with it.
    private async Task<(EmbeddedSpace Space, Task<LogPosition> First)> HoldAsync(EmbeddedMemory memory)
    {
        var space = await memory.OpenSpaceAsync("demo", Cancelled);
        var first = IngestAsync(space, 0);
        await _writer.Held.WaitAsync(TimeSpan.FromSeconds(10), Cancelled);
        return (space, first);
    }

    private static Task<LogPosition> IngestAsync(EmbeddedSpace space, int i) =>
        space.IngestAsync(space.NewCommit().Put(new() { Id = $"c-{i}" }), Cancelled).AsTask();

    private sealed class HeldWriter : IEngineObserver
    {
        private readonly TaskCompletionSource _held = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Held => _held.Task;

        public void LetGo() => _open.TrySetResult();

        public void Reached(WriterStep step)
        {
            _held.TrySetResult();
            _open.Task.Wait();
        }
    }
}
