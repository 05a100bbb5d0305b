using System.Diagnostics.Metrics;
using System.Text;
using Cairn.Diagnostics;
using Cairn.Domain.Tests.Concurrency;
using Cairn.Formats;
using Cairn.Log;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Reconciliation;
using Cairn.Storage;

namespace Cairn.Domain.Tests.Reconciliation;

/// <summary>What expired long enough ago is purged through the log of an open space.</summary>
public sealed class ExpirySweepTests : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly MemorySpaceStore _store = new();
    private readonly SettableTime _time = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task SweepAsync_WhenTheGraceIsOver_PurgesWhatExpiredAndNothingElse()
    {
        await using (var live = await OpenAsync())
        {
            await PutAsync(live, "gone", TimeSpan.FromHours(1));
            await PutAsync(live, "stays", TimeSpan.FromHours(5));
            await PutAsync(live, "for-ever", null);
            await live.CommitAsync(commit => commit.Link("gone", "knows", "stays"), Cancelled);
            _time.Ahead = TimeSpan.FromHours(2) - TimeSpan.FromMinutes(1);
            var before = live.Space.Current.Position;
            await live.Space.SweepAsync(Cancelled);
            Assert.Equal(before, live.Space.Current.Position);
            Assert.Equal(3, live.Space.Current.ConceptCount);

            _time.Ahead = TimeSpan.FromHours(2) + TimeSpan.FromMinutes(1);
            await live.Space.SweepAsync(Cancelled);

            RequirePurged(live);
            before = live.Space.Current.Position;
            await live.Space.SweepAsync(Cancelled);
            Assert.Equal(before, live.Space.Current.Position);
        }

        await using var again = await OpenAsync();
        RequirePurged(again);
    }

    [Fact]
    public async Task SweepAsync_WhenNothingEverExpires_WritesNothing()
    {
        await using var live = await OpenAsync();
        await PutAsync(live, "ada", null);
        var before = live.Space.GetStatistics();
        _time.Ahead = TimeSpan.FromDays(1000);

        await live.Space.SweepAsync(Cancelled);

        Assert.Equal(before.LogBytes, live.Space.GetStatistics().LogBytes);
    }

    [Fact]
    public async Task SweepAsync_WhenAConceptIsPutAgainBeforeThePurge_KeepsTheNewOne()
    {
        var gate = new WriterGate();
        await using var live = await LiveSpace.OpenAsync(new GatedStore(_store, gate), SilentEngineObserver.Instance, Cancelled, Manual, _time);
        await PutAsync(live, "ada", TimeSpan.FromHours(1));
        await PutAsync(live, "eve", TimeSpan.FromHours(1));
        _time.Ahead = TimeSpan.FromHours(3);
        gate.Close(GatedStore.BeforeAppend);
        try
        {
            // The put stands before its append; the sweep looks at a snapshot in which the old concept is still due.
            var put = PutAsync(live, "ada", null);
            await gate.Reached.WaitAsync(Patience, Cancelled);
            var sweep = live.Space.SweepAsync(Cancelled).AsTask();
            gate.Open();
            await put;
            await sweep;
        }
        finally
        {
            gate.Open();
        }

        Assert.True(live.Space.Current.Exists("ada"));
        Assert.Equal(1, live.Space.Current.ConceptCount);
    }

    [Fact]
    public async Task SweepAsync_WhenTheBacklogIsLong_SendsSmallPurgesAndLetsCommitsBetween()
    {
        const int Concepts = 10_000;
        var gate = new WriterGate();
        await using (var live = await LiveSpace.OpenAsync(new GatedStore(_store, gate), SilentEngineObserver.Instance, Cancelled, Manual, _time))
        {
            for (var i = 0; i < Concepts; i += 1_000)
            {
                await live.CommitAsync(commit => Enumerable.Range(i, 1_000).ToList().ForEach(n => Put(commit, $"c-{n}", _time.Now.Plus(TimeSpan.FromHours(1)))), Cancelled);
            }

            await PutAsync(live, "late", null);
            var full = live.Space.Current.TableBytes;
            _time.Ahead = TimeSpan.FromHours(3);
            var counted = 0L;
            using var listener = CountPurged(purged => Interlocked.Add(ref counted, purged));

            // The commit comes while the first purge is being written, and so goes before the second.
            gate.Close(GatedStore.BeforeAppend);
            try
            {
                var sweep = live.Space.SweepAsync(Cancelled).AsTask();
                await gate.Reached.WaitAsync(Patience, Cancelled);
                var commit = live.CommitAsync(commit => commit.Set("late", "value", 1), Cancelled);
                SpinWait.SpinUntil(() => live.Space.GetStatistics().Pending == 2, Patience);
                gate.Open();
                await commit;
                await sweep;
            }
            finally
            {
                gate.Open();
            }

            Assert.Equal(1, live.Space.Current.ConceptCount);
            Assert.True(counted >= Concepts);
            Assert.True(live.Space.Current.TableBytes < full / 2);
        }

        var frames = await FramesAsync();
        var purges = frames.Where(frame => frame.Kind == FrameKind.Purge).ToList();
        Assert.Equal((Concepts + PurgeBody.MaxConcepts - 1) / PurgeBody.MaxConcepts, purges.Count);
        Assert.All(purges, purge => Assert.InRange(purge.Ids, 1, PurgeBody.MaxConcepts));
        Assert.Equal(
            [FrameKind.Purge, FrameKind.Commit, FrameKind.Purge], frames.Select(frame => frame.Kind).SkipWhile(kind => kind != FrameKind.Purge).Take(3));
        await using var again = await OpenAsync();
        Assert.Equal(1, again.Space.Current.ConceptCount);
    }

    [Fact]
    public async Task Sweep_WhenItsTimeComes_HappensByItself()
    {
        await using var live = await OpenAsync(Manual with { ExpirySweepInterval = TimeSpan.FromMilliseconds(10) });
        await PutAsync(live, "ada", TimeSpan.FromHours(1));
        var before = live.Space.Current.Position;
        _time.Ahead = TimeSpan.FromHours(3);

        await live.Space.WaitForAsync(new(before.Value + 1), Patience, Cancelled);

        Assert.Equal(0, live.Space.Current.ConceptCount);
    }

    [Fact]
    public async Task Sweep_WhenThePurgeCannotBeWritten_IsToldAndTriedAgain()
    {
        var (observer, store) = (new PurgeObserver(), new FullStore(_store));
        await using var live = await LiveSpace.OpenAsync(
            store, observer, Cancelled, Manual with { ExpirySweepInterval = TimeSpan.FromMilliseconds(10) }, _time);
        await PutAsync(live, "ada", TimeSpan.FromHours(1));
        var before = live.Space.Current.Position;
        store.IsFull = true;
        _time.Ahead = TimeSpan.FromHours(3);

        Assert.Equal("disk full", (await observer.Failed.WaitAsync(Patience, Cancelled)).Message);
        Assert.Equal(1, live.Space.Current.ConceptCount);
        store.IsFull = false;

        await live.Space.WaitForAsync(new(before.Value + 1), Patience, Cancelled);
        Assert.Equal(0, live.Space.Current.ConceptCount);
    }

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    private static EngineOptions Manual => EngineOptions.Default with { ExpirySweepInterval = TimeSpan.FromDays(1) };

    private static void RequirePurged(LiveSpace live)
    {
        var snapshot = live.Space.Current;
        Assert.Equal((2, 0), (snapshot.ConceptCount, snapshot.AssociationCount));
        Assert.False(snapshot.Concept(snapshot.FindConcept("gone"u8)).Exists(Timestamp.Min));
        Assert.True(snapshot.Exists("stays"));
        Assert.True(snapshot.Exists("for-ever"));
    }

    private static MeterListener CountPurged(Action<long> count)
    {
        var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, heard) =>
        {
            if (instrument.Meter.Name == MeterNames.Engine && instrument.Name == "cairn.engine.purged")
            {
                heard.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((_, measured, _, _) => count(measured));
        listener.Start();
        return listener;
    }

    private Task<LiveSpace> OpenAsync(EngineOptions? options = null) =>
        LiveSpace.OpenAsync(_store, SilentEngineObserver.Instance, Cancelled, options ?? Manual, _time);

    private Task<CommitOutcome> PutAsync(LiveSpace live, string id, TimeSpan? life) =>
        live.CommitAsync(commit => Put(commit, id, life is { } span ? _time.Now.Plus(span) : null), Cancelled);

    private static void Put(CommitWriter commit, string id, Timestamp? expiresAt)
    {
        commit.BeginPut(Encoding.UTF8.GetBytes(id), OnExists.Replace);
        if (expiresAt is { } at)
        {
            commit.ExpiresAt(at);
        }

        commit.EndOperation();
    }

    private async Task<List<(FrameKind Kind, int Ids)>> FramesAsync()
    {
        var frames = new List<(FrameKind Kind, int Ids)>();
        var record = (await _store.ListAsync(Cancelled)).Single();
        await using var log = await WriteLog.OpenAsync(
            _store.OpenLog(record), record.Incarnation, () => new(99), SilentLogObserver.Instance, default, (group, _) =>
            {
                foreach (var frame in group)
                {
                    frames.Add((frame.View.Kind, frame.View.Kind == FrameKind.Purge ? Ids(frame.View.Body) : 0));
                }

                return ValueTask.CompletedTask;
            },
            Cancelled);
        return frames;
    }

    private static int Ids(ReadOnlySpan<byte> body)
    {
        var count = 0;
        var reader = new PurgeReader(body);
        while (reader.TryRead(out _))
        {
            count++;
        }

        return count;
    }

    private sealed class SettableTime : TimeProvider
    {
        public TimeSpan Ahead { get; set; }

        public Timestamp Now => Timestamp.From(GetUtcNow());

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Ahead;
    }

    private sealed class PurgeObserver : IEngineObserver
    {
        private readonly TaskCompletionSource<Exception> _failed = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<Exception> Failed => _failed.Task;

        public void PurgeFailed(Exception failure) => _failed.TrySetResult(failure);
    }

    /// <summary>Refuses appends while it is full.</summary>
    private sealed class FullStore(ISpaceStore inner) : ISpaceStore
    {
        public volatile bool IsFull;

        public ValueTask<SpaceRecord?> FindAsync(SpaceName name, CancellationToken cancellationToken) => inner.FindAsync(name, cancellationToken);

        public ValueTask<IReadOnlyList<SpaceRecord>> ListAsync(CancellationToken cancellationToken) => inner.ListAsync(cancellationToken);

        public ValueTask<(SpaceRecord Record, bool Created)> CreateAsync(SpaceRecord wanted, CancellationToken cancellationToken) =>
            inner.CreateAsync(wanted, cancellationToken);

        public ValueTask<bool> DeleteAsync(SpaceRecord space, CancellationToken cancellationToken) => inner.DeleteAsync(space, cancellationToken);

        public ILogStore OpenLog(SpaceRecord space) => new FullLog(this, inner.OpenLog(space));

        public IBlobStore OpenBlobs(SpaceRecord space) => inner.OpenBlobs(space);

        public ValueTask DisposeAsync() => inner.DisposeAsync();

        private sealed class FullLog(FullStore owner, ILogStore log) : Log.PassingLogStore(log)
        {
            public override ValueTask<long> AppendAsync(int file, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) =>
                owner.IsFull ? throw new CairnException(ErrorKind.Unavailable, "disk full") : base.AppendAsync(file, bytes, cancellationToken);
        }
    }
}
