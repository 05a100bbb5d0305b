using Cairn.Diagnostics;
using Cairn.Domain.Tests.Concurrency;
using Cairn.Domain.Tests.Reconciliation.Model;
using Cairn.Domain.Tests.Storage;
using Cairn.Primitives;
using Cairn.Reconciliation;
using Cairn.Reconciliation.History;
using Cairn.Snapshots;
using Cairn.Snapshots.Checkpoints;
using Cairn.Storage;

namespace Cairn.Domain.Tests.Reconciliation.History;

/// <summary>A space gives the states that it had.</summary>
public sealed class SpaceHistoryTests : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static readonly EngineOptions Manual = EngineOptions.Default with
    {
        Checkpoints = CheckpointOptions.Default with { TailOperations = long.MaxValue, ClosingOperations = long.MaxValue },
    };

    private readonly MemorySpaceStore _store = new(maxFileBytes: 64 * 1024);
    private readonly ManualTime _clock = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    [Fact]
    public void AsOfAsync_WhenScenariosAreRandom_GivesEachStateThatWas()
    {
        var (asked, gone) = (0, 0);
        Properties.Check(60, Generate.Scenarios(60, Generate.Operations), scenario =>
        {
            var run = Task.Run(() => HistoryRun.RunAsync(scenario)).GetAwaiter().GetResult();
            (asked, gone) = (asked + run.Asked, gone + run.Gone);
        });

        // Guards the run: files must really be collected, and most states kept.
        Assert.InRange(gone, Environment.GetEnvironmentVariable(Properties.SeedVariable) is null ? 1 : 0, asked / 2);
    }

    [Fact]
    public async Task AsOfAsync_WhenManyAskForOneState_LoadsItOnce()
    {
        await using var live = await OpenAsync();
        var (position, lines) = await WriteAsync(live, 0, 50);
        await WriteAsync(live, 50, 80);

        var states = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Task.Run(() => AsOfAsync(live, position))));

        Assert.All(states, state => Assert.Same(states[0], state));
        Assert.Equal(lines, SnapshotText.Of(states[0]));
        Assert.Equal(1, live.Space.HistoryLoads);
        Assert.Same(states[0], await AsOfAsync(live, position));
        Assert.Equal(1, live.Space.HistoryLoads);
    }

    [Fact]
    public async Task AsOfAsync_WhenItIsTheLivePosition_LoadsNothingThenOrLater()
    {
        await using var live = await OpenAsync();
        var (position, lines) = await WriteAsync(live, 0, 10);

        Assert.Same(live.Space.Current, await AsOfAsync(live, position));
        await WriteAsync(live, 10, 20);

        Assert.Equal(lines, SnapshotText.Of(await AsOfAsync(live, position)));
        Assert.Equal(0, live.Space.HistoryLoads);
    }

    [Fact]
    public async Task AsOfAsync_WhenACallerGoesAway_LoadsForTheOthers()
    {
        var gate = new WriterGate();
        await using var live = await LiveSpace.OpenAsync(new GatedStore(_store, gate), SilentEngineObserver.Instance, Token, Manual, _clock);
        var (position, lines) = await WriteAsync(live, 0, 10);
        await WriteAsync(live, 10, 20);
        gate.Close(GatedStore.ReadLog);
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(Token);

        var left = live.Space.AsOfAsync(position, Timeout.InfiniteTimeSpan, leaving.Token).AsTask();
        var stayed = live.Space.AsOfAsync(position, Timeout.InfiniteTimeSpan, Token).AsTask();
        await gate.Reached.WaitAsync(Patience, Token);
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => left);
        gate.Open();

        Assert.Equal(lines, SnapshotText.Of(await stayed.WaitAsync(Patience, Token)));
        Assert.Equal(1, live.Space.HistoryLoads);
    }

    [Fact]
    public async Task AsOfAsync_WhenTheWaitIsOver_SaysSoAndGoesOnLoading()
    {
        var gate = new WriterGate();
        await using var live = await LiveSpace.OpenAsync(new GatedStore(_store, gate), SilentEngineObserver.Instance, Token, Manual, _clock);
        var (position, lines) = await WriteAsync(live, 0, 10);
        await WriteAsync(live, 10, 20);
        gate.Close(GatedStore.ReadLog);
        var asked = live.Space.AsOfAsync(position, TimeSpan.FromSeconds(2), Token).AsTask();
        await gate.Reached.WaitAsync(Patience, Token);

        _clock.Advance(TimeSpan.FromSeconds(3));

        var timeout = await Assert.ThrowsAsync<CairnException>(() => asked.WaitAsync(Patience, Token));
        Assert.Equal((ErrorKind.Unavailable, "timeout"), (timeout.Kind, timeout.Problem));
        gate.Open();
        Assert.Equal(lines, SnapshotText.Of(await AsOfAsync(live, position)));
        Assert.Equal(1, live.Space.HistoryLoads);
    }

    [Fact]
    public async Task AsOfAsync_WhenTheSpaceIsWrittenMeanwhile_DisturbsNobody()
    {
        await using var live = await OpenAsync();
        var states = new List<(LogPosition, List<string>)>();
        var writing = Task.Run(async () =>
        {
            for (var i = 0; i < 40; i++)
            {
                var state = await WriteAsync(live, i * 10, (i * 10) + 10);
                lock (states)
                {
                    states.Add(state);
                }

                if (i % 7 == 6)
                {
                    await live.Space.CheckpointAsync(Token);
                }
            }
        });
        for (var i = 0; !writing.IsCompleted || i < 100; i++)
        {
            (LogPosition Position, List<string> Lines) state;
            lock (states)
            {
                state = states.Count == 0 ? (LogPosition.Zero, null!) : states[i % states.Count];
            }

            if (state.Lines is not null)
            {
                Assert.Equal(state.Lines, SnapshotText.Of(await AsOfAsync(live, state.Position)));
            }
        }

        await writing;
        Assert.Equal(400, live.Space.Current.ConceptCount);
    }

    [Fact]
    public async Task AsOfAsync_WhenItIsAhead_IsRefusedWithTheNewestPosition()
    {
        await using var live = await OpenAsync();
        var (position, _) = await WriteAsync(live, 0, 10);

        var ahead = await Assert.ThrowsAsync<CairnException>(() => AsOfAsync(live, new LogPosition(position.Value + 1)));
        Assert.Equal((ErrorKind.Invalid, "asOf", position.Value), (ahead.Kind, ahead.Field, ahead.Limit));
        var future = Timestamp.From(_clock.GetUtcNow()).Plus(TimeSpan.FromSeconds(1));
        ahead = await Assert.ThrowsAsync<CairnException>(() => AsOfAsync(live, future));
        Assert.Equal((ErrorKind.Invalid, "asOf"), (ahead.Kind, ahead.Field));
        Assert.Same(live.Space.Current, await AsOfAsync(live, Timestamp.From(_clock.GetUtcNow())));
    }

    [Fact]
    public async Task AsOfAsync_WhenItIsBeforeTheCreation_IsNotRetained()
    {
        await using var live = await OpenAsync();
        await WriteAsync(live, 0, 10);

        Assert.Equal(0, (await AsOfAsync(live, LogPosition.Zero)).ConceptCount);
        await RequireGoneAsync(() => AsOfAsync(live, live.Space.Record.CreatedAt.Plus(TimeSpan.FromSeconds(-1))));
    }

    [Fact]
    public async Task AsOfAsync_WhenItIsOlderThanAllThatIsKept_NamesTheOldest()
    {
        await using var live = await OpenAsync();
        var (old, _) = await WriteAsync(live, 0, 100);
        _clock.Advance(TimeSpan.FromHours(1));
        var (oldest, _) = await WriteAsync(live, 100, 300);
        await live.Space.CheckpointAsync(Token);
        _clock.Advance(TimeSpan.FromDays(8));
        await WriteAsync(live, 300, 600);
        await live.Space.CheckpointAsync(Token);
        _clock.Advance(TimeSpan.FromDays(3));
        var (kept, lines) = await WriteAsync(live, 600, 700);
        await live.Space.CheckpointAsync(Token);
        await WriteAsync(live, 700, 710);

        var gone = await RequireGoneAsync(() => AsOfAsync(live, old));

        Assert.Equal(oldest.Value, gone.Limit);
        Assert.Contains($"{oldest.Value}", gone.Message, StringComparison.Ordinal);
        await RequireGoneAsync(() => AsOfAsync(live, live.Space.Record.CreatedAt));
        Assert.Equal(oldest, (await AsOfAsync(live, oldest)).Position);
        Assert.Equal(lines, SnapshotText.Of(await AsOfAsync(live, kept)));
    }

    // Another process thins the checkpoints while one of them is being opened.
    [Fact]
    public async Task AsOfAsync_WhenTheCheckpointIsCollectedUnderTheLoad_TakesTheOneBefore()
    {
        var collects = new CollectingBlobs(_store);
        await using var live = await LiveSpace.OpenAsync(
            new GatedStore(_store, new WriterGate(), collects.Before), SilentEngineObserver.Instance, Token, Manual, _clock);
        await WriteAsync(live, 0, 20);
        await live.Space.CheckpointAsync(Token);
        await WriteAsync(live, 20, 40);
        await live.Space.CheckpointAsync(Token);
        var (position, lines) = await WriteAsync(live, 40, 50);
        await WriteAsync(live, 50, 60);
        await live.Space.CheckpointAsync(Token);
        await collects.ArmAsync(live.Space.Record);

        Assert.Equal(lines, SnapshotText.Of(await AsOfAsync(live, position)));
        Assert.True(collects.HasCollected);
    }

    [Fact]
    public async Task AsOfAsync_WhenACheckpointIsGoneThatIsKept_IsNotRetained()
    {
        await using var live = await OpenAsync();
        await WriteAsync(live, 0, 20);
        await live.Space.CheckpointAsync(Token);
        var (position, _) = await WriteAsync(live, 20, 40);
        await WriteAsync(live, 40, 60);
        await live.Space.CheckpointAsync(Token);
        var blobs = _store.OpenBlobs(live.Space.Record);
        var manifests = new ManifestStore(blobs, live.Space.Record.Incarnation);
        await manifests.DeleteAsync((await manifests.FindNewestAsync(Token))!.Kept[^1].Number, Token);

        await RequireGoneAsync(() => AsOfAsync(live, position));
    }

    [Fact]
    public async Task AsOfAsync_WhenACheckpointIsDamaged_SaysCorruptAndNotGone()
    {
        await using var live = await OpenAsync();
        await WriteAsync(live, 0, 20);
        await live.Space.CheckpointAsync(Token);
        var (position, _) = await WriteAsync(live, 20, 30);
        await WriteAsync(live, 30, 40);
        var blobs = _store.OpenBlobs(live.Space.Record);
        var newest = (await new ManifestStore(blobs, live.Space.Record.Incarnation).FindNewestAsync(Token))!;
        await blobs.ReplaceAsync(newest.Segments[0].Name, new byte[100], Token);

        var damaged = await Assert.ThrowsAsync<CairnException>(() => AsOfAsync(live, position));

        Assert.Equal(ErrorKind.Corrupt, damaged.Kind);
        Assert.Contains(newest.Segments[0].Name, damaged.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AsOfAsync_WhenMoreStatesAreAskedForThanAreKept_KeepsTheLastOnesAndCountsThem()
    {
        await using var live = await OpenAsync();
        var positions = new List<LogPosition>();
        for (var i = 0; i <= KeptStates.MostStates; i++)
        {
            positions.Add((await WriteAsync(live, i * 10, (i * 10) + 10)).Position);
        }

        await WriteAsync(live, 900, 910);
        var alone = live.Space.GetStatistics().MemoryBytes;
        foreach (var position in positions)
        {
            await AsOfAsync(live, position);
        }

        Assert.Equal(positions.Count, live.Space.HistoryLoads);
        Assert.True(live.Space.GetStatistics().MemoryBytes > alone);
        await AsOfAsync(live, positions[1]);
        Assert.Equal(positions.Count, live.Space.HistoryLoads);
        await AsOfAsync(live, positions[0]);
        Assert.Equal(positions.Count + 1, live.Space.HistoryLoads);

        // Each was used within the last minutes; when none is any more, all go.
        _clock.Advance(SpaceHistory.IdleTime);
        _clock.Advance(SpaceHistory.IdleTime);
        Assert.Equal(alone, live.Space.GetStatistics().MemoryBytes);
    }

    [Fact]
    public async Task DisposeAsync_WhenAStateIsBeingLoaded_EndsTheLoad()
    {
        var gate = new WriterGate();
        var live = await LiveSpace.OpenAsync(new GatedStore(_store, gate), SilentEngineObserver.Instance, Token, Manual, _clock);
        var (position, _) = await WriteAsync(live, 0, 10);
        await WriteAsync(live, 10, 20);
        gate.Close(GatedStore.ReadLog);
        var asked = live.Space.AsOfAsync(position, Timeout.InfiniteTimeSpan, Token).AsTask();
        await gate.Reached.WaitAsync(Patience, Token);

        await live.DisposeAsync().AsTask().WaitAsync(Patience, Token);

        var closed = await Assert.ThrowsAsync<CairnException>(() => asked);
        Assert.Equal((ErrorKind.Unavailable, null), (closed.Kind, closed.Problem));
    }

    private static async Task<CairnException> RequireGoneAsync(Func<Task<Snapshot>> ask)
    {
        var gone = await Assert.ThrowsAsync<CairnException>(ask);
        Assert.Equal((ErrorKind.NotFound, "not-retained"), (gone.Kind, gone.Problem));
        return gone;
    }

    private Task<LiveSpace> OpenAsync() => LiveSpace.OpenAsync(_store, SilentEngineObserver.Instance, Token, Manual, _clock);

    private static Task<Snapshot> AsOfAsync(LiveSpace live, LogPosition position) => live.Space.AsOfAsync(position, Timeout.InfiniteTimeSpan, Token).AsTask();

    private static Task<Snapshot> AsOfAsync(LiveSpace live, Timestamp time) => live.Space.AsOfAsync(time, Timeout.InfiniteTimeSpan, Token).AsTask();

    private static async Task<(LogPosition Position, List<string> Lines)> WriteAsync(LiveSpace live, int from, int to)
    {
        for (var i = from; i < to; i++)
        {
            var number = i;
            await live.CommitAsync(commit => commit.Set($"c{number}", "value", number, Integers.Utf8(new string('x', number % 300))), Token);
        }

        return (live.Space.Current.Position, SnapshotText.Of(live.Space.Current));
    }
}
