namespace Cairn.Diagnostics;

/// <summary>What the write log of one space reports as it happens. Called on the log's own thread: answer quickly, never throw.</summary>
public interface ILogObserver
{
    /// <summary>The last group was torn by a crash and cut off; its bytes were set aside by the store.</summary>
    /// <param name="file">The log file.</param>
    /// <param name="offset">Where it is cut, in bytes from the file's start.</param>
    /// <param name="lengthBytes">What was behind it.</param>
    void TailCut(int file, long offset, long lengthBytes)
    {
    }

    /// <summary>The log is being read at open; called about once a megabyte, and at the end.</summary>
    /// <param name="doneBytes">Bytes read so far, of all log files.</param>
    /// <param name="totalBytes">Bytes to read.</param>
    void Replaying(long doneBytes, long totalBytes)
    {
    }

    /// <summary>The log goes on in a new file.</summary>
    /// <param name="file">The new log file.</param>
    void Rolled(int file)
    {
    }
}

/// <summary>An observer that looks away.</summary>
public sealed class SilentLogObserver : ILogObserver
{
    /// <summary>The only one that is needed.</summary>
    public static readonly SilentLogObserver Instance = new();
}
