using System.Security.Cryptography;
using Cairn.Primitives;
using Cairn.Storage;

namespace Cairn.Infra.Local;

/// <summary>Records in files of a data folder, beside the spaces: <c>{folder}/.tables/{partition}/{key}</c>. Safe to use from many threads and processes.</summary>
/// <remarks>
/// It needs no lock of the data folder, so that a command can work on the records while a server holds the spaces. Invariants: a file is there whole or not at
/// all, since it is renamed into place, so reading takes no lock; who writes or deletes holds <c>.tables/.lock</c> from its look at the version to the end. The
/// version is a digest of the content. No partition or key has a dot.
/// </remarks>
public sealed class LocalTableStore : ITableStore
{
    private const string FolderName = ".tables";
    private const int VersionBytes = 16;

    private readonly string _folder;
    private readonly TableLock _lock;

    private LocalTableStore(string folder, TimeProvider time) => (_folder, _lock) = (folder, new(folder, time));

    /// <summary>Names the place. Does no I/O; what is missing is made by the first write.</summary>
    /// <param name="dataFolder">The data folder.</param>
    /// <param name="time">For waiting until another process has written.</param>
    public static LocalTableStore Open(string dataFolder, TimeProvider time) => new(Path.Combine(Path.GetFullPath(dataFolder), FolderName), time);

    /// <inheritdoc/>
    public ValueTask<TableRecord?> FindAsync(RecordKey key, CancellationToken cancellationToken)
    {
        key.Require();
        cancellationToken.ThrowIfCancellationRequested();
        return new(Read(key));
    }

    /// <inheritdoc/>
    public async ValueTask<VersionTag?> PutAsync(RecordKey key, ReadOnlyMemory<byte> bytes, VersionTag? expected, CancellationToken cancellationToken)
    {
        key.Require();
        RecordKey.RequireLength(bytes.Length);
        using var turn = await _lock.TakeAsync(cancellationToken).ConfigureAwait(false);
        var (there, written) = (Read(key)?.Version, VersionOf(bytes.Span));
        if (there != expected || there == written)
        {
            return there == written ? written : null;
        }

        var path = PathOf(key);
        return LocalFailure.Guard(path, () =>
        {
            DurableFile.CreateFolder(Path.GetDirectoryName(path)!);
            DurableFile.Write(path, bytes);
            return written;
        });
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<TableRecord>> ListAsync(string partition, string? after, int limit, CancellationToken cancellationToken)
    {
        RecordKey.Require(partition);
        RecordKey.RequireLimit(limit);
        cancellationToken.ThrowIfCancellationRequested();
        var records = new List<TableRecord>();
        foreach (var key in Keys(partition).Where(key => after is null || string.CompareOrdinal(key, after) > 0).Order(StringComparer.Ordinal))
        {
            // One may have been deleted since.
            if (records.Count < limit && Read(new(partition, key)) is { } record)
            {
                records.Add(record);
            }
        }

        return new(records);
    }

    /// <inheritdoc/>
    public async ValueTask<bool> DeleteAsync(RecordKey key, CancellationToken cancellationToken)
    {
        key.Require();
        using var turn = await _lock.TakeAsync(cancellationToken).ConfigureAwait(false);
        var path = PathOf(key);
        return LocalFailure.Guard(path, () => DurableFile.Delete(path));
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _lock.Dispose();
        return ValueTask.CompletedTask;
    }

    private TableRecord? Read(RecordKey key)
    {
        var path = PathOf(key);
        return LocalFailure.Guard(path, () =>
        {
            try
            {
                using var file = File.OpenHandle(path, options: FileOptions.None, share: FileShare.ReadWrite | FileShare.Delete);
                var lengthBytes = RandomAccess.GetLength(file);
                if (lengthBytes > ITableStore.MaxRecordBytes)
                {
                    throw new CairnException(ErrorKind.Corrupt, $"{path} has {lengthBytes} bytes, more than a record can have");
                }

                var bytes = new byte[lengthBytes];
                return RandomAccess.Read(file, bytes, 0) == bytes.Length
                    ? new TableRecord(key.Key, bytes, VersionOf(bytes))
                    : throw new CairnException(ErrorKind.Corrupt, $"{path} ended while it was read");
            }
            catch (Exception failure) when (failure is FileNotFoundException or DirectoryNotFoundException)
            {
                return null;
            }
        });
    }

    // What a crash left unfinished has a dot in its name.
    private IEnumerable<string> Keys(string partition)
    {
        var folder = Path.Combine(_folder, partition);
        return LocalFailure.Guard(folder, () =>
        {
            try
            {
                return Directory.GetFiles(folder).Select(path => Path.GetFileName(path)).Where(name => RecordKey.IsValid(name));
            }
            catch (DirectoryNotFoundException)
            {
                return [];
            }
        });
    }

    private string PathOf(RecordKey key) => Path.Combine(_folder, key.Partition, key.Key);

    private static VersionTag VersionOf(ReadOnlySpan<byte> bytes) => new(Convert.ToHexStringLower(SHA256.HashData(bytes).AsSpan(0, VersionBytes)));
}
