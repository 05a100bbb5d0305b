using System.Threading.Channels;
using Cairn.Diagnostics;
using Cairn.Formats;
using Cairn.Log;
using Cairn.Model;
using Cairn.Primitives;

namespace Cairn.Reconciliation;

/// <summary>
/// The way of a commit: queue → group → log → state → snapshot → answer. Two loops, so that the next group is appended while the last
/// one is applied: one takes what gathered in the queue and appends it, the other applies durable groups and publishes.
/// Invariants: one append at a time, and none begins before the group before the last one is applied; groups are applied in log order;
/// a direct commit is answered after its snapshot is published; after a failure that leaves the log unsure nothing more is appended.
/// </summary>
internal sealed class SpaceWriter(WriteLog log, Reconciler reconciler, WriteQueue queue, EngineOptions options, SpaceClock clock, IEngineObserver observer)
    : IDisposable
{
    /// <summary>Groups between the beginning of their append and the end of their application: the log lends each until the append after the next one.</summary>
    private const int MaxGroupsUnderWay = 2;

    private readonly Channel<DurableGroup> _groups = Channel.CreateUnbounded<DurableGroup>(new() { SingleReader = true, SingleWriter = true });
    private readonly SemaphoreSlim _underWay = new(MaxGroupsUnderWay);
    private readonly List<Applied> _applied = [];
    private EncodedCommit[] _commits = [];
    private SpaceSettings _settings = reconciler.Newest.Settings;
    private long _oldestUnpublished;
    private long _written;
    private long _durableEnd = reconciler.Newest.Position.Value;
    private bool _stateIsBroken;
    private volatile Exception? _failure;

    private readonly record struct DurableGroup(LogGroup Group, List<PendingWrite> Writes, long DurableAt);

    private readonly record struct Applied(PendingWrite Write, CommitOutcome? Outcome);

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
    public TimeSpan Age => Volatile.Read(ref _oldestUnpublished) is var since and not 0 ? clock.Time.GetElapsedTime(since) : TimeSpan.Zero;

    /// <summary>End of the last durable frame that readers will see: the roll frames and file headers behind it change nothing.</summary>
    public LogPosition DurableEnd => new(Volatile.Read(ref _durableEnd));

    /// <summary>Runs both loops until the queue is closed and everything in it is answered.</summary>
    public Task RunAsync() => Task.WhenAll(Task.Run(AppendLoopAsync), Task.Run(ApplyLoopAsync));

    /// <summary>After <see cref="RunAsync"/> has completed.</summary>
    public void Dispose() => _underWay.Dispose();

    private async Task AppendLoopAsync()
    {
        while (await queue.WaitAsync().ConfigureAwait(false))
        {
            await _underWay.WaitAsync().ConfigureAwait(false);
            var writes = new List<PendingWrite>();
            queue.Gather(writes, WriteLog.MaxFramesBytes);
            if (writes.Count > 0 && await AppendAsync(writes).ConfigureAwait(false) is { } group)
            {
                _groups.Writer.TryWrite(group);
            }
            else
            {
                _underWay.Release();
            }
        }

        _groups.Writer.Complete();
    }

    private ValueTask<DurableGroup?> AppendAsync(List<PendingWrite> writes)
    {
        observer.Reached(WriterStep.Gathered);
        if (Refusal() is { } refusal)
        {
            Refuse(writes, refusal);
            return default;
        }

        return writes[0] switch
        {
            { Change: { } change } => ConfigureAsync(writes, change),
            { Purged: { } ids } => SendAsync(writes, () => log.AppendSystemAsync(FrameKind.Purge, ids, clock.FrameTime(), CancellationToken.None)),
            _ => SendAsync(writes, () => log.AppendAsync(Commits(writes), clock.FrameTime(), CancellationToken.None)),
        };
    }

    private async ValueTask<DurableGroup?> ConfigureAsync(List<PendingWrite> writes, Func<SpaceSettings, SpaceSettings> change)
    {
        SpaceSettings changed;
        byte[] body;
        try
        {
            changed = change(_settings);
            body = SettingsCodec.Write(changed);
        }
        catch (Exception refused)
        {
            // The change is the caller's code: what it throws, and settings that cannot be, are the caller's to hear and nobody else's.
            Refuse(writes, refused);
            return null;
        }

        var group = await SendAsync(
            writes, () => log.AppendSystemAsync(FrameKind.Configuration, body, clock.FrameTime(), CancellationToken.None)).ConfigureAwait(false);
        _settings = group is null ? _settings : changed;
        return group;
    }

    private async ValueTask<DurableGroup?> SendAsync(List<PendingWrite> writes, Func<ValueTask<LogGroup>> append)
    {
        try
        {
            return Durable(await append().ConfigureAwait(false), writes);
        }
        catch (CairnException refused) when (refused.Kind is ErrorKind.Unavailable or ErrorKind.Throttled)
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
        var now = clock.Time.GetTimestamp();
        Interlocked.CompareExchange(ref _oldestUnpublished, now, 0);
        var i = 0;
        foreach (var frame in group)
        {
            Interlocked.Add(ref _written, writes[i].Operations);
            Volatile.Write(ref _durableEnd, frame.Position.Value);
            writes[i++].SetDurable(frame.Position);
        }

        observer.Reached(WriterStep.Appended);
        return new(group, writes, now);
    }

    private async Task ApplyLoopAsync()
    {
        var unpublishedSince = 0L;
        while (await _groups.Reader.WaitToReadAsync().ConfigureAwait(false))
        {
            while (_groups.Reader.TryRead(out var group))
            {
                unpublishedSince = _applied.Count == 0 ? group.DurableAt : unpublishedSince;
                Apply(group);
                _underWay.Release();
                if (!MayGather || !await MoreComesAsync(unpublishedSince).ConfigureAwait(false))
                {
                    PublishOrBreak();
                }
            }
        }

        PublishOrBreak();
    }

    /// <summary>Nobody waits for an outcome, and the batch is not full.</summary>
    private bool MayGather => _applied.TrueForAll(static item => !item.Write.AwaitsOutcome) && reconciler.Unpublished < options.MaxBatch;

    /// <summary>Waits for the next group until the interval is over; false: there is none.</summary>
    private async ValueTask<bool> MoreComesAsync(long since)
    {
        var left = options.ReconcileInterval - clock.Time.GetElapsedTime(since);
        if (left <= TimeSpan.Zero)
        {
            return false;
        }

        using var limit = new CancellationTokenSource(left, clock.Time);
        try
        {
            return await _groups.Reader.WaitToReadAsync(limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private void Apply(in DurableGroup group)
    {
        var next = 0;
        try
        {
            foreach (var frame in group.Group)
            {
                Invariant.Require(!_stateIsBroken, "the state is not used after a failed replay");
                _applied.Add(new(group.Writes[next], reconciler.Apply(frame)));
                next++;
                if (reconciler.Unpublished >= options.MaxBatch)
                {
                    Publish();
                }
            }

            observer.Reached(WriterStep.Applied);
        }
        catch (Exception damaged)
        {
            Break(damaged);
            Disown(group.Writes[next..], damaged);
        }
    }

    // This loop answers everybody: it goes on whatever happens, so that nobody waits for good.
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
        Stop(damaged);
        _stateIsBroken = true;
        Disown(_applied.ConvertAll(static item => item.Write), damaged);
        _applied.Clear();
    }

    // Each is told with an exception of its own, as by Refusal.
    private void Disown(List<PendingWrite> writes, Exception damaged)
    {
        foreach (var write in writes)
        {
            queue.Release(write);
            write.Fail(new CairnException(ErrorKind.Unknown, "the write is in the log, but what it did is not known before the space is opened again", damaged));
        }
    }

    private void Publish()
    {
        if (_applied.Count == 0)
        {
            return;
        }

        reconciler.Publish();
        observer.Reached(WriterStep.Published);
        Volatile.Write(ref _oldestUnpublished, _groups.Reader.TryPeek(out var next) ? next.DurableAt : 0);
        foreach (var (write, outcome) in _applied)
        {
            queue.Release(write);
            write.SetOutcome(outcome);
        }

        _applied.Clear();
    }

    private void Refuse(List<PendingWrite> writes, Exception failure)
    {
        foreach (var write in writes)
        {
            queue.Release(write);
            write.Fail(failure);
        }
    }

    private static string Stopped(Exception failure) => "the space takes no more writes: " + failure.Message;

    private void Stop(Exception failure)
    {
        _failure ??= failure;
        observer.Stopped(failure);
    }
}
