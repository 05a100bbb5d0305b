using Cairn.Diagnostics;
using Cairn.Formats;
using Cairn.Primitives;
using Cairn.Storage;

namespace Cairn.Log;

/// <summary>Reads a log from its first file to its end, hands out every group, and cuts off a torn tail.</summary>
/// <remarks>
/// Invariants: files are numbered from 0 without gaps; every file but the last ends with a roll frame; only the last file that holds
/// groups may be torn. A roll makes file n+1 before it writes the roll frame into n, so a crash between leaves n+1 with its header only.
/// </remarks>
internal sealed class LogScan(ILogStore store, Incarnation incarnation, ILogObserver observer, Func<LogGroup, CancellationToken, ValueTask> replay)
{
    private const int ReportBytes = 1024 * 1024;

    private LogTail _tail = new();
    private long _totalBytes;
    private long _doneBytes;
    private long _reportedBytes;

    /// <summary>Scans.</summary>
    /// <exception cref="CairnException">Corrupt: damage that is no torn tail, or a later version; the message names file and offset.</exception>
    public async Task<LogTail> RunAsync(CancellationToken cancellationToken)
    {
        var files = await store.ListFilesAsync(cancellationToken).ConfigureAwait(false);
        if (files.Count == 0)
        {
            return _tail;
        }

        var lengths = await MeasureAsync(files, cancellationToken).ConfigureAwait(false);
        var last = Math.Max(0, lengths.FindLastIndex(length => length > LogFileHeader.LengthBytes));
        for (var file = 0; file <= last; file++)
        {
            var rolled = await ScanFileAsync(file, lengths[file], file == last, cancellationToken).ConfigureAwait(false);
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

    private async ValueTask<List<long>> MeasureAsync(IReadOnlyList<int> files, CancellationToken cancellationToken)
    {
        var lengths = new List<long>(files.Count);
        foreach (var file in files)
        {
            if (file != lengths.Count)
            {
                throw LogDamage.At(lengths.Count, 0, "the file is missing");
            }

            lengths.Add(await store.GetLengthAsync(file, cancellationToken).ConfigureAwait(false));
            _totalBytes += lengths[file];
        }

        _tail.TotalBytes = _totalBytes;
        return lengths;
    }

    // What follows the last file with groups can only be the file that an interrupted or just finished roll made.
    private async ValueTask FinishAsync(bool rolled, List<long> lengths, CancellationToken cancellationToken)
    {
        var next = _tail.File + 1;
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
        Progress(LogFileHeader.LengthBytes);

        for (var verified = 0L; _tail.LengthBytes < lengthBytes && !_tail.IsSealed;)
        {
            var offset = _tail.LengthBytes;
            var head = await window.GetAsync(offset, GroupHeader.HeaderBytes, cancellationToken).ConfigureAwait(false);
            var isGroup = GroupHeader.TryRead(head.Span, out var header);
            var bytes = isGroup ? await window.GetAsync(offset, header.LengthBytes, cancellationToken).ConfigureAwait(false) : default;
            if (!isGroup || bytes.Length < header.LengthBytes || !TryRead(bytes.Span, header, offset, out var summary))
            {
                var searchFrom = offset + (isGroup ? header.LengthBytes : 1);
                await CutAsync(window, new(file, offset, lengthBytes, searchFrom), isLast && verified <= offset, cancellationToken).ConfigureAwait(false);
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
