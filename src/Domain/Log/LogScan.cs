using Cairn.Diagnostics;
using Cairn.Formats;
using Cairn.Primitives;
using Cairn.Storage;

namespace Cairn.Log;

/// <summary>Where reading a log begins: at the end of a group that a checkpoint holds, or at its first file.</summary>
/// <param name="Position">The end of that group; zero: the beginning.</param>
/// <param name="Clock">The latest time of a frame up to there.</param>
/// <param name="Appends">Appends that the file of the position has taken, or more.</param>
public readonly record struct LogStart(LogPosition Position, Timestamp Clock, int Appends);

/// <summary>Reads a log from a position to its end, hands out every group, and cuts off a torn tail.</summary>
/// <remarks>
/// Invariants: files are numbered without gaps, from 0 unless a checkpoint allowed to delete the first ones; every file but the last ends with a roll
/// frame; only the last file that holds groups may be torn, and not before the position that reading began at. A roll makes file n+1 before it writes
/// the roll frame into n, so a crash between leaves n+1 with its header only. Where several processes append, what they add meanwhile is left to the
/// <see cref="LogFollower"/>, and nothing can be torn: the store takes appends whole.
/// </remarks>
internal sealed class LogScan(
    ILogStore store, Incarnation incarnation, ILogObserver observer, LogStart start, Func<LogGroup, CancellationToken, ValueTask> replay)
{
    private const int ReportBytes = 1024 * 1024;

    private readonly int _startFile = start.Position.File;
    private readonly Dictionary<int, long> _lengths = [];

    private readonly LogTail _tail = new() { LatestTime = start.Clock };
    private long _totalBytes;
    private long _doneBytes;
    private long _reportedBytes;

    /// <summary>Bytes of the files that were there, by number.</summary>
    public IReadOnlyDictionary<int, long> Lengths => _lengths;

    /// <summary>Scans.</summary>
    /// <exception cref="CairnException">Corrupt: damage that is no torn tail, or a later version; the message names file and offset.</exception>
    public async Task<LogTail> RunAsync(CancellationToken cancellationToken)
    {
        var files = await store.ListFilesAsync(cancellationToken).ConfigureAwait(false);
        if (files.Count == 0 && start.Position == LogPosition.Zero)
        {
            return _tail;
        }

        var lengths = await MeasureAsync(files, cancellationToken).ConfigureAwait(false);
        var last = Math.Max(_startFile, lengths.FindLastIndex(length => length > LogFileHeader.LengthBytes));
        for (var file = _startFile; file <= last; file++)
        {
            // Where reading begins behind the roll frame of a file, only the next one tells that there was one.
            var rolled = await ScanFileAsync(file, lengths[file], file == last, cancellationToken).ConfigureAwait(false)
                || (file < last && start.Position == LogPosition.Of(file, lengths[file]));
            if (file < last && !rolled)
            {
                throw LogDamage.At(file, _tail.LengthBytes, "the file ends without a roll frame, but there is a next one");
            }

            if (file == last)
            {
                await FinishAsync(rolled, lengths, cancellationToken).ConfigureAwait(false);
            }
        }

        observer.Replaying(_totalBytes, _totalBytes);
        return _tail;
    }

    // By file. Those before the one that reading begins in may be gone.
    private async ValueTask<List<long>> MeasureAsync(IReadOnlyList<int> files, CancellationToken cancellationToken)
    {
        var lengths = new List<long>(files.Count);
        lengths.AddRange(Enumerable.Repeat(0L, files.Count == 0 ? 0 : Math.Min(files[0], _startFile)));
        foreach (var file in files)
        {
            if (file != lengths.Count)
            {
                throw Missing(lengths.Count);
            }

            lengths.Add(0);
        }

        // From the last one down: a file that has groups was begun behind the roll frame of the one before it, which is measured later.
        foreach (var file in files.Reverse())
        {
            lengths[file] = await MeasureAsync(file, cancellationToken).ConfigureAwait(false);
            _lengths[file] = lengths[file];
            _tail.TotalBytes += lengths[file];
            _totalBytes += file < _startFile ? 0 : lengths[file];
        }

        if (lengths.Count <= _startFile || lengths[_startFile] < start.Position.Offset)
        {
            throw lengths.Count <= _startFile ? Missing(_startFile) : LogDamage.At(_startFile, lengths[_startFile], "the file ends before what a checkpoint holds of it");
        }

        _totalBytes -= start.Position.Offset;
        _tail.SkippedBytes = _tail.TotalBytes - _totalBytes;
        return lengths;
    }

    private async ValueTask<long> MeasureAsync(int file, CancellationToken cancellationToken)
    {
        try
        {
            return await store.GetLengthAsync(file, cancellationToken).ConfigureAwait(false);
        }
        catch (CairnException gone) when (gone.Kind == ErrorKind.NotFound && !store.IsSoleWriter && file < _startFile)
        {
            // Whoever writes the checkpoints deleted it meanwhile.
            return 0;
        }
    }

    private static CairnException Missing(int file) => LogDamage.At(file, 0, "the file is missing");

    // What follows the last file with groups can only be the file that an interrupted or just finished roll made.
    private async ValueTask FinishAsync(bool rolled, List<long> lengths, CancellationToken cancellationToken)
    {
        var next = _tail.File + 1;
        if (rolled && !store.IsSoleWriter && lengths.Count == next)
        {
            // It was made after the files were listed.
            _tail.Enter(next);
            _tail.TotalBytes += LogFileHeader.LengthBytes;
            return;
        }

        if (lengths.Count > next + 1 || (rolled && lengths.Count == next))
        {
            throw LogDamage.At(next, 0, rolled ? "the file is missing, but a roll frame leads to it" : "more than one empty file follows");
        }

        if (lengths.Count == next)
        {
            return;
        }

        using var window = new LogWindow(store, next);
        await RequireHeaderAsync(window, next, cancellationToken).ConfigureAwait(false);
        _tail.MustRoll = !rolled;
        if (rolled)
        {
            _tail.Enter(next);
        }
    }

    /// <returns>Whether a roll frame ends the file.</returns>
    private async ValueTask<bool> ScanFileAsync(int file, long lengthBytes, bool isLast, CancellationToken cancellationToken)
    {
        using var window = new LogWindow(store, file);
        await RequireHeaderAsync(window, file, cancellationToken).ConfigureAwait(false);
        _tail.Enter(file);
        var verified = 0L;
        if (file == _startFile && start.Position > LogPosition.Zero)
        {
            _tail.Resume(start);
            verified = start.Position.Offset;
        }
        else
        {
            Progress(LogFileHeader.LengthBytes);
        }

        while (_tail.LengthBytes < lengthBytes && !_tail.IsSealed)
        {
            var offset = _tail.LengthBytes;
            var head = await window.GetAsync(offset, GroupHeader.HeaderBytes, cancellationToken).ConfigureAwait(false);
            var isGroup = GroupHeader.TryRead(head.Span, out var header);
            var bytes = isGroup ? await window.GetAsync(offset, header.LengthBytes, cancellationToken).ConfigureAwait(false) : default;
            if (!isGroup || bytes.Length < header.LengthBytes || !TryRead(bytes.Span, header, offset, out var summary))
            {
                var tail = new TornTail(file, offset, lengthBytes, offset + (isGroup ? header.LengthBytes : 1));
                if (!isLast && start.Position == LogPosition.Of(file, offset) && await tail.IsZeroAsync(window, cancellationToken).ConfigureAwait(false))
                {
                    // The checkpoint holds the roll frame; zeros were ready behind it when the process died.
                    return true;
                }

                await CutAsync(window, tail, isLast && verified <= offset, cancellationToken).ConfigureAwait(false);
                return false;
            }

            verified = Math.Max(verified, header.VerifiedOffset);
            _tail.Pass(bytes.Length, summary);
            Progress(bytes.Length);
            await replay(new(bytes, file, offset), cancellationToken).ConfigureAwait(false);
            if (summary.HasRoll)
            {
                return true;
            }
        }

        return false;
    }

    private bool TryRead(ReadOnlySpan<byte> bytes, in GroupHeader header, long offset, out GroupSummary summary)
    {
        try
        {
            return GroupSummary.TryRead(bytes, header, out summary);
        }
        catch (CairnException failure) when (failure.Kind == ErrorKind.Corrupt)
        {
            throw LogDamage.At(_tail.File, offset, failure.Message, failure);
        }
    }

    private async ValueTask RequireHeaderAsync(LogWindow window, int file, CancellationToken cancellationToken)
    {
        var bytes = await window.GetAsync(0, LogFileHeader.LengthBytes, cancellationToken).ConfigureAwait(false);
        LogFileHeader header;
        try
        {
            header = LogFileHeader.Read(bytes.Span);
        }
        catch (CairnException failure) when (failure.Kind == ErrorKind.Corrupt)
        {
            throw LogDamage.At(file, 0, failure.Message, failure);
        }

        if (header.File != file || header.Incarnation != incarnation)
        {
            throw LogDamage.At(file, 0, $"its header says it is file {header.File} of {header.Incarnation}");
        }
    }

    private async ValueTask CutAsync(LogWindow window, TornTail tail, bool mayBeTorn, CancellationToken cancellationToken)
    {
        if (!mayBeTorn || await tail.IsVouchedForAsync(window, cancellationToken).ConfigureAwait(false))
        {
            throw LogDamage.At(tail.File, tail.Offset, "a group is damaged that was durable");
        }

        var isRoom = await tail.IsZeroAsync(window, cancellationToken).ConfigureAwait(false);
        if (!await store.TryCutAsync(tail.File, tail.Offset, cancellationToken).ConfigureAwait(false))
        {
            throw LogDamage.At(tail.File, tail.Offset, "the last group is damaged, and this store cannot cut it off");
        }

        _tail.TotalBytes -= tail.LengthBytes;
        if (!isRoom)
        {
            observer.TailCut(tail.File, tail.Offset, tail.LengthBytes);
        }
    }

    private void Progress(int readBytes)
    {
        _doneBytes += readBytes;
        if (_doneBytes - _reportedBytes >= ReportBytes)
        {
            _reportedBytes = _doneBytes;
            observer.Replaying(_doneBytes, _totalBytes);
        }
    }
}
