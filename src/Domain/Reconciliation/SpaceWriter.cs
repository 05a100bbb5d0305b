using Cairn.Diagnostics;
using Cairn.Formats;
using Cairn.Log;
using Cairn.Model;
using Cairn.Primitives;

namespace Cairn.Reconciliation;

/// <summary>
/// The way of a commit: queue → group → log → state → snapshot → answer. Whoever adds to the queue while nobody appends takes the turn and appends
/// on his own thread, so that a lone commit passes no other thread; what comes meanwhile gathers and goes with the next append. While the answers of a group go out, the
/// next one waits until it is half as large as groups were (<see cref="GroupSizes"/>).
/// Where other processes append too, what they wrote before a group is applied before it, and <see cref="FollowAsync"/> reads what they wrote since.
/// Invariants: one append or look at a time, by the holder of the turn; none begins before the group before the last one is applied; groups are applied in
/// log order; the turn is given back only where there is nothing worth an append, or the giver looks again; what waits for company is looked at again when the last answer
/// goes out; after a failure that leaves the log unsure nothing more is appended.
/// </summary>
internal sealed class SpaceWriter : IDisposable
{
    private readonly WriteLog _log;
    private readonly WriteQueue _queue;
    private readonly SpaceClock _clock;
    private readonly IEngineObserver _observer;
    private readonly GroupApplier _applier;
    private readonly SemaphoreSlim _turn = new(1);
    private EncodedCommit[] _commits = [];
    private SpaceSettings _settings;
    private GroupSizes _sizes;
    private long _written;
    private int _aloneAwaited;
    private long _durableEnd;
    private volatile Exception? _failure;

    public SpaceWriter(WriteLog log, Reconciler reconciler, WriteQueue queue, EngineOptions options, SpaceClock clock, IEngineObserver observer)
    {
        (_log, _queue, _clock, _observer) = (log, queue, clock, observer);
        (_settings, _durableEnd) = (reconciler.Newest.Settings, reconciler.Newest.Position.Value);
        _applier = new(reconciler, queue, options, clock, observer, Stop, () => Wake(null));
        log.Others = TakeOthersAsync;
    }

    /// <summary>Why the space takes no more writes; null while it does.</summary>
    public Exception? Failure => _failure;

    /// <summary>What a write is told that comes after the failure: nothing of it was appended. Null while the space takes writes.</summary>
    /// <remarks>A new one each time: one that is thrown by several requests at once would mix their stack traces.</remarks>
    public CairnException? Refusal() => _failure switch
    {
        null => null,
        CairnException known => new(known.Kind == ErrorKind.Unknown ? ErrorKind.Fenced : known.Kind, Stopped(known), known) { Problem = known.Problem },
        { } bug => new(ErrorKind.Internal, Stopped(bug), bug),
    };

    /// <summary>Operations made durable.</summary>
    public long Written => Volatile.Read(ref _written);

    /// <summary>Age of the oldest durable operation that readers do not see yet; zero if there is none.</summary>
    public TimeSpan Age => _applier.Age;

    /// <summary>End of the last durable frame that readers will see: the roll frames and file headers behind it change nothing.</summary>
    public LogPosition DurableEnd => new(Volatile.Read(ref _durableEnd));

    /// <summary>To be called after each addition to the queue; sees to it that somebody appends.</summary>
    /// <param name="here">
    /// What was added, for a caller that would append on this thread: then the call may take as long as an append, but what was added needs no other thread. Null: another
    /// thread shall.
    /// </param>
    public void Wake(PendingWrite? here)
    {
        // The addition must be seen before the turn and the answers are looked at: whoever ends one of them does that first and looks at the queue then.
        Interlocked.MemoryBarrier();
        if (_turn.CurrentCount == 0 || !IsWorthAnAppend || !_turn.Wait(0))
        {
            return;
        }

        if (here is not null)
        {
            here.Hold();
            _ = DriveAsync(rounds: 1);
            here.LetGo();
        }
        else
        {
            GoOn();
        }
    }

    /// <summary>Reads, applies and publishes what other processes appended.</summary>
    /// <exception cref="CairnException">Unavailable: the store. Corrupt, NotFound (the space was deleted, or log is gone that was not read): it takes no more writes.</exception>
    public async ValueTask FollowAsync(CancellationToken cancellationToken)
    {
        await RunAloneAsync(_ => FollowAloneAsync(cancellationToken), cancellationToken).ConfigureAwait(false);
        if (Refusal() is { } refusal)
        {
            throw refusal;
        }
    }

    private async ValueTask FollowAloneAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (_failure is null)
            {
                await _log.FollowAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        catch (CairnException failure) when (failure.Kind is not (ErrorKind.Unavailable or ErrorKind.Throttled))
        {
            Stop(failure);
            throw;
        }
        finally
        {
            _applier.PublishOthers();
        }
    }

    /// <summary>Takes a write of the space's own if there is room for it; false: there is none, or the space is closing.</summary>
    public bool TryAdd(PendingWrite write)
    {
        if (!_queue.TryAdd(write))
        {
            return false;
        }

        Wake(null);
        return true;
    }

    /// <summary>Does something while nothing is appended: <see cref="DurableEnd"/> stays. Writes wait for it meanwhile, in the queue.</summary>
    /// <param name="work">Short; may throw. It gets what to await until all that was appended is applied, though perhaps not published.</param>
    /// <param name="cancellationToken">Ends the waiting for its turn; to be given, since a writer that is closed gives none.</param>
    public async ValueTask RunAloneAsync(Func<Func<Task>, ValueTask> work, CancellationToken cancellationToken)
    {
        // Whoever drives lets go between two appends; without being told, it would not before there is nothing left.
        Interlocked.Increment(ref _aloneAwaited);
        var hasTurn = false;
        try
        {
            await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
            hasTurn = true;
        }
        finally
        {
            Interlocked.Decrement(ref _aloneAwaited);
            if (!hasTurn)
            {
                Wake(null);
            }
        }

        try
        {
            await work(() => _applier.WaitUntilIdleAsync(cancellationToken)).ConfigureAwait(false);
        }
        finally
        {
            _applier.EndIdle();
            _turn.Release();
            Wake(null);
        }
    }

    /// <summary>Appends and applies all that the closed queue still holds. Nothing may be asked of the writer afterwards.</summary>
    public async Task CloseAsync()
    {
        await _turn.WaitAsync().ConfigureAwait(false);
        while (_queue.HasWrites)
        {
            await RoundAsync().ConfigureAwait(false);
        }

        await _applier.CloseAsync().ConfigureAwait(false);
    }

    /// <summary>After <see cref="CloseAsync"/>. The turn stays taken for good: a writer that was answered by the closing may still look at it.</summary>
    public void Dispose() => _applier.Dispose();

    // While answers go out, those who get them are about to send again: the end of the answers wakes the writer, so that nothing waits for company that does not come.
    private bool IsWorthAnAppend => Volatile.Read(ref _aloneAwaited) == 0 && _queue.Count is var waiting and > 0 && (_sizes.IsHalf(waiting) || !_applier.IsAnswering);

    // Without the context of the request that happens to wake it: it will work for many.
    private void GoOn() => ThreadPool.UnsafeQueueUserWorkItem(static writer => _ = writer.DriveAsync(int.MaxValue), this, preferLocal: false);

    // Holds the turn when it begins; when it ends nobody holds it and nothing is worth an append, or somebody else does.
    private async Task DriveAsync(int rounds)
    {
        do
        {
            while (IsWorthAnAppend)
            {
                if (rounds-- == 0)
                {
                    GoOn();
                    return;
                }

                await RoundAsync().ConfigureAwait(false);
            }

            _turn.Release();
            Interlocked.MemoryBarrier();
        }
        while (IsWorthAnAppend && _turn.Wait(0));
    }

    // Never throws: whoever waits for one of the writes is told instead.
    private async ValueTask RoundAsync()
    {
        await _applier.WaitForRoomAsync().ConfigureAwait(false);
        var writes = new List<PendingWrite>();
        try
        {
            _queue.Gather(writes, WriteLog.MaxFramesBytes);
            _sizes.Note(writes.Count);
            if (writes.Count > 0 && await AppendAsync(writes).ConfigureAwait(false) is { } group)
            {
                _applier.Take(group);
                return;
            }
        }
        catch (Exception bug)
        {
            Stop(bug);
            Refuse(writes, bug);
        }

        _applier.PublishOthers();
        _applier.LeaveRoom();
    }

    // On the thread of an append or a look, within it.
    private async ValueTask TakeOthersAsync(LogGroup group)
    {
        await _applier.TakeOthersAsync(group).ConfigureAwait(false);
        Volatile.Write(ref _durableEnd, group.End.Value);
        foreach (var frame in group)
        {
            _settings = frame.View.Kind == FrameKind.Configuration ? SettingsCodec.Read(frame.View.Body) : _settings;
        }
    }

    private ValueTask<DurableGroup?> AppendAsync(List<PendingWrite> writes)
    {
        _observer.Reached(WriterStep.Gathered);
        if (Refusal() is { } refusal)
        {
            Refuse(writes, refusal);
            return default;
        }

        return writes[0] switch
        {
            { Change: { } change } => ConfigureAsync(writes, change),
            { EndsGeneration: true } => SendAsync(writes, _log.AppendSystemAsync(FrameKind.Generation, default, _clock.FrameTime(), CancellationToken.None)),
            { Purged: { } ids } => SendAsync(writes, _log.AppendSystemAsync(FrameKind.Purge, ids, _clock.FrameTime(), CancellationToken.None)),
            { Embedded: { } vectors } => SendAsync(writes, _log.AppendSystemAsync(FrameKind.Embeddings, vectors, _clock.FrameTime(), CancellationToken.None)),
            _ => AppendCommitsAsync(writes, _clock.FrameTime()),
        };
    }

    private ValueTask<DurableGroup?> AppendCommitsAsync(List<PendingWrite> writes, Timestamp now)
    {
        RefuseBroken(writes);
        RefuseAhead(writes, now, _log.LatestFirstSent(now));
        return writes.Count == 0 ? default : SendAsync(writes, _log.AppendAsync(Commits(writes), now, CancellationToken.None));
    }

    private void RefuseBroken(List<PendingWrite> writes)
    {
        for (var i = writes.Count - 1; i >= 0; i--)
        {
            if (writes[i] is { Chain.IsBroken: true } write)
            {
                writes.RemoveAt(i);
                Refuse([write], WriteChain.Refusal());
            }
        }
    }

    // Here, not at the door: the clock may have been set since.
    private void RefuseAhead(List<PendingWrite> writes, Timestamp now, Timestamp latest)
    {
        for (var i = writes.Count - 1; i >= 0; i--)
        {
            if (writes[i] is var write && write.Commit!.FirstSent is var firstSent && firstSent > latest)
            {
                writes.RemoveAt(i);
                var (limit, lead) = ((long)WriteLog.MaxClockLead.TotalSeconds, (firstSent.Microseconds - now.Microseconds) / 1_000_000);
                Refuse([write], CairnException.OverLimit("firstSent", $"the commit says that it was first sent {lead} s ahead of now; at most {limit} s may be", limit, lead));
            }
        }
    }

    private async ValueTask<DurableGroup?> ConfigureAsync(List<PendingWrite> writes, Func<SpaceSettings, SpaceSettings> change)
    {
        SpaceSettings changed;
        byte[] body;
        try
        {
            // Another process's settings are not to be lost; in the moment until the append somebody may change them all the same, and then the later ones count.
            await _log.FollowAsync(CancellationToken.None).ConfigureAwait(false);
            changed = change(_settings);
            body = SettingsCodec.Write(changed);
        }
        catch (Exception refused)
        {
            // The change is the caller's code: what it throws, and settings that cannot be, are the caller's to hear and nobody else's.
            Refuse(writes, refused);
            return null;
        }

        var append = _log.AppendSystemAsync(FrameKind.Configuration, body, _clock.FrameTime(), CancellationToken.None);
        var group = await SendAsync(writes, append).ConfigureAwait(false);
        _settings = group is null ? _settings : changed;
        return group;
    }

    private async ValueTask<DurableGroup?> SendAsync(List<PendingWrite> writes, ValueTask<LogGroup> append)
    {
        try
        {
            return Durable(await append.ConfigureAwait(false), writes);
        }
        catch (CairnException refused) when (refused.Kind is ErrorKind.Unavailable or ErrorKind.Throttled || (refused.Kind == ErrorKind.Unknown && _log.IsShared))
        {
            Refuse(writes, refused);
        }
        catch (Exception stopped)
        {
            Stop(stopped);
            Refuse(writes, stopped);
        }

        return null;
    }

    private ReadOnlyMemory<EncodedCommit> Commits(List<PendingWrite> writes)
    {
        if (_commits.Length < writes.Count)
        {
            _commits = new EncodedCommit[writes.Count * 2];
        }

        for (var i = 0; i < writes.Count; i++)
        {
            _commits[i] = writes[i].Commit!;
        }

        return _commits.AsMemory(0, writes.Count);
    }

    private DurableGroup Durable(LogGroup group, List<PendingWrite> writes)
    {
        var now = _applier.NoteDurable();
        var i = 0;
        foreach (var frame in group)
        {
            Interlocked.Add(ref _written, writes[i].Operations);
            Volatile.Write(ref _durableEnd, frame.Position.Value);
            writes[i++].SetDurable(frame.Position);
        }

        _observer.Reached(WriterStep.Appended);
        return new(group, writes, now);
    }

    private void Refuse(List<PendingWrite> writes, Exception failure)
    {
        foreach (var write in writes)
        {
            _queue.Release(write);
            write.Fail(failure);
        }
    }

    private static string Stopped(Exception failure) => "the space takes no more writes: " + failure.Message;

    private void Stop(Exception failure)
    {
        _failure ??= failure;
        _observer.Stopped(failure);
    }
}
