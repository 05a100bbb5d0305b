using System.Collections.Concurrent;
using Cairn.Diagnostics;
using Cairn.Formats;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Storage;

namespace Cairn.Log;

/// <summary>The write log of one space, open for appending: the only source of truth.</summary>
/// <remarks>
/// Invariants: one append or look behind the tail at a time (a second one meanwhile is an internal error); a group of a writer id is sent only
/// when the one before it is known to be durable or known not to be; frames of a writer id are numbered from 1 without gaps; <see cref="End"/> and
/// <see cref="Bytes"/> may be read from any thread. Where other processes append too, a group counts only when all bytes before it were
/// seen and no roll or seal frame is among them; what was sent and not found again leaves its writer id behind, so that it is one
/// commit of nobody's whenever it arrives.
/// </remarks>
public sealed class WriteLog : IAsyncDisposable
{
    /// <summary>How far this process's clock may be ahead of the store's: a frame of a later time would let concepts expire too soon.</summary>
    public static readonly TimeSpan MaxClockLead = TimeSpan.FromSeconds(5);

    /// <summary>Bytes of frames that one append takes, all together.</summary>
    public const int MaxFramesBytes = Limits.GroupBytes - GroupHeader.HeaderBytes;

    private readonly ILogStore _store;
    private readonly Incarnation _incarnation;
    private readonly WriterSequence _sequence;
    private readonly ILogObserver _observer;
    private readonly LogFollower _follower;
    private readonly GroupSender _sender;

    // Bytes of the files before the last, by number.
    private readonly ConcurrentDictionary<int, long> _closed = new();
    private readonly LogTail _tail;
    private long _end;
    private long _bytes;
    private long _tailBytes;
    private long _deletedBytes;
    private int _busy;
    private bool _disposed;

    // Other processes may have rolled the log meanwhile, many times if this one stood still.
    private const int MaxSends = 8;

    private GroupBuffers _buffers = new();

    private WriteLog(ILogStore store, Incarnation incarnation, WriterSequence sequence, ILogObserver observer, LogTail tail)
    {
        _store = store;
        _incarnation = incarnation;
        _sequence = sequence;
        _observer = observer;
        _tail = tail;
        _follower = new(store, tail);
        _sender = new(store, tail, sequence, _follower);
        Reader = new(store);
        PublishEnd();
    }

    /// <summary>Where the log ends.</summary>
    public LogPosition End => new(Volatile.Read(ref _end));

    /// <summary>Reads what is durable, also while somebody appends.</summary>
    internal LogReader Reader { get; }

    /// <summary>Bytes of all its files.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>Bytes of log behind the position that it was opened from, those appended since with them.</summary>
    public long TailBytes => Volatile.Read(ref _tailBytes);

    /// <summary>Bytes of log behind a position at or before its end. Beside appends.</summary>
    public long BytesBehind(LogPosition position)
    {
        var (end, bytes) = (End, 0L);
        for (var file = position.File; file < end.File; file++)
        {
            bytes += _closed.GetValueOrDefault(file);
        }

        return bytes + end.Offset - position.Offset;
    }

    /// <summary>Appends that the last file has taken.</summary>
    public int AppendCount => Volatile.Read(ref _tail.AppendCount);

    /// <summary>Other processes may append too.</summary>
    public bool IsShared => !_store.IsSoleWriter;

    /// <summary>
    /// Gets every group that another process appended, in log order, before the call that found it returns; its bytes are valid until the returned task completes. To be
    /// set before the first append.
    /// </summary>
    internal Func<LogGroup, ValueTask>? Others
    {
        set => _follower.Others = value;
    }

    /// <summary>Reads the log to its end, cuts off a torn tail, and opens it for appending.</summary>
    /// <param name="store">Its files. The log owns the store from here on, also when opening fails.</param>
    /// <param name="incarnation">The life of the space that the files must belong to.</param>
    /// <param name="newWriter">Gives a writer id that nobody ever had.</param>
    /// <param name="observer">Hears of progress, cuts and rolls.</param>
    /// <param name="start">Where reading begins; the default: at the first file.</param>
    /// <param name="replay">Gets every group in order, system frames included; its bytes are valid until the returned task completes.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="CairnException">Corrupt: damaged before its durable end, or of a later version; the message names file and offset.</exception>
    public static async Task<WriteLog> OpenAsync(
        ILogStore store,
        Incarnation incarnation,
        Func<WriterId> newWriter,
        ILogObserver observer,
        LogStart start,
        Func<LogGroup, CancellationToken, ValueTask> replay,
        CancellationToken cancellationToken)
    {
        try
        {
            var scan = new LogScan(store, incarnation, observer, start, replay);
            var log = new WriteLog(store, incarnation, new(newWriter), observer, await scan.RunAsync(cancellationToken).ConfigureAwait(false));
            foreach (var (file, lengthBytes) in scan.Lengths)
            {
                log._closed[file] = lengthBytes;
            }

            return log;
        }
        catch
        {
            await store.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Appends commits as one group; rolls first if the file is full.</summary>
    /// <param name="commits">At least one, at most <see cref="MaxFramesBytes"/> together. They stay the caller's.</param>
    /// <param name="frameTime">
    /// The time of every frame in the group; that of the commit that was first sent last, if it is later: whoever forgets a commit by its frame's time knows then that
    /// what is sent again was first sent before that.
    /// </param>
    /// <param name="cancellationToken">Heeded before the group is sent, not after.</param>
    /// <returns>The durable group. Its bytes stay valid until the append after the next one begins.</returns>
    /// <exception cref="CairnException">
    /// Unavailable, Throttled: nothing was appended that counts, try again. Unknown: perhaps it was; a sole writer's log takes no more. Fenced: so it
    /// was before; open the log again. NotFound: the space was deleted, or this process saw nothing of it for longer than log is kept.
    /// </exception>
    public ValueTask<LogGroup> AppendAsync(ReadOnlyMemory<EncodedCommit> commits, Timestamp frameTime, CancellationToken cancellationToken) =>
        AppendAsync(commits, FrameKind.Commit, default, GroupEncoder.Measure(commits.Span), GroupEncoder.TimeOf(commits.Span, frameTime), cancellationToken);

    /// <summary>
    /// When a commit may have been first sent at the latest, to be appended now: <see cref="MaxClockLead"/> ahead of the store's clock, since it takes the log clock with
    /// it; or wherever this process's clock and the log's are. Not beside an append.
    /// </summary>
    public Timestamp LatestFirstSent(Timestamp now) =>
        Timestamp.Latest(Timestamp.Latest(now, _tail.LatestTime), now.Plus(MaxClockLead - _store.ClockLead));

    /// <summary>Appends one frame that is not a commit: a configuration, a purge, a barrier or a seal. As <see cref="AppendAsync(ReadOnlyMemory{EncodedCommit}, Timestamp, CancellationToken)"/>.</summary>
    public ValueTask<LogGroup> AppendSystemAsync(FrameKind kind, ReadOnlyMemory<byte> body, Timestamp frameTime, CancellationToken cancellationToken)
    {
        Invariant.Require(kind is not (FrameKind.Commit or FrameKind.Roll) && body.Length <= Limits.CommitBytes, "no system frame for a caller to append");
        return AppendAsync(default, kind, body, GroupEncoder.SystemGroupBytes(body.Length), frameTime, cancellationToken);
    }

    /// <summary>Reads what other processes appended, up to what is durable now. Not beside an append.</summary>
    /// <exception cref="CairnException">NotFound (also behind a seal), Corrupt: as for an append. Unavailable: what was read until then counts.</exception>
    public async ValueTask FollowAsync(CancellationToken cancellationToken)
    {
        Invariant.Require(!_disposed && Interlocked.Exchange(ref _busy, 1) == 0, "an append is under way, or the log is closed");
        try
        {
            await CatchUpAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            Volatile.Write(ref _busy, 0);
        }
    }

    /// <summary>Deletes the files before one, which no checkpoint that is kept needs. Beside appends; one caller at a time.</summary>
    public async ValueTask DeleteFilesBeforeAsync(int file, CancellationToken cancellationToken)
    {
        foreach (var old in await _store.ListFilesAsync(cancellationToken).ConfigureAwait(false))
        {
            if (old < file && old < End.File && await _store.DeleteFileAsync(old, cancellationToken).ConfigureAwait(false) && _closed.TryRemove(old, out var lengthBytes))
            {
                Interlocked.Add(ref _deletedBytes, lengthBytes);
                Interlocked.Add(ref _bytes, -lengthBytes);
            }
        }
    }

    /// <summary>
    /// Closes the log behind a barrier, so that the last groups lie below a verified offset, and disposes the store. No append may be
    /// under way.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        if (_disposed)
        {
            return;
        }

        Invariant.Require(Interlocked.Exchange(ref _busy, 1) == 0, "the log is closed while an append is under way");
        if (!IsShared && !_sender.IsFenced && !_tail.IsSealed && !_tail.EndsWithBarrier && _tail.LengthBytes > LogFileHeader.LengthBytes)
        {
            try
            {
                // Into this file even if it is full: a roll for its sake would gain nothing.
                var barrier = GroupEncoder.System(FrameKind.Barrier, default, _tail, _sequence, _tail.LatestTime);
                await SendAsync(barrier, 1, GroupSummary.Of(FrameKind.Barrier, _tail.LatestTime), CancellationToken.None).ConfigureAwait(false);
            }
            catch (CairnException)
            {
                // All that was acknowledged is durable without the barrier; the next opening tells only a little less about damage.
            }
        }

        _disposed = true;
        await _store.DisposeAsync().ConfigureAwait(false);
    }

    // Both kinds of groups; commits or a body.
    private async ValueTask<LogGroup> AppendAsync(
        ReadOnlyMemory<EncodedCommit> commits, FrameKind kind, ReadOnlyMemory<byte> body, int groupBytes, Timestamp frameTime, CancellationToken cancellationToken)
    {
        Invariant.Require(Interlocked.Exchange(ref _busy, 1) == 0, "two appends to one log at the same time");
        try
        {
            await RequireClockAsync(cancellationToken).ConfigureAwait(false);
            for (var sends = 0; sends < MaxSends; sends++)
            {
                RequireOpen();
                _sequence.Renew(frameTime);
                var file = _tail.File;
                try
                {
                    await MakeRoomAsync(groupBytes, frameTime, cancellationToken).ConfigureAwait(false);
                    if (await SendAsync(commits, kind, body, groupBytes, frameTime, cancellationToken).ConfigureAwait(false) is { } durable)
                    {
                        return durable;
                    }

                    // Another process rolled. There may be more files by now, which need no groups of this one that do not count.
                    await CatchUpAsync(cancellationToken).ConfigureAwait(false);
                }
                catch (CairnException refused) when (IsShared && refused.Kind == ErrorKind.Unavailable)
                {
                    // A file that was closed long ago may be full.
                    await CatchUpAsync(cancellationToken).ConfigureAwait(false);
                    if (_tail.File == file)
                    {
                        throw;
                    }
                }
            }
        }
        finally
        {
            Volatile.Write(ref _busy, 0);
        }

        throw new CairnException(ErrorKind.Unavailable, $"other processes rolled the log {MaxSends} times meanwhile") { RetryAfter = TimeSpan.FromSeconds(1) };
    }

    private void RequireOpen()
    {
        var refusal = this switch
        {
            { _disposed: true } => new(ErrorKind.Internal, "the log is closed"),
            { _sender.IsFenced: true } => new(ErrorKind.Fenced, "the outcome of an earlier append is not known: the log must be opened again"),
            { _tail.IsSealed: true } => GroupSender.Sealed(),
            _ => (CairnException?)null,
        };
        if (refusal is not null)
        {
            throw refusal;
        }
    }

    private async ValueTask RequireClockAsync(CancellationToken cancellationToken)
    {
        if (_store.ClockLead <= MaxClockLead)
        {
            return;
        }

        // The clock may have been set right since the store last answered.
        await CatchUpAsync(cancellationToken).ConfigureAwait(false);
        if (_store.ClockLead is var lead && lead > MaxClockLead)
        {
            throw new CairnException(
                ErrorKind.Unavailable, $"the clock of this machine is {lead.TotalSeconds:0} s ahead of the store's; at most {MaxClockLead.TotalSeconds:0} s may be");
        }
    }

    // A file takes at least one group, however large, and keeps one append for its roll frame.
    private async ValueTask MakeRoomAsync(int groupBytes, Timestamp frameTime, CancellationToken cancellationToken)
    {
        if (NeedsFile(groupBytes))
        {
            // A process that stood still for long would create a file anew that was collected since: nobody would read what it appends there.
            await CatchUpAsync(cancellationToken).ConfigureAwait(false);
        }

        if (_tail.File < 0)
        {
            await CreateFileAsync(0, frameTime, cancellationToken).ConfigureAwait(false);
            EnterNext(isCounted: false);
        }

        if (NeedsFile(groupBytes))
        {
            await RollAsync(frameTime, cancellationToken).ConfigureAwait(false);
        }
    }

    private bool NeedsFile(int groupBytes)
    {
        var isFull = _tail.LengthBytes + groupBytes > _store.MaxFileBytes || _tail.AppendCount + 1 >= _store.MaxAppendsPerFile;
        return _tail.File < 0 || _tail.MustRoll || (isFull && _tail.LengthBytes > LogFileHeader.LengthBytes);
    }

    private async ValueTask RollAsync(Timestamp frameTime, CancellationToken cancellationToken)
    {
        var (file, isCounted) = (_tail.File, _tail.MustRoll);
        await CreateFileAsync(file + 1, frameTime, cancellationToken).ConfigureAwait(false);
        _tail.MustRoll = true;

        // The caller does not see this frame: its time must not move the log clock.
        var group = GroupEncoder.System(FrameKind.Roll, default, _tail, _sequence, _tail.LatestTime);
        if (await SendAsync(group, 1, GroupSummary.Of(FrameKind.Roll, _tail.LatestTime), cancellationToken).ConfigureAwait(false) is not null)
        {
            EnterNext(isCounted);
        }

        LogInstruments.Rolls.Add(1);
        _observer.Rolled(file + 1);
    }

    // Behind a roll frame, or at the very beginning.
    private void EnterNext(bool isCounted)
    {
        if (_tail.File >= 0)
        {
            _closed[_tail.File] = _tail.LengthBytes;
        }

        _tail.Enter(_tail.File + 1);
        _tail.TotalBytes += isCounted ? 0 : LogFileHeader.LengthBytes;
        PublishEnd();
    }

    private async ValueTask CreateFileAsync(int file, Timestamp createdAt, CancellationToken cancellationToken)
    {
        var header = new byte[LogFileHeader.LengthBytes];
        new LogFileHeader(file, _incarnation, createdAt).Write(header);
        if (await _store.CreateFileAsync(file, header, cancellationToken).ConfigureAwait(false) || IsShared)
        {
            return;
        }

        // A roll that was interrupted made it. Nobody can have appended to it, since the roll frame is not there yet.
        var lengthBytes = await _store.GetLengthAsync(file, cancellationToken).ConfigureAwait(false);
        if (lengthBytes != LogFileHeader.LengthBytes)
        {
            throw LogDamage.At(file, 0, "the file has groups, but no roll frame leads to it");
        }
    }

    private async ValueTask CatchUpAsync(CancellationToken cancellationToken)
    {
        if (!IsShared)
        {
            return;
        }

        if (_tail.File < 0)
        {
            if ((await _store.ListFilesAsync(cancellationToken).ConfigureAwait(false)).Count == 0)
            {
                return;
            }

            EnterNext(isCounted: false);
        }

        while (await _follower.FollowAsync(long.MaxValue, null, cancellationToken).ConfigureAwait(false) == FollowEnd.Rolled)
        {
            EnterNext(_tail.MustRoll);
        }

        PublishEnd();
        if (_tail.IsSealed)
        {
            // Nothing is read behind a seal: who only follows would never hear that the space is gone.
            throw GroupSender.Sealed();
        }
    }

    private async ValueTask<LogGroup?> SendAsync(
        ReadOnlyMemory<EncodedCommit> commits, FrameKind kind, ReadOnlyMemory<byte> body, int groupBytes, Timestamp frameTime, CancellationToken cancellationToken)
    {
        if (commits.IsEmpty)
        {
            return await SendAsync(GroupEncoder.System(kind, body, _tail, _sequence, frameTime), 1, GroupSummary.Of(kind, frameTime), cancellationToken).ConfigureAwait(false);
        }

        var bytes = _buffers.Take(groupBytes);
        var group = bytes.AsMemory(0, groupBytes);
        GroupEncoder.Write(commits.Span, _tail, _sequence, frameTime, group.Span);
        var durable = await SendAsync(group, commits.Length, GroupSummary.Of(kind, frameTime), cancellationToken).ConfigureAwait(false);
        if (durable is not null)
        {
            _buffers.Keep(bytes);
        }

        return durable;
    }

    // Null: another process rolled before it, and the tail is in the next file.
    private async ValueTask<LogGroup?> SendAsync(ReadOnlyMemory<byte> group, int frameCount, GroupSummary summary, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            var durable = await _sender.SendAsync(group, frameCount, summary).ConfigureAwait(false);
            if (durable is null)
            {
                EnterNext(_tail.MustRoll);
            }

            return durable;
        }
        finally
        {
            PublishEnd();
        }
    }

    private void PublishEnd()
    {
        Volatile.Write(ref _bytes, _tail.TotalBytes - Volatile.Read(ref _deletedBytes));
        Volatile.Write(ref _tailBytes, _tail.TotalBytes - _tail.SkippedBytes);
        Volatile.Write(ref _end, _tail.Position.Value);
    }
}
