using Cairn.Diagnostics;
using Cairn.Formats.Segments;
using Cairn.Log;
using Cairn.Primitives;
using Cairn.Reconciliation.Compaction;
using Cairn.Snapshots.Checkpoints;
using Cairn.Storage;

namespace Cairn.Reconciliation.Checkpoints;

/// <summary>
/// Writes the checkpoints of one open space when they are due, and deletes what they make needless.
/// Invariants: one checkpoint at a time; before the first one this process claims an epoch of its own by a manifest, so that every file of it carries that
/// epoch and a writer before it is fenced; what a capture took and was not stored is given back; a segment of another process is only added to by a state that
/// was loaded from it, since chunks are numbered as each process happened to fill them. So where another process wrote a checkpoint, this one goes on from
/// that before it writes one of its own, and usually needs none then. Who has just begun to write gets an interval before another one that finds a checkpoint due
/// takes over, and twice as long each time that nothing came of it: else two would take it from each other for ever.
/// </summary>
internal sealed class CheckpointKeeper : IAsyncDisposable
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan BetweenRetains = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan MaxPatience = TimeSpan.FromMinutes(10);

    private readonly Reconciler _reconciler;
    private readonly WriteLog _log;
    private readonly GenerationChange _generation;
    private readonly CheckpointStore _store;
    private readonly CheckpointOptions _options;
    private readonly SpaceClock _clock;
    private readonly IEngineObserver _observer;
    private readonly SemaphoreSlim _wake = new(0, 1);
    private readonly SemaphoreSlim _turn = new(1);
    private readonly CancellationTokenSource _stop = new();
    private readonly RetryPace _writing = new();
    private readonly RetryPace _retaining = new();
    private readonly Task _loop;
    private TaskCompletionSource _room = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _baseOperations;
    private long _baseBytes;
    private long _lastBytes;
    private long _count;
    private long _position;
    private long _beganAt;
    private long _retainedAt;
    private long _othersSince;
    private TimeSpan _patience;
    private volatile bool _isClosed;
    private volatile bool _isGone;

    public CheckpointKeeper(
        Reconciler reconciler, WriteLog log, SpaceWriter writer, CheckpointStore store, EngineOptions options, SpaceClock clock, IEngineObserver observer)
    {
        (_reconciler, _log, _store, _options, _clock, _observer) = (reconciler, log, store, options.Checkpoints, clock, observer);
        _generation = new(reconciler, writer, store.NewLoader(log.Reader, options), clock);

        // A burst into a space that was just opened is not slowed by a checkpoint of it. Another process may be writing one right now.
        _beganAt = _retainedAt = _othersSince = clock.Time.GetTimestamp();
        var opened = store.Newest;
        _patience = log.IsShared && opened is not null ? _options.Interval : TimeSpan.Zero;
        (_baseOperations, _position) = (opened?.State?.Operations ?? 0, opened?.Manifest.Position.Value ?? 0);
        _lastBytes = opened?.Segments.Segments.Sum(static segment => segment.LengthBytes) ?? 0;
        _loop = _options.IsOn ? RunAsync() : Task.CompletedTask;
        Nudge();
    }

    /// <summary>Checkpoints written since the space was opened.</summary>
    public long Count => Volatile.Read(ref _count);

    /// <summary>What the newest checkpoint holds.</summary>
    public LogPosition Position => new(Volatile.Read(ref _position));

    /// <summary>Operations behind the last checkpoint.</summary>
    public long TailOperations => _reconciler.Operations - Volatile.Read(ref _baseOperations);

    /// <summary>Bytes of log behind the last checkpoint.</summary>
    public long TailBytes => _log.TailBytes - Volatile.Read(ref _baseBytes);

    /// <summary>No write may come before a checkpoint has shortened the tail.</summary>
    public bool IsFull => _options.IsOn && (TailOperations >= _options.MaxTailOperations || TailBytes >= _options.MaxTailBytes);

    /// <summary>A checkpoint is worth its cost by now, whenever the last one was. Costs a few reads of memory.</summary>
    public bool IsTailLong => _options.IsOn
        && (IsUrgent || ((TailOperations >= _options.TailOperations || TailBytes >= _options.TailBytes) && TailBytes >= _lastBytes / 4));

    /// <summary>Looks whether a checkpoint is due. After writes; costs a few reads of memory.</summary>
    public void Nudge()
    {
        if (_options.IsOn && _wake.CurrentCount == 0 && IsDue)
        {
            Wake();
        }
    }

    /// <summary>Waits until a checkpoint has made room.</summary>
    public async ValueTask WaitForRoomAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            // Taken before the look: a checkpoint in between has either completed it or is seen by the look.
            var room = Volatile.Read(ref _room).Task;
            if (_isClosed || _isGone)
            {
                throw _isGone
                    ? new CairnException(ErrorKind.NotFound, "the space was deleted") { Problem = "unknown-space" }
                    : new CairnException(ErrorKind.Unavailable, "the space is closing");
            }

            if (!IsFull)
            {
                return;
            }

            await room.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Writes a checkpoint of all that was applied, if the last one lacks anything.</summary>
    /// <param name="whole">In any case, and everything into one segment, without dead rows and unused keys.</param>
    /// <param name="cancellationToken">Ends the writing; then the last checkpoint stays the newest.</param>
    /// <exception cref="CairnException">Fenced: another process writes them. Unavailable, Corrupt: the files. Invalid (not-supported): they are off.</exception>
    public ValueTask WriteAsync(bool whole, CancellationToken cancellationToken) => _options.IsOn
        ? WriteAsync(whole, () => whole || _reconciler.Newest.Position > Position || _store.Newest is null || _reconciler.HasUnstoredIndex, isPatient: false, cancellationToken)
        : throw new CairnException(ErrorKind.Invalid, "checkpoints are off here: what they need of each commit was not kept") { Problem = "not-supported" };

    /// <summary>Writes a checkpoint now if the tail is long, without waiting for the interval to pass.</summary>
    /// <exception cref="CairnException">As <see cref="WriteAsync(bool, CancellationToken)"/>.</exception>
    public ValueTask WriteIfLongAsync(CancellationToken cancellationToken) => WriteAsync(whole: false, () => IsTailLong, isPatient: false, cancellationToken);

    private async ValueTask WriteAsync(bool whole, Func<bool> isWanted, bool isPatient, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (!isWanted())
            {
                return;
            }

            if (await GoOnFromOthersAsync(cancellationToken).ConfigureAwait(false) && isWanted() && !(isPatient && IsAnothersTurn))
            {
                await WriteTurnAsync(whole, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new CairnException(ErrorKind.Unavailable, "the space is closing");
        }
        finally
        {
            _turn.Release();
        }
    }

    // False: another process writes them, and this space is closing.
    private async ValueTask<bool> GoOnFromOthersAsync(CancellationToken cancellationToken)
    {
        if (await _store.FindOthersAsync(cancellationToken).ConfigureAwait(false) is not { } others)
        {
            return true;
        }

        if (_isClosed)
        {
            return false;
        }

        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stop.Token);
        var loaded = await _generation.GoOnFromAsync(others, either.Token).ConfigureAwait(false);
        _store.GoOnFrom(loaded);

        // Who wrote it is at it, as it seems. A manifest without anything new only says that he began.
        _patience = others.Position > Position || _patience == TimeSpan.Zero ? _options.Interval : TimeSpan.FromTicks(Math.Min(_patience.Ticks * 2, MaxPatience.Ticks));
        _beganAt = _othersSince = _clock.Time.GetTimestamp();
        SetBase(loaded.Stored, _log.TailBytes - _log.BytesBehind(others.Position));
        return true;
    }

    private void SetBase(StoredCheckpoint stored, long tailBytes)
    {
        Volatile.Write(ref _baseOperations, stored.State?.Operations ?? 0);
        Volatile.Write(ref _baseBytes, tailBytes);
        Volatile.Write(ref _position, stored.Manifest.Position.Value);
        _lastBytes = stored.Segments.Segments.Sum(static segment => segment.LengthBytes);
        MakeRoom();
    }

    /// <summary>Deletes what the retention has passed since the last checkpoint, if there is anything; a space that nobody writes to has no next one.</summary>
    /// <exception cref="CairnException">Fenced: another process writes checkpoints. Unavailable, Corrupt: the files.</exception>
    public async ValueTask RetainAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            _retainedAt = _clock.Time.GetTimestamp();
            if (_options.IsOn && await _store.TryThinAsync(cancellationToken).ConfigureAwait(false))
            {
                await _store.CollectAsync(_log, cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Ends the loop, and writes a last checkpoint if the tail is long, or an index would be lost. Nothing is appended or applied any more.</summary>
    public async ValueTask DisposeAsync()
    {
        await EndAsync().ConfigureAwait(false);
        if (_options.IsOn && (TailOperations >= _options.ClosingOperations || _reconciler.HasUnstoredIndex))
        {
            await TryWriteAsync(CancellationToken.None).ConfigureAwait(false);
        }

        await _store.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Ends the loop without a last checkpoint: the space is being deleted.</summary>
    public async ValueTask AbandonAsync()
    {
        await EndAsync().ConfigureAwait(false);
        await _store.DisposeAsync().ConfigureAwait(false);
    }

    private async ValueTask EndAsync()
    {
        _isClosed = true;
        await _stop.CancelAsync().ConfigureAwait(false);
        await _loop.ConfigureAwait(false);
        MakeRoom();
    }

    // Or wakes those who wait for it in vain.
    private void MakeRoom() => Interlocked.Exchange(ref _room, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();

    private bool IsUrgent => TailOperations >= _options.MaxTailOperations / 2 || TailBytes >= _options.MaxTailBytes / 2;

    private bool IsDue => IsUrgent || ((IsTailLong || _reconciler.HasUnstoredIndex) && UntilInterval <= TimeSpan.Zero);

    private bool IsAnothersTurn => _clock.Time.GetElapsedTime(_othersSince) < _patience;

    private TimeSpan UntilInterval => _options.Interval - _clock.Time.GetElapsedTime(_beganAt);

    private void Wake()
    {
        try
        {
            _wake.Release();
        }
        catch (SemaphoreFullException)
        {
            // It is awake already, or somebody else woke it at the same time.
        }
    }

    private async Task RunAsync()
    {
        using var look = _clock.Time.CreateTimer(static keeper => ((CheckpointKeeper)keeper!).Wake(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        try
        {
            while (!_isGone)
            {
                // Who writes wakes the loop, but looks before what he wrote is applied; so it looks by itself too, now and then.
                var left = UntilInterval;
                look.Change(left > TimeSpan.Zero ? left : LookInterval, Timeout.InfiniteTimeSpan);
                await _wake.WaitAsync(_stop.Token).ConfigureAwait(false);
                if (_clock.Time.GetElapsedTime(_retainedAt) >= BetweenRetains)
                {
                    await TryAsync(RetainAsync, _retaining, _stop.Token).ConfigureAwait(false);
                }

                if (IsDue && (!await TryWriteAsync(_stop.Token).ConfigureAwait(false) || IsAnothersTurn))
                {
                    await Task.Delay(_writing.Pause, _clock.Time, _stop.Token).ConfigureAwait(false);
                    Nudge();
                }
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
        }
    }

    private ValueTask<bool> TryWriteAsync(CancellationToken cancellationToken) =>
        TryAsync(cancelled => WriteAsync(whole: false, () => IsDue || _isClosed, isPatient: !_isClosed, cancelled), _writing, cancellationToken);

    // Nobody is there to be thrown at. What goes wrong is told, and tried again.
    private async ValueTask<bool> TryAsync(Func<CancellationToken, ValueTask> run, RetryPace pace, CancellationToken cancellationToken)
    {
        try
        {
            await run(cancellationToken).ConfigureAwait(false);
            pace.Succeed();
            return true;
        }
        catch (Exception failure) when (failure is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            if (pace.Fail(failure))
            {
                _observer.CheckpointFailed(failure);
            }

            if (failure is CairnException { Kind: ErrorKind.NotFound, Problem: "unknown-space" })
            {
                // Another process deleted the space: no checkpoint will make room any more.
                _isGone = true;
                MakeRoom();
            }

            return false;
        }
    }

    private async ValueTask WriteTurnAsync(bool whole, CancellationToken cancellationToken)
    {
        var began = _clock.Time.GetTimestamp();
        _beganAt = began;
        await _store.ClaimAsync(cancellationToken).ConfigureAwait(false);
        var tailBytes = _log.TailBytes;
        var compacted = await CaptureGenerationAsync(whole, cancellationToken).ConfigureAwait(false);
        var capture = compacted ?? _reconciler.Capture();
        var appends = _log.AppendCount;
        var form = compacted is not null ? CheckpointForm.Compacted : whole ? CheckpointForm.Whole : CheckpointForm.Changes;
        StoredCheckpoint stored;
        long writtenBytes;
        try
        {
            (stored, writtenBytes) = await _store.WriteAsync(capture, appends, form, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            _reconciler.Return(capture);
            throw;
        }

        var operations = stored.State!.Operations - _baseOperations;
        SetBase(stored, tailBytes);
        _patience = TimeSpan.Zero;
        Interlocked.Increment(ref _count);
        var report = new CheckpointReport(stored.Manifest.Number, operations, writtenBytes, _lastBytes + stored.Manifest.Indexes.Sum(static file => file.LengthBytes), _clock.Time.GetElapsedTime(began));
        _observer.Checkpointed(report);
        if (compacted is not null)
        {
            await AdoptAsync(stored.Manifest, DeadRows.Of(capture.Snapshot), cancellationToken).ConfigureAwait(false);
        }

        await _store.CollectAsync(_log, cancellationToken).ConfigureAwait(false);
    }

    // A space that is closing takes no frame any more.
    private async ValueTask<CheckpointCapture?> CaptureGenerationAsync(bool wanted, CancellationToken cancellationToken)
    {
        if (_isClosed || !(wanted || DeadRows.IsWorthIt(_reconciler.Newest, _options.CompactionRows)))
        {
            return null;
        }

        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stop.Token);
        return await _generation.CaptureAsync(either.Token).ConfigureAwait(false);
    }

    private async ValueTask AdoptAsync(Manifest manifest, DeadRows dead, CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stop.Token);
        var began = _clock.Time.GetTimestamp();
        var adoption = await _generation.AdoptAsync(manifest, either.Token).ConfigureAwait(false);
        _store.Adopted();
        _observer.Compacted(new(manifest.Number, dead.Concepts, dead.Associations, adoption.Operations, adoption.Pause, _clock.Time.GetElapsedTime(began)));
    }
}
