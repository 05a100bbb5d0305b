using Cairn.Diagnostics;
using Cairn.Formats;
using Cairn.Log;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Reconciliation.Changes;
using Cairn.Reconciliation.Checkpoints;
using Cairn.Reconciliation.Compaction;
using Cairn.Reconciliation.Embedding;
using Cairn.Reconciliation.History;
using Cairn.Reconciliation.Lookups;
using Cairn.Reconciliation.Outcomes;
using Cairn.Snapshots;
using Cairn.Storage;
using Cairn.Storage.Lookups;

namespace Cairn.Reconciliation;

/// <summary>One space, open: takes commits, holds the newest snapshot. Thread-safe.</summary>
public sealed partial class Space : IAsyncDisposable
{
    private const int MaxOpenings = 4;
    private static readonly TimeSpan CommitWaitSlice = TimeSpan.FromSeconds(10);

    private readonly Reconciler _reconciler;
    private readonly WriteLog _log;
    private readonly WriteQueue _queue;
    private readonly SpaceWriter _writer;
    private readonly SpaceClock _clock;
    private readonly OverflowPolicy _overflow;
    private readonly long _maxRemembered;
    private readonly long _maxTail;
    private readonly TimeSpan _tailInterval;
    private readonly CheckpointKeeper _checkpoints;
    private readonly SpaceHistory _history;
    private readonly ExpirySweep _sweep;
    private readonly SpaceFollower? _follower;
    private readonly LookupsProjector? _projector;
    private readonly EmbeddingWorker? _embedding;
    private readonly CancellationTokenSource _sweepEnd = new();
    private readonly Task _sweeping;
    private long _lastThrottledTicks;
    private int _closing;

    private Space(SpaceRecord record, Reconciler reconciler, WriteLog log, CheckpointStore checkpoints, EngineOptions options, EngineServices services, long openedAt)
    {
        (Record, _reconciler, _log, _overflow, _maxRemembered) = (record, reconciler, log, options.Overflow, options.MaxRememberedCommits);
        (_clock, _maxTail, _tailInterval) = (new(services.Time), options.Checkpoints.MaxTailOperations, options.TailInterval);
        Changes = new(log.Reader, reconciler, services.Time);
        _history = new(new(checkpoints.NewLoader(log.Reader, options), log.Reader, reconciler), reconciler, _clock, record.CreatedAt);
        _queue = new(options);
        _writer = new(log, reconciler, _queue, options, _clock, services.Observer);
        _checkpoints = new(reconciler, log, _writer, checkpoints, options, _clock, services.Observer);
        _sweep = new(reconciler, _writer, options, _clock, services.Observer);
        _sweeping = _sweep.RunAsync(_sweepEnd.Token);
        _follower = log.IsShared ? new(_writer, openedAt, options.TailInterval, services.Time, () => ChangeReaders > 0, services.Observer.FollowFailed) : null;
        _embedding = services.Embedder is { } embedder ? new(reconciler, _writer, embedder, _clock, services.Observer) : null;
        _projector = services.Lookups is { } index ? new(record.Incarnation, reconciler, Changes, index, options.Lookups, services) : null;
    }

    /// <summary>Name, life and time of creation.</summary>
    public SpaceRecord Record { get; }

    /// <summary>The newest snapshot. One volatile read.</summary>
    public Snapshot Current => _reconciler.Newest;

    /// <summary>What a read must have reached to see all that was durable when it began.</summary>
    public LogPosition DurableEnd => _writer.DurableEnd;

    /// <summary>
    /// Age of the oldest durable operation that is not visible yet, zero if there is none; where other processes write too, the time since the last look at what they
    /// wrote if that is longer.
    /// </summary>
    public TimeSpan Lag => _follower?.Age is { } age && age > _writer.Age ? age : _writer.Age;

    /// <summary>Bytes of its log files that are there, about.</summary>
    public long LogBytes => _log.Bytes;

    /// <summary>Another process deleted it, or this one did not look for longer than log is kept: it must be found again.</summary>
    public bool IsGone => Failure is CairnException { Kind: ErrorKind.NotFound };

    /// <summary>Why the space takes no more writes (Corrupt, a failed fsync); null while it does.</summary>
    public Exception? Failure => _writer.Failure;

    /// <summary>Opens a space: its newest checkpoint, of which nothing is loaded that nobody asks for, and the log behind that, which is replayed.</summary>
    /// <exception cref="CairnException">Corrupt: the log is damaged before its durable end, or a file of the checkpoint; names file and offset.</exception>
    public static async Task<Space> OpenAsync(SpaceRecord record, ISpaceStore store, EngineOptions options, EngineServices services, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(record);
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(services);
        for (var tries = 1; ; tries++)
        {
            var checkpoints = await CheckpointStore.OpenAsync(store, record, options.Checkpoints, services, cancellationToken).ConfigureAwait(false);
            try
            {
                return await OpenAsync(record, store, checkpoints, options, services, cancellationToken).ConfigureAwait(false);
            }
            catch (CairnException failure) when (failure.Kind is ErrorKind.Corrupt or ErrorKind.NotFound && tries < MaxOpenings)
            {
                // Another process may have written a newer checkpoint, and collected log that this one's is continued by.
                bool isSuperseded;
                try
                {
                    isSuperseded = await checkpoints.IsSupersededAsync(cancellationToken).ConfigureAwait(false);
                }
                finally
                {
                    await checkpoints.DisposeAsync().ConfigureAwait(false);
                }

                if (!isSuperseded)
                {
                    throw;
                }
            }
            catch
            {
                await checkpoints.DisposeAsync().ConfigureAwait(false);
                throw;
            }
        }
    }

    private static async Task<Space> OpenAsync(
        SpaceRecord record, ISpaceStore store, CheckpointStore checkpoints, EngineOptions options, EngineServices services, CancellationToken cancellationToken)
    {
        var openedAt = services.Time.GetTimestamp();
        var reconciler = new Reconciler(record.Incarnation, checkpoints.Hash, options.Capacity, checkpoints.Stored, options.Checkpoints.IsOn || checkpoints.Newest is not null);
        checkpoints.Restore(reconciler.Memory);
        var log = await WriteLog.OpenAsync(
            store.OpenLog(record),
            record.Incarnation,
            () => new(services.NewId()),
            services.Observer,
            checkpoints.LogStart,
            (group, _) => Replay(reconciler, group, options),
            cancellationToken).ConfigureAwait(false);
        try
        {
            reconciler.Publish();
            return new(record, reconciler, log, checkpoints, options, services, openedAt);
        }
        catch
        {
            await log.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Ends a hold that the catalog gave.</summary>
    public void Release() => Use.Leave();

    /// <summary>Who uses it.</summary>
    internal SpaceUse Use { get; } = new();

    /// <summary>It does something that closing it would end or wait for.</summary>
    internal bool IsBusy => _queue.Operations > 0 || Changes.Readers > 0;

    /// <summary>Bytes of memory that its data takes, about.</summary>
    internal long MemoryBytes => _reconciler.MemoryBytes + _history.Bytes;

    /// <summary>Figures of now.</summary>
    public SpaceStatistics GetStatistics()
    {
        var snapshot = Current;
        return new()
        {
            Written = _writer.Written,
            Dropped = _queue.Dropped,
            Pending = _queue.Operations,
            Throttled = _queue.Throttled,
            LogBytes = _log.Bytes,
            LogPosition = _log.End,
            Rounds = _reconciler.Rounds,
            Operations = _reconciler.Operations,
            Concepts = snapshot.ConceptCount,
            Associations = snapshot.AssociationCount,
            DeadConcepts = DeadRows.Of(snapshot).Concepts,
            DeadAssociations = DeadRows.Of(snapshot).Associations,
            SnapshotPosition = snapshot.Position,
            SnapshotAge = _writer.Age,
            Checkpoints = _checkpoints.Count,
            CheckpointPosition = _checkpoints.Position,
            Lookups = _projector?.Newest,
            Embeddings = _embedding?.Progress,
            MemoryBytes = MemoryBytes,
            LastThrottledAt = Volatile.Read(ref _lastThrottledTicks) is var ticks and not 0 ? new(ticks, TimeSpan.Zero) : null,
        };
    }

    /// <summary>Writes a checkpoint now, if there is anything behind the last one.</summary>
    /// <exception cref="CairnException">
    /// Fenced: another process writes them. Unavailable, Corrupt: its files. Invalid (not-supported): the space was opened with <see cref="CheckpointOptions.IsOn"/> unset.
    /// </exception>
    public ValueTask CheckpointAsync(CancellationToken cancellationToken) => _checkpoints.WriteAsync(whole: false, cancellationToken);

    /// <summary>So much lies behind the last checkpoint that the next one is worth its cost. A few reads of memory.</summary>
    public bool NeedsCheckpoint => _checkpoints.IsTailLong;

    /// <summary>Writes a checkpoint now if the space needs one (<see cref="NeedsCheckpoint"/>), for who cannot leave it to the space's own loop.</summary>
    /// <exception cref="CairnException">As <see cref="CheckpointAsync"/>.</exception>
    public ValueTask CheckpointIfNeededAsync(CancellationToken cancellationToken) => _checkpoints.WriteIfLongAsync(cancellationToken);

    /// <summary>Writes a checkpoint of one new segment that holds everything but dead rows and unused keys, and goes on with it.</summary>
    /// <exception cref="CairnException">As <see cref="CheckpointAsync"/>.</exception>
    public ValueTask CompactAsync(CancellationToken cancellationToken) => _checkpoints.WriteAsync(whole: true, cancellationToken);

    /// <summary>Deletes what is no longer kept: expired concepts, checkpoints and what they alone need.</summary>
    /// <exception cref="CairnException">Unavailable, Throttled, Fenced, Corrupt: not all of it.</exception>
    internal async ValueTask TidyAsync(CancellationToken cancellationToken)
    {
        await _sweep.SweepAsync(cancellationToken).ConfigureAwait(false);
        await _checkpoints.RetainAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Takes no more writes, finishes those that it took, and closes the log.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _closing, 1) != 0)
        {
            return;
        }

        await FinishAsync().ConfigureAwait(false);
        if (_projector is not null)
        {
            await _projector.DisposeAsync().ConfigureAwait(false);
        }

        await _checkpoints.DisposeAsync().ConfigureAwait(false);
        await _log.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Closes the space for good: a seal frame ends its log, so that no writer anywhere adds to it.</summary>
    internal async ValueTask SealAsync()
    {
        if (Interlocked.Exchange(ref _closing, 1) != 0)
        {
            return;
        }

        await FinishAsync().ConfigureAwait(false);
        if (_projector is not null)
        {
            await _projector.AbandonAsync().ConfigureAwait(false);
        }

        try
        {
            await _log.AppendSystemAsync(FrameKind.Seal, default, _clock.FrameTime(), CancellationToken.None).ConfigureAwait(false);
        }
        finally
        {
            await _checkpoints.AbandonAsync().ConfigureAwait(false);
            await _log.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Brings the lookups index forward now, without waiting for the next time.</summary>
    internal ValueTask ProjectAsync(CancellationToken cancellationToken) => _projector!.ProjectAsync(cancellationToken);

    /// <summary>Purges what is due now, without waiting for the next time.</summary>
    internal ValueTask SweepAsync(CancellationToken cancellationToken) => _sweep.SweepAsync(cancellationToken);

    private async ValueTask FinishAsync()
    {
        Changes.Close();
        if (_follower is not null)
        {
            await _follower.DisposeAsync().ConfigureAwait(false);
        }

        await _history.CloseAsync().ConfigureAwait(false);
        await _sweepEnd.CancelAsync().ConfigureAwait(false);
        await _sweeping.ConfigureAwait(false);
        _sweepEnd.Dispose();
        if (_embedding is not null)
        {
            await _embedding.DisposeAsync().ConfigureAwait(false);
        }

        _queue.Close();
        await _writer.CloseAsync().ConfigureAwait(false);
        _writer.Dispose();
    }

    // A commit is remembered when it is applied, a little before readers see it: nobody is told an outcome that he cannot read yet.
    private RememberedCommit? IfVisible(RememberedCommit? commit) => commit?.Outcome.Position <= Current.Position ? commit : null;

    private static ValueTask Replay(Reconciler reconciler, LogGroup group, EngineOptions options)
    {
        foreach (var frame in group)
        {
            reconciler.Apply(frame);
            if (reconciler.Unpublished >= options.MaxBatch)
            {
                reconciler.Publish();
            }
        }

        return ValueTask.CompletedTask;
    }
}
