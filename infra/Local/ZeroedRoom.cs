namespace Cairn.Infra.Local;

/// <summary>
/// Zeros behind the data of a log file, so that most appends change bytes that the file has already: then a flush writes data only, where of a file that grows the
/// file system also writes the length and the place of its blocks, and waits for them. Readers take the zeros for the end of the log.
/// Invariant: from the end of the data to the end of the room there are zeros and nothing else. The default is no room; lives as a field and is never copied.
/// </summary>
internal struct ZeroedRoom
{
    /// <summary>A room is as large as the data before it, but no smaller and no larger than this: small spaces stay small, and one flush never takes long.</summary>
    private const int MinBytes = 16 * 1024;
    private const int MaxBytes = 256 * 1024;

    /// <summary>Appends from here on go without: what else the file system writes is a small part of their flush, and zeros would be another copy of all that a burst writes.</summary>
    private const int LargeAppendBytes = 64 * 1024;

    private static readonly byte[] Zeros = new byte[64 * 1024];

    private long _end;

    /// <summary>Behind an append that is not flushed yet: makes new room if it has used up the last.</summary>
    /// <remarks>A disk that is too full for room still has the data: then the append was as good without.</remarks>
    public void Extend(AppendFile file, long dataEnd, int appendedBytes)
    {
        if (dataEnd <= _end || appendedBytes >= LargeAppendBytes)
        {
            return;
        }

        _end = dataEnd;
        var end = dataEnd + Math.Clamp(dataEnd, MinBytes, MaxBytes);
        try
        {
            for (var at = dataEnd; at < end; at += Zeros.Length)
            {
                file.Write(Zeros.AsSpan(0, (int)Math.Min(Zeros.Length, end - at)), at);
            }

            _end = end;
        }
        catch (Exception full) when (LocalFailure.Is(full))
        {
            _ = file.TryTruncate(dataEnd);
        }
    }

    /// <summary>Gives back what is left, before the file is closed. Not flushed: a reader that still finds it loses nothing.</summary>
    public void Return(AppendFile file)
    {
        if (_end > file.DataBytes)
        {
            _ = file.TryTruncate(file.DataBytes);
        }

        _end = 0;
    }
}
