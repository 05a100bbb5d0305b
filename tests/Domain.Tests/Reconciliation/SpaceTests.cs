using System.Text;
using Cairn.Diagnostics;
using Cairn.Formats;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Reconciliation;
using Cairn.Storage;

namespace Cairn.Domain.Tests.Reconciliation;

public sealed class SpaceTests : IAsyncDisposable
{
    private static readonly SpaceName Demo = SpaceName.Parse("demo");
    private readonly MemorySpaceStore _store = new();
    private ulong _ids = 1;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task CommitAsync_WhenAnswered_IsVisible()
    {
        await using var catalog = Open();
        var (space, created) = await catalog.CreateAsync(Demo, Cancelled);
        Assert.True(created);

        var outcome = await space.CommitAsync(Put(space, "ada", "one"), Cancelled);

        Assert.Equal(OutcomeKind.Committed, outcome.Kind);
        Assert.True(space.Current.Position >= outcome.Position);
        Assert.Equal("one", Content(space, "ada"));
    }

    [Fact]
    public async Task OpenAsync_WhenReopened_HasEverythingAndRemembersIds()
    {
        CommitOutcome first;
        await using (var catalog = Open())
        {
            var (space, _) = await catalog.CreateAsync(Demo, Cancelled);
            first = await space.CommitAsync(Put(space, "ada", "one", "key-1"), Cancelled);
            await space.ConfigureAsync(settings => settings with { HalfLife = TimeSpan.FromDays(30) }, Cancelled);
            for (var i = 0; i < 100; i++)
            {
                await space.IngestAsync(Put(space, $"c{i}", "x"), Cancelled);
            }
        }

        await using var again = Open();
        var reopened = await again.FindAsync(Demo, Cancelled);
        Assert.NotNull(reopened);
        Assert.Equal(101, reopened.Current.ConceptCount);
        Assert.Equal(TimeSpan.FromDays(30), reopened.Current.Settings.HalfLife);
        var repeat = await reopened.CommitAsync(Put(reopened, "ada", "one", "key-1"), Cancelled);
        Assert.True(repeat.IsDuplicate);
        Assert.Equal(first.Position, repeat.Position);
        Assert.Equal(first.Position, reopened.FindCommit("key-1"u8)!.Position);
    }

    [Fact]
    public async Task CommitAsync_WhenTheWindowIsFull_ThrottlesWhatBringsAnIdAndForgetsNone()
    {
        await using var catalog = Open(EngineOptions.Default with { MaxRememberedCommits = 2 });
        var (space, _) = await catalog.CreateAsync(Demo, Cancelled);
        await space.CommitAsync(Put(space, "ada", "one", "key-1"), Cancelled);
        await space.CommitAsync(Put(space, "ada", "two", "key-2"), Cancelled);

        var refused = await Assert.ThrowsAsync<CairnException>(async () => await space.CommitAsync(Put(space, "ada", "three", "key-3"), Cancelled));

        Assert.Equal((ErrorKind.Throttled, 2L, 2L), (refused.Kind, refused.Limit, refused.Actual));
        Assert.True((await space.CommitAsync(Put(space, "ada", "one", "key-1"), Cancelled)).IsDuplicate);
        Assert.Equal(OutcomeKind.Committed, (await space.CommitAsync(Put(space, "ada", "four"), Cancelled)).Kind);
        Assert.Equal(1, space.GetStatistics().Throttled);
        Assert.NotNull(space.GetStatistics().LastThrottledAt);
    }

    [Fact]
    public async Task IngestAsync_WhenNobodyWaits_BecomesVisibleWithinTheInterval()
    {
        await using var catalog = Open();
        var (space, _) = await catalog.CreateAsync(Demo, Cancelled);

        var position = await space.IngestAsync(Put(space, "ada", "one"), Cancelled);
        await space.WaitForAsync(position, TimeSpan.FromSeconds(5), Cancelled);

        Assert.Equal("one", Content(space, "ada"));
        Assert.Equal(0, space.GetStatistics().Pending);
    }

    [Fact]
    public async Task DurableEnd_WhenIngested_CoversItAndIsReached()
    {
        await using (var catalog = Open())
        {
            var (space, _) = await catalog.CreateAsync(Demo, Cancelled);
            Assert.Equal(space.Current.Position, space.DurableEnd);

            var position = await space.IngestAsync(Put(space, "ada", "one"), Cancelled);

            Assert.True(space.DurableEnd >= position);
            await space.WaitForAsync(space.DurableEnd, TimeSpan.FromSeconds(5), Cancelled);
            Assert.Equal("one", Content(space, "ada"));
            Assert.Equal(TimeSpan.Zero, space.Lag);
        }

        await using var again = Open();
        var reopened = await again.FindAsync(Demo, Cancelled);
        Assert.Equal(reopened!.Current.Position, reopened.DurableEnd);
    }

    [Fact]
    public async Task WaitForCommitAsync_WhenItComesMeanwhile_TellsItsOutcome()
    {
        await using var catalog = Open();
        var (space, _) = await catalog.CreateAsync(Demo, Cancelled);

        var waiting = space.WaitForCommitAsync("key-1"u8.ToArray(), TimeSpan.FromSeconds(30), Cancelled).AsTask();
        await space.CommitAsync(Put(space, "bob", "other"), Cancelled);
        Assert.False(waiting.IsCompleted);
        var written = await space.CommitAsync(Put(space, "ada", "one", "key-1"), Cancelled);

        Assert.Equal(written.Position, (await waiting)!.Position);
        Assert.Equal(written.Position, (await space.WaitForCommitAsync("key-1"u8.ToArray(), TimeSpan.Zero, Cancelled))!.Position);
    }

    [Fact]
    public async Task WaitForCommitAsync_WhenItNeverComes_EndsWithNothing()
    {
        await using var catalog = Open();
        var (space, _) = await catalog.CreateAsync(Demo, Cancelled);

        Assert.Null(await space.WaitForCommitAsync("nowhere"u8.ToArray(), TimeSpan.FromMilliseconds(20), Cancelled));
        Assert.Null(await space.WaitForCommitAsync("nowhere"u8.ToArray(), TimeSpan.Zero, Cancelled));
    }

    [Fact]
    public async Task WaitForAsync_WhenPositionNeverComes_SaysNotYetVisible()
    {
        await using var catalog = Open();
        var (space, _) = await catalog.CreateAsync(Demo, Cancelled);

        var refused = await Assert.ThrowsAsync<CairnException>(
            async () => await space.WaitForAsync(LogPosition.Max, TimeSpan.FromMilliseconds(20), Cancelled));

        Assert.Equal("not-yet-visible", refused.Problem);
    }

    [Fact]
    public async Task CommitAsync_WhenManyAtOnce_AppliesEachOnce()
    {
        await using var catalog = Open();
        var (space, _) = await catalog.CreateAsync(Demo, Cancelled);
        await space.CommitAsync(Put(space, "counter", "x"), Cancelled);

        await Task.WhenAll(Enumerable.Range(0, 16).Select(writer => Task.Run(async () =>
        {
            for (var i = 0; i < 200; i++)
            {
                var outcome = await space.CommitAsync(Put(space, $"w{writer}-{i}", "x"), Cancelled);
                Assert.Equal(Effect.Created, outcome.Results[0].Effect);
            }
        })));

        Assert.Equal(3201, space.Current.ConceptCount);
        Assert.Equal(0, space.GetStatistics().Pending);
    }

    [Fact]
    public async Task DeleteAsync_WhenRecreated_IsEmpty()
    {
        await using var catalog = Open();
        var (space, _) = await catalog.CreateAsync(Demo, Cancelled);
        await space.CommitAsync(Put(space, "ada", "one"), Cancelled);

        Assert.True(await catalog.DeleteAsync(Demo, Cancelled));
        Assert.Null(await catalog.FindAsync(Demo, Cancelled));
        await Assert.ThrowsAsync<CairnException>(async () => await space.CommitAsync(Put(space, "ada", "one"), Cancelled));

        var (anew, created) = await catalog.CreateAsync(Demo, Cancelled);
        Assert.True(created);
        Assert.NotEqual(space.Record.Incarnation, anew.Record.Incarnation);
        Assert.Equal(0, anew.Current.ConceptCount);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _store.DisposeAsync();

    private static string Content(Space space, string id)
    {
        var snapshot = space.Current;
        return Encoding.UTF8.GetString(snapshot.Concept(snapshot.FindConcept(Encoding.UTF8.GetBytes(id))).Content);
    }

    private static EncodedCommit Put(Space space, string id, string content, string? commitId = null)
    {
        var writer = new CommitWriter(space.Record.Incarnation);
        writer.Begin(Encoding.ASCII.GetBytes(commitId ?? "made"), commitId is not null, Timestamp.From(DateTimeOffset.UtcNow));
        writer.Put(new Concept { Id = id, Content = content }, OnExists.Replace);
        return writer.Finish();
    }

    // The store is in memory and outlives the catalog, as files on a disk do.
    private SpaceCatalog Open(EngineOptions? options = null) => new(
        _store,
        options ?? EngineOptions.Default,
        _ => new(TimeProvider.System, () => Interlocked.Increment(ref _ids), SilentEngineObserver.Instance));
}
