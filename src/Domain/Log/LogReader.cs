using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Cairn.Formats;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Storage;

namespace Cairn.Log;

/// <summary>Reads frames of a log from any position on, beside the one who appends. Any number of threads.</summary>
/// <remarks>
/// A position is where a frame ends, so the next frame, group or log file begins there: no index is needed. Nothing behind a position that is known to
/// be durable is looked at.
/// </remarks>
internal sealed class LogReader(ILogStore store)
{
    private const int PageReadBytes = 64 * 1024;
    private const int ReplayReadBytes = 1024 * 1024;

    /// <summary>Where the oldest log file begins.</summary>
    public async ValueTask<LogPosition> OldestAsync(CancellationToken cancellationToken)
    {
        var files = await store.ListFilesAsync(cancellationToken).ConfigureAwait(false);
        return files.Count == 0 ? LogPosition.Zero : LogPosition.Of(files[0], LogFileHeader.LengthBytes);
    }

    /// <summary>Reads the next commits.</summary>
    /// <param name="after">Where a frame ends, or a log file's header.</param>
    /// <param name="end">Where a durable frame ends, at or behind <paramref name="after"/>.</param>
    /// <param name="most">Commits at most.</param>
    /// <param name="mostBytes">No commit is begun behind so many bytes of them.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="CairnException">As <see cref="ReadFramesAsync(LogPosition, LogPosition, CancellationToken)"/>.</exception>
    public async ValueTask<LogPage> ReadAsync(LogPosition after, LogPosition end, int most, int mostBytes, CancellationToken cancellationToken)
    {
        var page = new LogPage(after);
        if (most > 0 && mostBytes > 0)
        {
            await foreach (var frame in ReadFramesAsync(after, end, PageReadBytes, cancellationToken).ConfigureAwait(false))
            {
                page.Take(frame);
                if (page.Frames.Count >= most || page.LengthBytes >= mostBytes)
                {
                    break;
                }
            }
        }

        return page;
    }

    /// <summary>Reads all frames of every kind behind a position, in order, to replay them.</summary>
    /// <param name="after">Where a frame ends, or a log file's header; zero: the beginning of the log.</param>
    /// <param name="end">Where a durable frame ends; no frame behind it is read.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>Frames whose checksums are right. The bytes of each are valid until the next one is asked for.</returns>
    /// <exception cref="CairnException">
    /// Corrupt: the log is damaged there; names file and offset. Invalid (wrong-cursor): no frame ends at <paramref name="after"/>. NotFound: the file is gone.
    /// </exception>
    public IAsyncEnumerable<LogFrame> ReadFramesAsync(LogPosition after, LogPosition end, CancellationToken cancellationToken) =>
        ReadFramesAsync(after, end, ReplayReadBytes, cancellationToken);

    private async IAsyncEnumerable<LogFrame> ReadFramesAsync(
        LogPosition after, LogPosition end, int readBytes, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (file, offset) = (after.File, Math.Max(after.Offset, LogFileHeader.LengthBytes));
        var isFirst = true;
        while (LogPosition.Of(file, offset) < end)
        {
            using var window = new LogWindow(store, file, readBytes);
            var isOver = false;
            while (!isOver && LogPosition.Of(file, offset) < end)
            {
                var head = await window.GetAsync(offset, FrameFormat.HeaderBytes, cancellationToken).ConfigureAwait(false);
                if (end.File > file && !head.Span.ContainsAnyExcept((byte)0))
                {
                    // The position was that of a roll frame; a store may keep zeros behind it.
                    break;
                }

                if (GroupHeader.TryRead(head.Span, out _))
                {
                    (offset, isFirst) = (offset + GroupHeader.HeaderBytes, false);
                    continue;
                }

                var bytes = await window.GetAsync(offset, RequireFrame(head.Span, file, offset, isFirst), cancellationToken).ConfigureAwait(false);
                isOver = Kind(bytes.Span, file, offset) == FrameKind.Roll;
                (offset, isFirst) = (offset + bytes.Length, false);
                yield return new(bytes, LogPosition.Of(file, offset));
            }

            (file, offset, isFirst) = (file + 1, LogFileHeader.LengthBytes, false);
        }
    }

    // Cursors are no secret: somebody may make one up.
    private static int RequireFrame(ReadOnlySpan<byte> head, int file, long offset, bool isFirst)
    {
        if (FrameBytes(head) is var lengthBytes and > 0)
        {
            return lengthBytes;
        }

        throw isFirst
            ? new CairnException(ErrorKind.Invalid, $"no frame ends at position {LogPosition.Of(file, offset).Value}") { Problem = "wrong-cursor" }
            : LogDamage.At(file, offset, "neither a frame nor a group begins here");
    }

    private static FrameKind Kind(ReadOnlySpan<byte> frame, int file, long offset) =>
        FrameView.TryParse(frame, out var view) && view.LengthBytes == frame.Length
            ? view.Kind
            : throw LogDamage.At(file, offset, "a frame is damaged that was durable");

    // 0: no frame begins here.
    private static int FrameBytes(ReadOnlySpan<byte> head)
    {
        var isFrame = head.Length == FrameFormat.HeaderBytes && BinaryPrimitives.ReadUInt32LittleEndian(head) == FrameFormat.Magic;
        var lengthBytes = isFrame ? BinaryPrimitives.ReadUInt32LittleEndian(head[FrameFormat.LengthAt..]) : 0;
        return lengthBytes is >= FrameFormat.MinBytes and <= Limits.GroupBytes ? (int)lengthBytes : 0;
    }
}

/// <summary>Commits that were read from the log.</summary>
internal sealed class LogPage
{
    private readonly List<LogFrame> _frames = [];

    public LogPage(LogPosition after) => Through = after;

    /// <summary>The frames of commits, in bytes of their own.</summary>
    public IReadOnlyList<LogFrame> Frames => _frames;

    /// <summary>Bytes of the frames.</summary>
    public long LengthBytes { get; private set; }

    /// <summary>How far was read: all commits up to here are in the page.</summary>
    public LogPosition Through { get; private set; }

    /// <summary>Goes behind a frame.</summary>
    public void Take(in LogFrame frame)
    {
        var kind = frame.View.Kind;
        if (kind == FrameKind.Commit)
        {
            _frames.Add(new(frame.Bytes.ToArray(), frame.Position));
            LengthBytes += frame.Bytes.Length;
        }

        Through = kind == FrameKind.Roll ? LogPosition.Of(frame.Position.File + 1, LogFileHeader.LengthBytes) : frame.Position;
    }
}
