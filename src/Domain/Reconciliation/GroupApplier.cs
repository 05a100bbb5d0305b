using System.Threading.Channels;
using Cairn.Diagnostics;
using Cairn.Log;
using Cairn.Model;
using Cairn.Primitives;

namespace Cairn.Reconciliation;

/// <summary>A group that the log has.</summary>
/// <param name="Group">Its frames.</param>
/// <param name="Writes">What each frame came from; none: another process.</param>
/// <param name="DurableAt">When it became durable, as the clock's timestamp.</param>
internal readonly record struct DurableGroup(LogGroup Group, List<PendingWrite> Writes, long DurableAt);

/// <summary>
/// Applies durable groups in log order, publishes snapshots and answers. A small group that somebody waits for is applied where it was appended; a
/// large one, or one behind others, in a loop of its own, so that the next append can begin meanwhile. Answers go out on threads of the pool, but for the appender's own.
/// Groups of other processes are applied where they were found, by whoever has the turn, behind all that was handed to the loop.
/// Invariants: one thread at a time applies; the appender's does only while no group is handed to the loop and not yet published, and only the
/// appender hands groups over; a direct commit is answered after its snapshot is published.
/// </summary>
internal sealed class GroupApplier : IDisposable
{
    /// <summary>Groups between the beginning of their append and the end of their application: the log lends each until the append after the next one.</summary>
    private const int MaxGroupsUnderWay = 2;

    /// <summary>Operations that an appender applies itself while others wait for their append: some 0.1 ms, about as long as waking the loop takes.</summary>
    private const int MaxOperationsBeforeOthers = 128;

    private readonly Reconciler _reconciler;
    private readonly WriteQueue _queue;
    private readonly EngineOptions _options;
    private readonly SpaceClock _clock;
    private readonly IEngineObserver _observer;
    private readonly Action<Exception> _stop;
    private readonly Action _answered;
    private readonly Channel<DurableGroup> _groups = Channel.CreateUnbounded<DurableGroup>(new() { SingleReader = true, SingleWriter = true });
    private readonly SemaphoreSlim _underWay = new(MaxGroupsUnderWay);
    private readonly List<Applied> _applied = [];
    private readonly CommitTraces _traces;
    private readonly Task _loop;
    private long _oldestUnpublished;
    private int _handed;
    private int _appliedGroups;
    private int _answering;
    private int _idleRoom;
    private bool _hasUnpublished;
    private bool _stateIsBroken;
    private TaskCompletionSource? _drained;

    private readonly record struct Applied(PendingWrite Write, CommitOutcome? Outcome);

    public GroupApplier(
        Reconciler reconciler, WriteQueue queue, EngineOptions options, SpaceClock clock, IEngineObserver observer, Action<Exception> stop, Action answered)
    {
        (_reconciler, _queue, _options, _clock, _observer, _stop, _answered) = (reconciler, queue, options, clock, observer, stop, answered);
        _traces = new(observer, clock);
        _loop = Task.Run(LoopAsync);
    }

    /// <summary>Age of the oldest durable operation that readers do not see yet; zero if there is none.</summary>
    public TimeSpan Age => Volatile.Read(ref _oldestUnpublished) is var since and not 0 ? _clock.Time.GetElapsedTime(since) : TimeSpan.Zero;

    /// <summary>Answers are on their way to those who wait for them.</summary>
    public bool IsAnswering => Volatile.Read(ref _answering) > 0;

    /// <summary>Before a group is appended.</summary>
    public Task WaitForRoomAsync() => _underWay.WaitAsync();

    /// <summary>There is no group after all.</summary>
    public void LeaveRoom() => _underWay.Release();

    /// <summary>Waits until no group is under way; none will be before <see cref="EndIdle"/>. Only the holder of the append's turn, once.</summary>
    public async Task WaitUntilIdleAsync(CancellationToken cancellationToken)
    {
        for (; _idleRoom < MaxGroupsUnderWay; _idleRoom++)
        {
            await _underWay.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Groups may be under way again. The holder of the append's turn, before he gives it back.</summary>
    public void EndIdle()
    {
        for (; _idleRoom > 0; _idleRoom--)
        {
            _underWay.Release();
        }
    }

    /// <summary>Operations are durable from now on that readers do not see yet.</summary>
    /// <returns>The clock's timestamp.</returns>
    public long NoteDurable()
    {
        var now = _clock.Time.GetTimestamp();
        Interlocked.CompareExchange(ref _oldestUnpublished, now, 0);
        return now;
    }

    /// <summary>Takes the next group. One thread at a time.</summary>
    public void Take(in DurableGroup group)
    {
        if (Volatile.Read(ref _handed) == 0 && IsForHere(group.Writes))
        {
            ApplyNext(group);
            PublishOrBreak();
            return;
        }

        Interlocked.Increment(ref _handed);
        _groups.Writer.TryWrite(group);
    }

    /// <summary>Applies a group that another process appended, when all before it are applied. The holder of the turn; its bytes are free when this completes.</summary>
    public async ValueTask TakeOthersAsync(LogGroup group)
    {
        await DrainAsync().ConfigureAwait(false);
        lock (_reconciler.Turn)
        {
            Apply(new(group, [], 0));
        }
    }

    /// <summary>Publishes what <see cref="TakeOthersAsync"/> applied. The holder of the turn.</summary>
    public void PublishOthers()
    {
        if (Volatile.Read(ref _handed) == 0 && _hasUnpublished)
        {
            PublishOrBreak();
        }
    }

    // Completes when nothing is handed to the loop: only the holder of the turn hands over, and he waits.
    private async ValueTask DrainAsync()
    {
        while (Volatile.Read(ref _handed) > 0)
        {
            // Set before the look: the loop lowers the count before it looks for who waits.
            var drained = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            Interlocked.Exchange(ref _drained, drained);
            if (Volatile.Read(ref _handed) > 0)
            {
                await drained.Task.ConfigureAwait(false);
            }
        }
    }

    /// <summary>Applies and publishes all that was taken, and ends.</summary>
    public Task CloseAsync()
    {
        _groups.Writer.TryComplete();
        return _loop;
    }

    /// <summary>After <see cref="CloseAsync"/>.</summary>
    public void Dispose() => _underWay.Dispose();

    private bool IsForHere(List<PendingWrite> writes)
    {
        var (operations, isAwaited) = (0, false);
        foreach (var write in writes)
        {
            operations += write.Operations;
            isAwaited |= write.AwaitsOutcome;
        }

        return isAwaited && (operations <= MaxOperationsBeforeOthers || !_queue.HasWrites);
    }

    private async Task LoopAsync()
    {
        var unpublishedSince = 0L;
        while (await _groups.Reader.WaitToReadAsync().ConfigureAwait(false))
        {
            while (_groups.Reader.TryRead(out var group))
            {
                unpublishedSince = _appliedGroups == 0 ? group.DurableAt : unpublishedSince;
                ApplyNext(group);
                _appliedGroups++;
                if (!MayGather || !await MoreComesAsync(unpublishedSince).ConfigureAwait(false))
                {
                    PublishHanded();
                }
            }
        }

        PublishHanded();
    }

    // The last that the loop touches: from here on the appender's thread may apply.
    private void PublishHanded()
    {
        PublishOrBreak();
        var published = _appliedGroups;
        _appliedGroups = 0;
        if (Interlocked.Add(ref _handed, -published) == 0)
        {
            Interlocked.Exchange(ref _drained, null)?.TrySetResult();
        }
    }

    /// <summary>Nobody waits for an outcome, and the batch is not full.</summary>
    private bool MayGather => _applied.TrueForAll(static item => !item.Write.AwaitsOutcome) && _reconciler.Unpublished < _options.MaxBatch;

    /// <summary>Waits for the next group until the interval is over; false: there is none.</summary>
    private async ValueTask<bool> MoreComesAsync(long since)
    {
        var left = _options.ReconcileInterval - _clock.Time.GetElapsedTime(since);
        if (left <= TimeSpan.Zero)
        {
            return false;
        }

        using var limit = new CancellationTokenSource(left, _clock.Time);
        try
        {
            return await _groups.Reader.WaitToReadAsync(limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private void ApplyNext(in DurableGroup group)
    {
        lock (_reconciler.Turn)
        {
            Apply(group);
        }

        _underWay.Release();
    }

    private void Apply(in DurableGroup group)
    {
        var next = 0;
        try
        {
            foreach (var frame in group.Group)
            {
                Invariant.Require(!_stateIsBroken, "the state is not used after a failed replay");
                var outcome = _reconciler.Apply(frame);
                _hasUnpublished = true;
                if (next < group.Writes.Count)
                {
                    _applied.Add(new(group.Writes[next++], outcome));
                    _traces.Add(frame, group.DurableAt);
                }

                if (_reconciler.Unpublished >= _options.MaxBatch)
                {
                    Publish();
                }
            }

            _observer.Reached(WriterStep.Applied);
        }
        catch (Exception damaged)
        {
            Break(damaged);
            Disown(group.Writes[next..], damaged);
        }
    }

    // Everybody is answered, whatever happens: nobody waits for good.
    private void PublishOrBreak()
    {
        try
        {
            Publish();
        }
        catch (Exception damaged)
        {
            Break(damaged);
        }
    }

    // What is applied is durable, but what it does is not known: the next opening will tell.
    private void Break(Exception damaged)
    {
        _stop(damaged);
        (_stateIsBroken, _hasUnpublished) = (true, false);
        Disown(_applied.ConvertAll(static item => item.Write), damaged);
        _applied.Clear();
    }

    // Each is told with an exception of its own: one that is thrown by several requests at once would mix their stack traces.
    private void Disown(List<PendingWrite> writes, Exception damaged)
    {
        foreach (var write in writes)
        {
            _queue.Release(write);
            write.Fail(new CairnException(ErrorKind.Unknown, "the write is in the log, but what it did is not known before the space is opened again", damaged));
        }
    }

    private void Publish()
    {
        if (!_hasUnpublished)
        {
            return;
        }

        _hasUnpublished = false;
        _reconciler.Publish();
        _observer.Reached(WriterStep.Published);
        _traces.Report();
        // Only the loop reads the channel: an appender applies only while there is nothing in it.
        Volatile.Write(ref _oldestUnpublished, Volatile.Read(ref _handed) > 0 && _groups.Reader.TryPeek(out var next) ? next.DurableAt : 0);
        Answer();
        _applied.Clear();
    }

    private void Answer()
    {
        AnswerRun? run = null;
        foreach (var (write, outcome) in _applied)
        {
            _queue.Release(write);
            if (write.AwaitsOutcome && !write.TrySetHere(outcome))
            {
                run ??= new(EndAnswering);
                run.Add(write, outcome);
            }
        }

        if (run is not null)
        {
            Interlocked.Increment(ref _answering);
            run.Start();
        }
    }

    private void EndAnswering()
    {
        if (Interlocked.Decrement(ref _answering) == 0)
        {
            _answered();
        }
    }
}
