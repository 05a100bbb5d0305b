using System.Collections.Concurrent;
using System.Text;
using Cairn.Diagnostics;
using Cairn.Domain.Tests.Concurrency;
using Cairn.Domain.Tests.Log;
using Cairn.Formats;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Reconciliation;
using Cairn.Storage;

namespace Cairn.Domain.Tests.Reconciliation;

/// <summary>Spaces that nobody uses are closed, and nobody notices.</summary>
public sealed class IdleSpacesTests : IAsyncDisposable
{
    private const int Writers = 6, Bursts = 20, CommitsPerBurst = 10;
    private static readonly SpaceName Small = SpaceName.Parse("small"), Large = SpaceName.Parse("large"), Huge = SpaceName.Parse("huge");
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    // The loop's own looks would come in between.
    private static readonly CatalogOptions ByHand = new() { MemoryBytes = 0, LookInterval = TimeSpan.FromDays(1), VisitInterval = Timeout.InfiniteTimeSpan };

    private readonly SingleLogStore _store = new();
    private readonly SettableTime _time = new();
    private readonly ConcurrentDictionary<SpaceName, int> _closings = new();
    private long _ids;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    [Fact]
    public async Task LookAsync_WhenTheBudgetIsPassed_ClosesTheLargestIdleSpacesUntilTheOthersFit()
    {
        var sizes = new Dictionary<SpaceName, long>();
        await using (var measured = Open(CatalogOptions.KeepsAll))
        {
            foreach (var (name, count) in new[] { (Small, 1), (Large, 500), (Huge, 3_000) })
            {
                await FillAsync(measured, name, count);
                sizes[name] = (await measured.FindAsync(name, Cancelled))!.GetStatistics().MemoryBytes;
            }
        }

        await using var catalog = Open(ByHand with { MemoryBytes = sizes[Small] + sizes[Large] + (sizes[Huge] / 2) });
        foreach (var name in sizes.Keys)
        {
            await catalog.FindAsync(name, Cancelled);
        }

        await LookAfterAsync(catalog, TimeSpan.Zero);
        Assert.Equal(3, catalog.Open.Count());
        await LookAfterAsync(catalog, TimeSpan.FromSeconds(29));
        Assert.Equal(3, catalog.Open.Count());
        await LookAfterAsync(catalog, TimeSpan.FromSeconds(1));

        Assert.Equal([Large, Small], catalog.Open.Select(space => space.Record.Name).OrderBy(name => name.ToString()));
        Assert.Equal(1, catalog.GetStatistics().Evictions);
        Assert.InRange(catalog.GetStatistics().MemoryBytes, 1, sizes[Small] + sizes[Large] + (sizes[Huge] / 2));
    }

    [Fact]
    public async Task LookAsync_WhenASpaceWasUsedSince_LeavesItOpen()
    {
        await using var catalog = Open(ByHand);
        await FillAsync(catalog, Small, 1);
        await LookAfterAsync(catalog, TimeSpan.Zero);

        await LookAfterAsync(catalog, TimeSpan.FromSeconds(20));
        await catalog.FindAsync(Small, Cancelled);
        await LookAfterAsync(catalog, TimeSpan.FromSeconds(20));
        Assert.Single(catalog.Open);

        await LookAfterAsync(catalog, TimeSpan.FromSeconds(30));
        Assert.Empty(catalog.Open);
    }

    [Fact]
    public async Task LookAsync_WhenASpaceIsHeldOrFollowed_LeavesItOpenHoweverLong()
    {
        await using var catalog = Open(ByHand with { MaxIdle = TimeSpan.FromMinutes(1) });
        await FillAsync(catalog, Small, 1);
        await FillAsync(catalog, Large, 1);
        var held = await catalog.HoldAsync(Small, Cancelled);
        var followed = (await catalog.FindAsync(Large, Cancelled))!.ReadChanges(LogPosition.Zero);

        for (var look = 0; look < 3; look++)
        {
            await LookAfterAsync(catalog, TimeSpan.FromHours(1));
        }

        Assert.Equal(2, catalog.Open.Count());
        held!.Release();
        followed.Dispose();
        await LookAfterAsync(catalog, TimeSpan.Zero);
        await LookAfterAsync(catalog, TimeSpan.FromHours(1));
        Assert.Empty(catalog.Open);
    }

    [Fact]
    public async Task LookAsync_WhenASpaceIsIdleForLong_ClosesItWithinTheBudgetToo()
    {
        await using var catalog = Open(ByHand with { MemoryBytes = long.MaxValue });
        await FillAsync(catalog, Small, 1);
        await LookAfterAsync(catalog, TimeSpan.Zero);

        await LookAfterAsync(catalog, TimeSpan.FromMinutes(14));
        Assert.Single(catalog.Open);
        await LookAfterAsync(catalog, TimeSpan.FromMinutes(1));
        Assert.Empty(catalog.Open);
        Assert.Equal(1, (await catalog.FindAsync(Small, Cancelled))!.Current.ConceptCount);
    }

    [Fact]
    public async Task HoldAsync_WhenTheSpaceIsBeingClosed_WaitsAndOpensItAgain()
    {
        await using var catalog = Open(ByHand);
        var (closing, look) = await BeginClosingAsync(catalog);

        var held = catalog.HoldAsync(Small, Cancelled).AsTask();
        var created = catalog.HoldOrCreateAsync(Small, Cancelled).AsTask();
        Assert.False(held.IsCompleted || created.IsCompleted);
        closing.Finish();
        await look;

        var space = await held.WaitAsync(Patience, Cancelled);
        Assert.Equal(5, space!.Current.ConceptCount);
        Assert.Equal((space, false), await created.WaitAsync(Patience, Cancelled));
    }

    [Fact]
    public async Task FindClosedAsync_OfASpaceThatWasClosed_TellsHowFarItHadCome()
    {
        await using var catalog = Open(ByHand);
        Assert.Null(await catalog.FindClosedAsync(Small, Cancelled));
        var (closing, look) = await BeginClosingAsync(catalog);
        Assert.Null(catalog.TryHold(Small));
        Assert.Null(await catalog.FindClosedAsync(Small, Cancelled));
        closing.Finish();
        await look;

        var (record, left) = (await catalog.FindClosedAsync(Small, Cancelled))!.Value;
        Assert.Null(catalog.TryHold(Small));
        var space = (await catalog.HoldAsync(Small, Cancelled))!;

        // Who opens a log may write behind its last commit.
        var last = Enumerable.Range(0, space.Current.ConceptRows).Max(row => space.Current.Concept(row).Version.Value);
        Assert.Equal(space.Record, record);
        Assert.InRange(left.Value, last, space.Current.Position.Value);
        Assert.Equal(LogPosition.Zero, (await catalog.FindClosedAsync(Small, Cancelled))!.Value.Left);
        Assert.Same(space, catalog.TryHold(Small));
        Assert.False(await catalog.TryCloseAsync(space, TimeSpan.Zero), "it is held twice");
        space.Release();
        space.Release();
    }

    [Fact]
    public async Task DeleteAsync_WhenTheSpaceIsBeingClosed_WaitsAndDeletesIt()
    {
        await using var catalog = Open(ByHand);
        var (closing, look) = await BeginClosingAsync(catalog);

        var deleted = catalog.DeleteAsync(Small, Cancelled).AsTask();
        var found = catalog.FindAsync(Small, Cancelled).AsTask();
        Assert.False(deleted.IsCompleted);
        closing.Finish();
        await look;

        Assert.True(await deleted.WaitAsync(Patience, Cancelled));
        Assert.Null(await found.WaitAsync(Patience, Cancelled));
    }

    [Fact]
    public async Task TryCloseAsync_WhenSomebodyComesAfterTheLook_LeavesTheSpaceOpen()
    {
        await using var catalog = Open(ByHand);
        await FillAsync(catalog, Small, 1);
        var held = (await catalog.HoldAsync(Small, Cancelled))!;

        Assert.False(await catalog.TryCloseAsync(held, TimeSpan.FromHours(1)));

        await CommitAsync(held, "more");
        Assert.Same(held, await catalog.FindAsync(Small, Cancelled));
        held.Release();
        Assert.True(await catalog.TryCloseAsync(held, TimeSpan.FromHours(1)));
        Assert.False(await catalog.TryCloseAsync(held, TimeSpan.FromHours(1)));
    }

    [Fact]
    public async Task Commits_WhenSpacesAreClosedAllTheTime_AreAllThereAndNoneFails()
    {
        SpaceName[] names = [Small, Large, Huge];
        await using var catalog = Open(ByHand);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        var closing = Task.Run(() => CloseUntilAsync(catalog, end.Token), Cancelled);
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Run(() => WriteAsync(catalog, names[writer % names.Length], writer, closing), Cancelled)));
        await end.CancelAsync();
        await closing;

        foreach (var name in names)
        {
            Assert.InRange(ClosingsOf(name), Bursts, int.MaxValue);
            Assert.Equal(Writers / names.Length * Bursts * CommitsPerBurst, (await catalog.FindAsync(name, Cancelled))!.Current.ConceptCount);
        }
    }

    [Fact]
    public async Task HoldAsync_WhenTheSpaceIsOpen_AllocatesNothing()
    {
        await using var catalog = Open(ByHand);
        await FillAsync(catalog, Small, 1);
        var least = long.MaxValue;
        for (var run = 0; run < 10; run++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < 100; i++)
            {
                (await catalog.HoldAsync(Small, Cancelled))!.Release();
            }

            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(0, least);
    }

    [Fact]
    public async Task LookAsync_WhenASpaceIsClosed_GivesItsMemoryBack()
    {
        await using var catalog = Open(ByHand);
        await FillAsync(catalog, Huge, 3_000);
        var space = Reference(catalog);

        await LookAfterAsync(catalog, TimeSpan.Zero);
        await LookAfterAsync(catalog, TimeSpan.FromMinutes(1));

        // Away from the stack of whoever completed the last call, which may still hold it.
        await Task.Yield();
        Assert.Empty(catalog.Open);
        for (var i = 0; i < 5 && space.IsAlive; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Assert.False(space.IsAlive);
    }

    [Fact]
    public async Task VisitAsync_WhenASpaceIsClosed_LetsGoWhatItNoLongerKeeps()
    {
        await using var catalog = Open(ByHand);
        var space = await FillTwiceAsync(catalog);
        await LookAfterAsync(catalog, TimeSpan.Zero);
        await LookAfterAsync(catalog, TimeSpan.FromMinutes(1));
        var (manifests, logs) = await FilesAsync(space.Record);

        _time.Advance(TimeSpan.FromDays(8));
        await catalog.VisitAsync(Small, Cancelled);

        Assert.Empty(catalog.Open);
        await RequireOldGoneAsync(space.Record, manifests, logs);
        Assert.Equal(100, (await catalog.FindAsync(Small, Cancelled))!.Current.ConceptCount);
    }

    [Fact]
    public async Task Space_WhenNobodyWritesToIt_LetsGoWhatItNoLongerKeeps()
    {
        await using var catalog = Open(CatalogOptions.KeepsAll);
        var space = await FillTwiceAsync(catalog);
        var (manifests, logs) = await FilesAsync(space.Record);

        await space.TidyAsync(Cancelled);
        Assert.Equal(manifests, (await FilesAsync(space.Record)).Manifests);

        _time.Advance(TimeSpan.FromDays(8));
        await space.TidyAsync(Cancelled);
        await RequireOldGoneAsync(space.Record, manifests, logs);

        var (left, _) = await FilesAsync(space.Record);
        await space.TidyAsync(Cancelled);
        _time.Advance(TimeSpan.FromDays(8));
        await space.TidyAsync(Cancelled);
        Assert.Equal(left, (await FilesAsync(space.Record)).Manifests);
    }

    private async Task<Space> FillTwiceAsync(SpaceCatalog catalog)
    {
        var space = await FillAsync(catalog, Small, 50);
        await space.CheckpointAsync(Cancelled);
        _time.Advance(TimeSpan.FromMinutes(1));
        await FillAsync(catalog, Small, 50);
        await space.CheckpointAsync(Cancelled);
        return space;
    }

    private async Task RequireOldGoneAsync(SpaceRecord record, IReadOnlyList<string> manifests, IReadOnlyList<int> logs)
    {
        var (left, leftLogs) = await FilesAsync(record);
        Assert.True(manifests.Count > 1 && logs.Count > 2, "there is nothing to let go");
        Assert.Single(left);
        Assert.Empty(manifests.Intersect(left));
        Assert.DoesNotContain(logs[0], leftLogs);
        Assert.DoesNotContain(logs[1], leftLogs);
    }

    private static WeakReference Reference(SpaceCatalog catalog) => new(catalog.Open.Single());

    private async Task<(IReadOnlyList<string> Manifests, IReadOnlyList<int> Logs)> FilesAsync(SpaceRecord record)
    {
        var manifests = (await _store.OpenBlobs(record).ListAsync("manifests/", Cancelled)).Select(static blob => blob.Name).ToList();
        return (manifests, await _store.ListLogsAsync(record, Cancelled));
    }

    /// <summary>A space of five concepts that is being closed, until the pause ends.</summary>
    private async Task<(SingleLogStore.Pause Closing, Task Look)> BeginClosingAsync(SpaceCatalog catalog)
    {
        await FillAsync(catalog, Small, 5);
        await LookAfterAsync(catalog, TimeSpan.Zero);
        var closing = _store.PauseClosing();
        var look = LookAfterAsync(catalog, TimeSpan.FromMinutes(1));
        await closing.Reached.WaitAsync(Patience, Cancelled);
        return (closing, look);
    }

    private async Task LookAfterAsync(SpaceCatalog catalog, TimeSpan span)
    {
        _time.Advance(span);
        await catalog.LookAsync(Cancelled);
    }

    // Past the look, which would leave alone whatever somebody uses at that moment.
    private async Task CloseUntilAsync(SpaceCatalog catalog, CancellationToken end)
    {
        while (!end.IsCancellationRequested)
        {
            foreach (var space in catalog.Open)
            {
                if (await catalog.TryCloseAsync(space, TimeSpan.Zero))
                {
                    _closings.AddOrUpdate(space.Record.Name, 1, static (_, count) => count + 1);
                }
            }

            await Task.Yield();
        }
    }

    private int ClosingsOf(SpaceName name) => _closings.GetValueOrDefault(name);

    // Bursts, in the midst of which the space is closed as it comes. Between them it is closed for certain, however fast the machine is.
    private async Task WriteAsync(SpaceCatalog catalog, SpaceName name, int writer, Task closing)
    {
        for (var i = 0; i < Bursts * CommitsPerBurst; i++)
        {
            var (space, _) = await catalog.HoldOrCreateAsync(name, Cancelled);
            int closings;
            try
            {
                await CommitAsync(space, $"{writer}-{i}");
                Assert.True(space.Current.Exists($"{writer}-{i}"));
            }
            finally
            {
                // While it is held, so that the space is open and one more closing has to come.
                closings = ClosingsOf(name);
                space.Release();
            }

            while (i % CommitsPerBurst == CommitsPerBurst - 1 && ClosingsOf(name) == closings && !closing.IsCompleted)
            {
                await Task.Yield();
            }
        }
    }

    private async Task<Space> FillAsync(SpaceCatalog catalog, SpaceName name, int count)
    {
        var (space, _) = await catalog.CreateAsync(name, Cancelled);
        var from = space.Current.ConceptCount;
        for (var i = 0; i < count; i++)
        {
            await CommitAsync(space, $"c{from + i}");
        }

        return space;
    }

    private async Task CommitAsync(Space space, string id)
    {
        var writer = new CommitWriter(space.Record.Incarnation);
        writer.Begin(Encoding.ASCII.GetBytes($"made-{Interlocked.Increment(ref _ids)}"), givenByCaller: false, space.Now());
        writer.Set(id, "value", 1);
        Assert.Equal(OutcomeKind.Committed, (await space.CommitAsync(writer.Finish(), Cancelled)).Kind);
    }

    private SpaceCatalog Open(CatalogOptions limits) => new(
        _store,
        EngineOptions.Default,
        _ => new(_time, () => (UInt128)Interlocked.Increment(ref _ids), SilentEngineObserver.Instance),
        limits,
        _time);

    /// <summary>A clock that moves when it is told to; what waits on it waits in the machine's time.</summary>
    private sealed class SettableTime : TimeProvider
    {
        private long _ticks = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero).Ticks;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Volatile.Read(ref _ticks);

        public override DateTimeOffset GetUtcNow() => new(GetTimestamp(), TimeSpan.Zero);

        public void Advance(TimeSpan span) => Interlocked.Add(ref _ticks, span.Ticks);
    }

    /// <summary>A store in memory whose logs can be open once at a time, as on a disk, and take as long to close as they are told to.</summary>
    private sealed class SingleLogStore : ISpaceStore
    {
        private readonly MemorySpaceStore _inner = new();
        private readonly HashSet<SpaceName> _open = [];
        private volatile Pause? _pause;

        /// <summary>The next log that closes waits.</summary>
        public Pause PauseClosing() => _pause = new();

        public ValueTask<SpaceRecord?> FindAsync(SpaceName name, CancellationToken cancellationToken) => _inner.FindAsync(name, cancellationToken);

        public ValueTask<IReadOnlyList<SpaceRecord>> ListAsync(CancellationToken cancellationToken) => _inner.ListAsync(cancellationToken);

        public ValueTask<(SpaceRecord Record, bool Created)> CreateAsync(SpaceRecord wanted, CancellationToken cancellationToken) =>
            _inner.CreateAsync(wanted, cancellationToken);

        public ValueTask<bool> DeleteAsync(SpaceRecord space, CancellationToken cancellationToken) => _inner.DeleteAsync(space, cancellationToken);

        public async Task<IReadOnlyList<int>> ListLogsAsync(SpaceRecord space, CancellationToken cancellationToken)
        {
            var log = _inner.OpenLog(space);
            await using (log.ConfigureAwait(false))
            {
                return await log.ListFilesAsync(cancellationToken);
            }
        }

        public IBlobStore OpenBlobs(SpaceRecord space) => _inner.OpenBlobs(space);

        public ILogStore OpenLog(SpaceRecord space)
        {
            lock (_open)
            {
                Assert.True(_open.Add(space.Name), $"the log of {space.Name} is open already");
            }

            return new SingleLog(this, space, _inner.OpenLog(space));
        }

        public ValueTask DisposeAsync() => _inner.DisposeAsync();

        public sealed class Pause
        {
            private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
            private readonly TaskCompletionSource _end = new(TaskCreationOptions.RunContinuationsAsynchronously);

            public Task Reached => _reached.Task;

            public void Finish() => _end.SetResult();

            public Task WaitAsync()
            {
                _reached.SetResult();
                return _end.Task;
            }
        }

        private sealed class SingleLog(SingleLogStore owner, SpaceRecord space, ILogStore log) : PassingLogStore(log)
        {
            // Small files, so that some can go.
            public override int MaxAppendsPerFile => 20;

            public override async ValueTask DisposeAsync()
            {
                if (Interlocked.Exchange(ref owner._pause, null) is { } pause)
                {
                    await pause.WaitAsync();
                }

                await base.DisposeAsync();
                lock (owner._open)
                {
                    owner._open.Remove(space.Name);
                }
            }
        }
    }
}
