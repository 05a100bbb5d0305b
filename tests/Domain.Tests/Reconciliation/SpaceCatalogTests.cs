using System.Text;
using Cairn.Diagnostics;
using Cairn.Formats;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Reconciliation;
using Cairn.Storage;

namespace Cairn.Domain.Tests.Reconciliation;

public sealed class SpaceCatalogTests : IAsyncDisposable
{
    private static readonly SpaceName Demo = SpaceName.Parse("demo");
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private readonly SlowDeletion _store = new();
    private ulong _ids = 1;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task FindAsync_WhenTheSpaceIsBeingDeleted_WaitsAndFindsNone()
    {
        await using var catalog = Open();
        await catalog.CreateAsync(Demo, Cancelled);
        var deleted = catalog.DeleteAsync(Demo, Cancelled).AsTask();
        await _store.Reached.WaitAsync(Patience, Cancelled);

        var found = catalog.FindAsync(Demo, Cancelled).AsTask();
        _store.Finish();

        Assert.Null(await found.WaitAsync(Patience, Cancelled));
        Assert.True(await deleted);
        var (anew, created) = await catalog.CreateAsync(Demo, Cancelled);
        Assert.True(created);
        Assert.Equal(OutcomeKind.Committed, (await CommitAsync(anew)).Kind);
    }

    [Fact]
    public async Task FindAsync_WhenADeletionFails_FailsWithItAndFindsTheSpaceAgain()
    {
        await using var catalog = Open();
        await catalog.CreateAsync(Demo, Cancelled);
        var deleted = catalog.DeleteAsync(Demo, Cancelled).AsTask();
        await _store.Reached.WaitAsync(Patience, Cancelled);

        var found = catalog.FindAsync(Demo, Cancelled).AsTask();
        _store.Fail(new CairnException(ErrorKind.Unavailable, "the disk says no"));

        Assert.Equal(ErrorKind.Unavailable, (await Assert.ThrowsAsync<CairnException>(() => deleted)).Kind);
        Assert.Equal(ErrorKind.Unavailable, (await Assert.ThrowsAsync<CairnException>(() => found.WaitAsync(Patience, Cancelled))).Kind);
        Assert.NotNull(await catalog.FindAsync(Demo, Cancelled));
    }

    [Fact]
    public async Task Commit_WhenADeletionEndedBehindTheSeal_IsRefusedAlsoBehindACheckpoint()
    {
        var catalog = Open();
        await CommitAsync((await catalog.CreateAsync(Demo, Cancelled)).Space);
        var deleted = catalog.DeleteAsync(Demo, Cancelled).AsTask();
        _store.Fail(new CairnException(ErrorKind.Unavailable, "the disk says no"));
        await Assert.ThrowsAsync<CairnException>(() => deleted);

        await (await catalog.FindAsync(Demo, Cancelled))!.CheckpointAsync(Cancelled);

        var again = (await Open().FindAsync(Demo, Cancelled))!;
        Assert.Equal(ErrorKind.NotFound, (await Assert.ThrowsAsync<CairnException>(() => CommitAsync(again))).Kind);
    }

    [Fact]
    public async Task DeleteAsync_WhenTheCallerGoesAwayAfterTheSeal_IsFinished()
    {
        using var caller = new CancellationTokenSource();
        await using var catalog = Open();
        await catalog.CreateAsync(Demo, Cancelled);
        var deleted = catalog.DeleteAsync(Demo, caller.Token).AsTask();
        await _store.Reached.WaitAsync(Patience, Cancelled);

        await caller.CancelAsync();
        _store.Finish();

        Assert.True(await deleted);
        Assert.Null(await catalog.FindAsync(Demo, Cancelled));
    }

    [Fact]
    public async Task CreateAsync_WhenSomebodyHasJustFoundNothing_GivesTheSpace()
    {
        var told = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var catalog = Open();
        _store.Found = told.Task;
        var found = catalog.FindAsync(Demo, Cancelled).AsTask();
        _store.Found = Task.CompletedTask;

        var created = catalog.CreateAsync(Demo, Cancelled).AsTask();
        told.SetResult();

        Assert.Null(await found);
        Assert.True((await created).Created);
    }

    [Fact]
    public async Task DisposeAsync_WhenASpaceIsBeingDeleted_WaitsForIt()
    {
        var catalog = Open();
        await catalog.CreateAsync(Demo, Cancelled);
        var deleted = catalog.DeleteAsync(Demo, Cancelled).AsTask();
        await _store.Reached.WaitAsync(Patience, Cancelled);

        var closed = catalog.DisposeAsync().AsTask();
        _store.Finish();
        await closed.WaitAsync(Patience, Cancelled);

        Assert.True(deleted.IsCompletedSuccessfully);
        Assert.True(_store.IsClosed);
    }

    [Fact]
    public async Task Calls_WhenTheCatalogIsClosed_AreUnavailable()
    {
        var catalog = Open();
        await catalog.CreateAsync(Demo, Cancelled);
        await catalog.DisposeAsync();
        await catalog.DisposeAsync();

        Assert.Equal(ErrorKind.Unavailable, (await Assert.ThrowsAsync<CairnException>(async () => await catalog.FindAsync(Demo, Cancelled))).Kind);
        Assert.Equal(ErrorKind.Unavailable, (await Assert.ThrowsAsync<CairnException>(async () => await catalog.CreateAsync(Demo, Cancelled))).Kind);
        Assert.Equal(ErrorKind.Unavailable, (await Assert.ThrowsAsync<CairnException>(async () => await catalog.DeleteAsync(Demo, Cancelled))).Kind);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _store.DisposeAsync();

    private static async Task<CommitOutcome> CommitAsync(Space space)
    {
        var writer = new CommitWriter(space.Record.Incarnation);
        writer.Begin(Encoding.ASCII.GetBytes("made"), givenByCaller: false, space.Now());
        writer.Put(new Concept { Id = "ada" }, OnExists.Replace);
        return await space.CommitAsync(writer.Finish(), Cancelled);
    }

    private SpaceCatalog Open() => new(
        _store,
        EngineOptions.Default,
        _ => new(TimeProvider.System, () => Interlocked.Increment(ref _ids), SilentEngineObserver.Instance));

    /// <summary>A store whose deletions take until they are told to end.</summary>
    private sealed class SlowDeletion : ISpaceStore
    {
        private readonly MemorySpaceStore _inner = new();
        private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _end = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Reached => _reached.Task;

        public bool IsClosed { get; private set; }

        public void Finish() => _end.SetResult();

        public void Fail(Exception failure) => _end.SetException(failure);

        public async ValueTask<bool> DeleteAsync(SpaceRecord space, CancellationToken cancellationToken)
        {
            _reached.TrySetResult();
            await _end.Task;
            return await _inner.DeleteAsync(space, cancellationToken);
        }

        /// <summary>Who looks for a space has seen whether it is there, and hears of it when this ends.</summary>
        public Task Found { get; set; } = Task.CompletedTask;

        public async ValueTask<SpaceRecord?> FindAsync(SpaceName name, CancellationToken cancellationToken)
        {
            var (found, told) = (await _inner.FindAsync(name, cancellationToken), Found);
            await told;
            return found;
        }

        public ValueTask<IReadOnlyList<SpaceRecord>> ListAsync(CancellationToken cancellationToken) => _inner.ListAsync(cancellationToken);

        public ValueTask<(SpaceRecord Record, bool Created)> CreateAsync(SpaceRecord wanted, CancellationToken cancellationToken) =>
            _inner.CreateAsync(wanted, cancellationToken);

        public ILogStore OpenLog(SpaceRecord space) => _inner.OpenLog(space);

        /// <inheritdoc/>
        public IBlobStore OpenBlobs(SpaceRecord space) => _inner.OpenBlobs(space);

        public ValueTask DisposeAsync()
        {
            IsClosed = true;
            return _inner.DisposeAsync();
        }
    }
}
