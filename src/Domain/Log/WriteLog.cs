using System.Collections.Concurrent;
using Cairn.Diagnostics;
using Cairn.Formats;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Storage;

namespace Cairn.Log;

/// <summary>The write log of one space, open for appending: the only source of truth.</summary>
/// <remarks>
/// Invariants: one append at a time (a second one meanwhile is an internal error); a group is sent only when the one before it is
/// known to be durable or known not to be; frames of a writer id are numbered from 1 without gaps; <see cref="End"/> and
/// <see cref="Bytes"/> may be read from any thread.
/// </remarks>
public sealed class WriteLog : IAsyncDisposable
{
    /// <summary>Bytes of frames that one append takes, all together.</summary>
    public const int MaxFramesBytes = Limits.GroupBytes - GroupHeader.HeaderBytes;

    private readonly ILogStore _store;
    private readonly Incarnation _incarnation;
    private readonly WriterSequence _sequence;
    private readonly ILogObserver _observer;

    // Bytes of the files before the last, by number.
    private readonly ConcurrentDictionary<int, long> _closed = new();
    private LogTail _tail;
    private long _end;
    private long _bytes;
    private long _tailBytes;
    private long _deletedBytes;
    private int _busy;
    private bool _fenced;
    private bool _disposed;

    private GroupBuffers _buffers = new();

    private WriteLog(ILogStore store, Incarnation incarnation, WriterSequence sequence, ILogObserver observer, in LogTail tail)
    {
        _store = store;
        _incarnation = incarnation;
        _sequence = sequence;
        _observer = observer;
        _tail = tail;
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

    /// <summary>Appends that the last file has taken.</summary>
    public int AppendCount => Volatile.Read(ref _tail.AppendCount);

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
            // With another writer about, an append is only known to count when the bytes before it were seen; nothing here looks at them.
            Invariant.Require(store.IsSoleWriter, "this log needs to be the only writer of its files");
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
    /// <param name="frameTime">The time of every frame in the group.</param>
    /// <param name="cancellationToken">Heeded before the group is sent, not after.</param>
    /// <returns>The durable group. Its bytes stay valid until the append after the next one begins.</returns>
    /// <exception cref="CairnException">
    /// Unavailable, Throttled: nothing was appended, try again. Unknown: perhaps it was; this log takes no more. Fenced: so it was
    /// before; open the log again. NotFound: the space was deleted.
    /// </exception>
    public async ValueTask<LogGroup> AppendAsync(ReadOnlyMemory<EncodedCommit> commits, Timestamp frameTime, CancellationToken cancellationToken)
    {
        var groupBytes = Measure(commits.Span);
        Enter(frameTime);
        try
        {
            await MakeRoomAsync(groupBytes, frameTime, cancellationToken).ConfigureAwait(false);
            var bytes = _buffers.Take(groupBytes);
            var group = bytes.AsMemory(0, groupBytes);
            Encode(commits.Span, frameTime, group.Span);
            var durable = await SendAsync(group, commits.Length, GroupSummary.Of(FrameKind.Commit, frameTime), cancellationToken).ConfigureAwait(false);
            _buffers.Keep(bytes);
            return durable;
        }
        finally
        {
            Volatile.Write(ref _busy, 0);
        }
    }

    /// <summary>Appends one frame that is not a commit: a configuration, a purge, a barrier or a seal. As <see cref="AppendAsync"/>.</summary>
    public async ValueTask<LogGroup> AppendSystemAsync(FrameKind kind, ReadOnlyMemory<byte> body, Timestamp frameTime, CancellationToken cancellationToken)
    {
        Invariant.Require(kind is not (FrameKind.Commit or FrameKind.Roll) && body.Length <= Limits.CommitBytes, "no system frame for a caller to append");
        Enter(frameTime);
        try
        {
            await MakeRoomAsync(SystemGroupBytes(body.Length), frameTime, cancellationToken).ConfigureAwait(false);
            return await SendSystemAsync(kind, body, frameTime, cancellationToken).ConfigureAwait(false);
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
        if (!_fenced && !_tail.IsSealed && !_tail.EndsWithBarrier && _tail.LengthBytes > LogFileHeader.LengthBytes)
        {
            try
            {
                // Into this file even if it is full: a roll for its sake would gain nothing.
                await SendSystemAsync(FrameKind.Barrier, default, _tail.LatestTime, CancellationToken.None).ConfigureAwait(false);
            }
            catch (CairnException)
            {
                // All that was acknowledged is durable without the barrier; the next opening tells only a little less about damage.
            }
        }

        _disposed = true;
        await _store.DisposeAsync().ConfigureAwait(false);
    }

    private static int Measure(ReadOnlySpan<EncodedCommit> commits)
    {
        var lengthBytes = (long)GroupHeader.HeaderBytes;
        foreach (var commit in commits)
        {
            lengthBytes += commit.LengthBytes;
        }

        Invariant.Require(commits.Length > 0 && lengthBytes <= Limits.GroupBytes, "a group has at least one frame and fits into one append");
        return (int)lengthBytes;
    }

    private static int SystemGroupBytes(int bodyBytes) => GroupHeader.HeaderBytes + FrameFormat.SystemFrameBytes(bodyBytes);

    private void Enter(Timestamp frameTime)
    {
        Invariant.Require(Interlocked.Exchange(ref _busy, 1) == 0, "two appends to one log at the same time");
        var refusal = Refusal();
        if (refusal is not null)
        {
            Volatile.Write(ref _busy, 0);
            throw refusal;
        }

        _sequence.Renew(frameTime);
    }

    private CairnException? Refusal() => this switch
    {
        { _disposed: true } => new(ErrorKind.Internal, "the log is closed"),
        { _fenced: true } => new(ErrorKind.Fenced, "the outcome of an earlier append is not known: the log must be opened again"),
        { _tail.IsSealed: true } => new(ErrorKind.NotFound, "the space was deleted") { Problem = "unknown-space" },
        _ => null,
    };

    // A file takes at least one group, however large, and keeps one append for its roll frame.
    private async ValueTask MakeRoomAsync(int groupBytes, Timestamp frameTime, CancellationToken cancellationToken)
    {
        if (_tail.File < 0)
        {
            await CreateFileAsync(0, frameTime, cancellationToken).ConfigureAwait(false);
            _tail.Enter(0);
            PublishEnd();
        }

        var isFull = _tail.LengthBytes + groupBytes > _store.MaxFileBytes || _tail.AppendCount + 1 >= _store.MaxAppendsPerFile;
        if (_tail.MustRoll || (isFull && _tail.LengthBytes > LogFileHeader.LengthBytes))
        {
            await RollAsync(frameTime, cancellationToken).ConfigureAwait(false);
        }
    }

    private async ValueTask RollAsync(Timestamp frameTime, CancellationToken cancellationToken)
    {
        var next = _tail.File + 1;
        await CreateFileAsync(next, frameTime, cancellationToken).ConfigureAwait(false);
        _tail.MustRoll = true;

        // The caller does not see this frame: its time must not move the log clock.
        await SendSystemAsync(FrameKind.Roll, default, _tail.LatestTime, cancellationToken).ConfigureAwait(false);
        _closed[_tail.File] = _tail.LengthBytes;
        _tail.Enter(next);
        PublishEnd();
        LogInstruments.Rolls.Add(1);
        _observer.Rolled(next);
    }

    private async ValueTask CreateFileAsync(int file, Timestamp createdAt, CancellationToken cancellationToken)
    {
        var header = new byte[LogFileHeader.LengthBytes];
        new LogFileHeader(file, _incarnation, createdAt).Write(header);
        if (await _store.CreateFileAsync(file, header, cancellationToken).ConfigureAwait(false))
        {
            _tail.TotalBytes += header.Length;
            return;
        }

        // A roll that was interrupted made it. Nobody can have appended to it, since the roll frame is not there yet.
        var lengthBytes = await _store.GetLengthAsync(file, cancellationToken).ConfigureAwait(false);
        if (lengthBytes != LogFileHeader.LengthBytes)
        {
            throw LogDamage.At(file, 0, "the file has groups, but no roll frame leads to it");
        }
    }

    private ReadOnlyMemory<byte> Stamped(FrameKind kind, ReadOnlyMemory<byte> body, Timestamp frameTime)
    {
        var group = new byte[SystemGroupBytes(body.Length)];
        new GroupHeader(group.Length, 1, _tail.LengthBytes).Write(group);
        FrameFormat.WriteSystemFrame(group.AsSpan(GroupHeader.HeaderBytes), kind, body.Span, _sequence.Writer, _sequence.Next, frameTime);
        return group;
    }

    private ValueTask<LogGroup> SendSystemAsync(FrameKind kind, ReadOnlyMemory<byte> body, Timestamp frameTime, CancellationToken cancellationToken) =>
        SendAsync(Stamped(kind, body, frameTime), 1, GroupSummary.Of(kind, frameTime), cancellationToken);

    private void Encode(ReadOnlySpan<EncodedCommit> commits, Timestamp frameTime, Span<byte> group)
    {
        new GroupHeader(group.Length, commits.Length, _tail.LengthBytes).Write(group);
        var at = GroupHeader.HeaderBytes;
        for (var i = 0; i < commits.Length; i++)
        {
            commits[i].Stamp(_sequence.Writer, _sequence.Next + (ulong)i, frameTime, group[at..]);
            at += commits[i].LengthBytes;
        }
    }

    private async ValueTask<LogGroup> SendAsync(ReadOnlyMemory<byte> group, int frameCount, GroupSummary summary, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        long offset;
        try
        {
            offset = await _store.AppendAsync(_tail.File, group, CancellationToken.None).ConfigureAwait(false);
        }
        catch (CairnException failure) when (failure.Kind is ErrorKind.Unavailable or ErrorKind.Throttled or ErrorKind.NotFound)
        {
            throw;
        }
        catch
        {
            _fenced = true;
            throw;
        }

        if (offset != _tail.LengthBytes)
        {
            _fenced = true;
            throw new CairnException(ErrorKind.Unknown, $"log file {_tail.File}: the group lies at offset {offset}, behind bytes of another writer");
        }

        var durable = new LogGroup(group, _tail.File, offset);
        _sequence.Pass(frameCount, summary.LatestTime);
        _tail.Pass(group.Length, summary);
        _tail.TotalBytes += group.Length;
        PublishEnd();
        LogInstruments.AppendSize.Record(group.Length);
        LogInstruments.AppendFrames.Record(frameCount);
        return durable;
    }

    private void PublishEnd()
    {
        Volatile.Write(ref _bytes, _tail.TotalBytes - Volatile.Read(ref _deletedBytes));
        Volatile.Write(ref _tailBytes, _tail.TotalBytes - _tail.SkippedBytes);
        Volatile.Write(ref _end, _tail.Position.Value);
    }
}
