using Cairn.Primitives;

namespace Cairn.Storage;

/// <summary>Small records by partition and key, outside of any space: what a service knows about its callers and its spaces.</summary>
/// <remarks>
/// Safe to use from many threads and by many processes at once. Partitions and keys are well-formed as <see cref="RecordKey.IsValid"/> says, a record has at
/// most <see cref="MaxRecordBytes"/>. Each record stands for itself: there are no batches. Every call may throw Unavailable or Throttled (back off and try
/// again: trying any of them twice is safe).
/// </remarks>
public interface ITableStore : IAsyncDisposable
{
    /// <summary>Longest record, in bytes.</summary>
    const int MaxRecordBytes = 32 * 1024;

    /// <summary>Most records of one page.</summary>
    const int MaxPage = 1000;

    /// <summary>The record as it is now; null: there is none.</summary>
    ValueTask<TableRecord?> FindAsync(RecordKey key, CancellationToken cancellationToken);

    /// <summary>Writes a record if it still is as the caller knows it; durable when it returns.</summary>
    /// <param name="key">Its place.</param>
    /// <param name="bytes">Its content, which may be empty.</param>
    /// <param name="expected">The version that it must have; null: it must be absent.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>
    /// The version that it has now; null: it is not as expected. The same bytes there count as written, whoever wrote them, so that a lost answer leaves no question.
    /// </returns>
    ValueTask<VersionTag?> PutAsync(RecordKey key, ReadOnlyMemory<byte> bytes, VersionTag? expected, CancellationToken cancellationToken);

    /// <summary>Records of one partition in ordinal order of their keys.</summary>
    /// <param name="partition">Whose.</param>
    /// <param name="after">Only keys behind this one; null: from the first.</param>
    /// <param name="limit">1 to <see cref="MaxPage"/>. Fewer come only if there are no more.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    ValueTask<IReadOnlyList<TableRecord>> ListAsync(string partition, string? after, int limit, CancellationToken cancellationToken);

    /// <summary>Deletes a record, whatever its version; durable when it returns.</summary>
    /// <returns>False: it was absent already, or perhaps: a store whose answer was lost cannot tell who deleted it.</returns>
    ValueTask<bool> DeleteAsync(RecordKey key, CancellationToken cancellationToken);
}

/// <summary>A record that is there.</summary>
/// <param name="Key">Its key within the partition.</param>
/// <param name="Bytes">Its content.</param>
/// <param name="Version">Changes whenever the content does.</param>
public sealed record TableRecord(string Key, ReadOnlyMemory<byte> Bytes, VersionTag Version);

/// <summary>The version of a record: opaque, compared for equality only, and of no use with another store.</summary>
public readonly record struct VersionTag(string Text);
