using Cairn.Primitives;

namespace Cairn.Storage;

/// <summary>The log files of one space: numbered, append-only sequences of bytes.</summary>
/// <remarks>
/// One thread of a process appends, creates and cuts; any number may read, and one other may delete, meanwhile. Where the store has several writers,
/// each append is there whole or not at all. Besides what is said below, every call may throw
/// Unavailable (nothing happened; back off) and NotFound (the file or the space is gone).
/// </remarks>
public interface ILogStore : IAsyncDisposable
{
    /// <summary>Appends to one file at which the log should roll, its header counted; the store takes a few more.</summary>
    int MaxAppendsPerFile { get; }

    /// <summary>Bytes at which the log should roll; at most 2^31, so that positions have room for the groups that pass it.</summary>
    long MaxFileBytes { get; }

    /// <summary>No other process can append to these files while this one holds the store.</summary>
    bool IsSoleWriter { get; }

    /// <summary>How far this process's clock is ahead of the store's, as far as its last answer told; zero where they are one, or it is not known.</summary>
    TimeSpan ClockLead { get; }

    /// <summary>The numbers of the files that exist, ascending.</summary>
    ValueTask<IReadOnlyList<int>> ListFilesAsync(CancellationToken cancellationToken);

    /// <summary>Creates a file that begins with <paramref name="header"/>, whole or not at all; durable when it returns.</summary>
    /// <returns>False: it exists already, and stays as it is.</returns>
    ValueTask<bool> CreateFileAsync(int file, ReadOnlyMemory<byte> header, CancellationToken cancellationToken);

    /// <summary>Appends; durable when it returns. May complete on the calling thread. Once the bytes are on their way it is not cancelled.</summary>
    /// <returns>The offset at which the bytes begin.</returns>
    /// <exception cref="CairnException">Unavailable: nothing was kept. Unknown: cannot tell.</exception>
    ValueTask<long> AppendAsync(int file, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken);

    /// <summary>Reads from an offset.</summary>
    /// <returns>Bytes read, at least one unless the offset is at or past the end (or the buffer is empty): then 0.</returns>
    ValueTask<int> ReadAsync(int file, long offset, Memory<byte> buffer, CancellationToken cancellationToken);

    /// <summary>
    /// The bytes of a file that are durable: a store with a cache in between flushes it first, so that what is replayed cannot vanish. Of a file that was not closed, zeros may
    /// be counted that no append wrote.
    /// </summary>
    ValueTask<long> GetLengthAsync(int file, CancellationToken cancellationToken);

    /// <summary>Sets the bytes from an offset on aside, where a person can find them, then cuts the file there.</summary>
    /// <returns>False: this store cannot.</returns>
    ValueTask<bool> TryCutAsync(int file, long offset, CancellationToken cancellationToken);

    /// <summary>Deletes a whole file, never the last one; durable when it returns, so that files deleted in order leave no gap.</summary>
    /// <returns>False: it is absent already, or perhaps: a store whose answer was lost cannot tell who deleted it.</returns>
    ValueTask<bool> DeleteFileAsync(int file, CancellationToken cancellationToken);
}
