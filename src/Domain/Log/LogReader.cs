using System.Buffers.Binary;
using Cairn.Formats;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Storage;

namespace Cairn.Log;

/// <summary>Reads commits of a log from any position on, beside the one who appends. Any number of threads.</summary>
/// <remarks>
/// A position is where a frame ends, so the next frame, group or log file begins there: no index is needed. Nothing behind a position that is known to
/// be durable is looked at.
/// </remarks>
internal sealed class LogReader(ILogStore store)
{
    private const int ReadBytes = 64 * 1024;

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
    /// <exception cref="CairnException">
    /// Corrupt: the log is damaged there; names file and offset. Invalid (wrong-cursor): no frame ends at <paramref name="after"/>. NotFound: the file is gone.
    /// </exception>
    public async ValueTask<LogPage> ReadAsync(LogPosition after, LogPosition end, int most, int mostBytes, CancellationToken cancellationToken)
    {
        var page = new LogPage(after);
        while (page.Through < end && page.Frames.Count < most && page.LengthBytes < mostBytes)
        {
            using var window = new LogWindow(store, page.Through.File, ReadBytes);
            await ReadFileAsync(window, page, end, most, mostBytes, cancellationToken).ConfigureAwait(false);
        }

        return page;
    }

    private static async ValueTask ReadFileAsync(
        LogWindow window, LogPage page, LogPosition end, int most, int mostBytes, CancellationToken cancellationToken)
    {
        var (file, offset) = (page.Through.File, Math.Max(page.Through.Offset, LogFileHeader.LengthBytes));
        var first = page.IsEmpty ? offset : -1;
        while (LogPosition.Of(file, offset) < end && page.Frames.Count < most && page.LengthBytes < mostBytes)
        {
            var head = await window.GetAsync(offset, FrameFormat.HeaderBytes, cancellationToken).ConfigureAwait(false);
            if (end.File > file && !head.Span.ContainsAnyExcept((byte)0))
            {
                // The position was that of a roll frame; a store may keep zeros behind it.
                page.Enter(file + 1);
                return;
            }

            if (GroupHeader.TryRead(head.Span, out _))
            {
                offset += GroupHeader.HeaderBytes;
                continue;
            }

            var lengthBytes = FrameBytes(head.Span);
            if (lengthBytes == 0)
            {
                throw offset == first ? NoPlace(file, offset) : LogDamage.At(file, offset, "neither a frame nor a group begins here");
            }

            var frame = await window.GetAsync(offset, lengthBytes, cancellationToken).ConfigureAwait(false);
            offset += frame.Length;
            if (page.Take(frame, LogPosition.Of(file, offset)) == FrameKind.Roll)
            {
                page.Enter(file + 1);
                return;
            }
        }
    }

    // 0: no frame begins here.
    private static int FrameBytes(ReadOnlySpan<byte> head)
    {
        var isFrame = head.Length == FrameFormat.HeaderBytes && BinaryPrimitives.ReadUInt32LittleEndian(head) == FrameFormat.Magic;
        var lengthBytes = isFrame ? BinaryPrimitives.ReadUInt32LittleEndian(head[FrameFormat.LengthAt..]) : 0;
        return lengthBytes is >= FrameFormat.MinBytes and <= Limits.GroupBytes ? (int)lengthBytes : 0;
    }

    // Cursors are no secret: somebody may make one up.
    private static CairnException NoPlace(int file, long offset) =>
        new(ErrorKind.Invalid, $"no frame ends at position {LogPosition.Of(file, offset).Value}") { Problem = "wrong-cursor" };
}

/// <summary>Commits that were read from the log.</summary>
internal sealed class LogPage
{
    private readonly List<LogFrame> _frames = [];

    public LogPage(LogPosition after) => Through = after;

    /// <summary>Nothing was read yet.</summary>
    public bool IsEmpty { get; private set; } = true;

    /// <summary>The frames of commits, in bytes of their own.</summary>
    public IReadOnlyList<LogFrame> Frames => _frames;

    /// <summary>Bytes of the frames.</summary>
    public long LengthBytes { get; private set; }

    /// <summary>How far was read: all commits up to here are in the page.</summary>
    public LogPosition Through { get; private set; }

    /// <summary>Goes behind a frame.</summary>
    public FrameKind Take(ReadOnlyMemory<byte> frame, LogPosition position)
    {
        if (!FrameView.TryParse(frame.Span, out var view) || view.LengthBytes != frame.Length)
        {
            throw LogDamage.At(position.File, position.Offset - frame.Length, "a frame is damaged that was durable");
        }

        if (view.Kind == FrameKind.Commit)
        {
            _frames.Add(new(frame.ToArray(), position));
            LengthBytes += frame.Length;
        }

        (Through, IsEmpty) = (position, false);
        return view.Kind;
    }

    /// <summary>Goes on in another log file.</summary>
    public void Enter(int file) => (Through, IsEmpty) = (LogPosition.Of(file, LogFileHeader.LengthBytes), false);
}
