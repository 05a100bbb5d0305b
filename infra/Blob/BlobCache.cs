using System.Collections.Concurrent;
using Azure.Storage.Blobs.Models;
using Cairn.Primitives;
using Cairn.Storage;

namespace Cairn.Infra.Blob;

/// <summary>Copies of immutable blobs in a folder of the local disk, which several processes may share. Safe to use from many threads.</summary>
/// <remarks>
/// Invariants: a copy appears under its name by a rename, whole and checked; a copy that this process did not make is checked in full
/// before it is first used; the copies stay below the limit, the least recently used going first (a file's time of writing is that of its
/// last use). A copy may be deleted at any moment: who reads it holds a handle.
/// </remarks>
internal sealed class BlobCache(string folder, long limitBytes, TimeProvider time)
{
    // Names of blobs have no such character, and neither have incarnations.
    private const char FolderMark = '~';
    private const string Unfinished = ".part";
    private const int Gates = 64;

    private static readonly TimeSpan Abandoned = TimeSpan.FromDays(1);

    private readonly SemaphoreSlim[] _gates = [.. Enumerable.Range(0, Gates).Select(_ => new SemaphoreSlim(1))];
    private readonly ConcurrentDictionary<string, bool> _checked = new(StringComparer.Ordinal);

    /// <summary>Opens a blob's copy, which is made if it is missing or damaged.</summary>
    /// <returns>Null: the blob is absent.</returns>
    public async ValueTask<CacheFile?> OpenAsync(BlobDownload blob, CancellationToken cancellationToken)
    {
        // Whoever wants the same blob meanwhile waits here and finds it.
        var gate = _gates[(uint)StringComparer.Ordinal.GetHashCode(blob.Key) % Gates];
        await gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return TryOpen(blob) ?? await FillAsync(blob, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception failure) when (CacheFailure.Is(failure))
        {
            throw CacheFailure.Translate(failure);
        }
        finally
        {
            gate.Release();
        }
    }

    /// <summary>The blob is gone: its copy is of no use.</summary>
    public void Forget(string key) => Drop(PathOf(key));

    private void Drop(string path)
    {
        _checked.TryRemove(path, out _);
        TryDelete(path);
    }

    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception failure) when (CacheFailure.Is(failure))
        {
            // Another process may hold it, where that forbids deleting. It goes when room is next needed.
        }
    }

    private string PathOf(string key) => Path.Combine(folder, key.Replace('/', FolderMark));

    private CacheFile? TryOpen(BlobDownload blob)
    {
        var path = PathOf(blob.Key);
        var file = CacheFile.Open(path, blob.Describe(), out var damaged);
        if (file is not null && !_checked.ContainsKey(path))
        {
            damaged = !file.IsWhole();
        }

        if (damaged)
        {
            AzureInstruments.CacheRefused.Add(1);
            file?.Dispose();
            Drop(path);
            return null;
        }

        if (file is not null)
        {
            _checked[path] = true;
            Touch(path);
        }

        return file;
    }

    private async ValueTask<CacheFile?> FillAsync(BlobDownload blob, CancellationToken cancellationToken)
    {
        if (await blob.FindAsync(cancellationToken).ConfigureAwait(false) is not { } there)
        {
            return null;
        }

        Directory.CreateDirectory(folder);
        MakeRoom(there.ContentLength + CacheFile.TrailerBytes);
        var path = PathOf(blob.Key);
        var unfinished = $"{path}{FolderMark}{Guid.NewGuid():N}{Unfinished}";
        var handle = File.OpenHandle(
            unfinished, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete, preallocationSize: there.ContentLength);
        try
        {
            await blob.RunAsync(there, handle, cancellationToken).ConfigureAwait(false);
            var file = Checked(CacheFile.Seal(handle, blob.Describe(), there.ContentLength), there, blob);
            File.Move(unfinished, path, overwrite: true);
            _checked[path] = true;
            Touch(path);
            AzureInstruments.CacheFilled.Add(there.ContentLength);
            return file;
        }
        catch (CairnException failure) when (failure.Kind == ErrorKind.NotFound)
        {
            handle.Dispose();
            return null;
        }
        catch
        {
            handle.Dispose();
            throw;
        }
        finally
        {
            TryDelete(unfinished);
        }
    }

    private static CacheFile Checked(CacheFile file, BlobProperties there, BlobDownload blob) =>
        (BlobChecksum.Read(there.Metadata) ?? file.StatedChecksum) == file.StatedChecksum
            ? file
            : throw BlobFailure.Altered(blob.Describe());

    private void Touch(string path)
    {
        try
        {
            File.SetLastWriteTimeUtc(path, time.GetUtcNow().UtcDateTime);
        }
        catch (Exception failure) when (CacheFailure.Is(failure))
        {
            // Deleted by another process meanwhile, or not ours to touch: then it only looks older than it is.
        }
    }

    /// <summary>Deletes what was longest unused until so many bytes fit, and what crashed processes left.</summary>
    private void MakeRoom(long wantedBytes)
    {
        var copies = new List<(string Path, long LengthBytes, DateTime LastUse)>();
        foreach (var file in new DirectoryInfo(folder).EnumerateFiles())
        {
            if (file.Name.EndsWith(Unfinished, StringComparison.Ordinal))
            {
                DeleteAbandoned(file);
            }
            else if (file.Name.Contains(FolderMark) && Measure(file) is { } copy)
            {
                copies.Add(copy);
            }
        }

        var excessBytes = copies.Sum(copy => copy.LengthBytes) + wantedBytes - limitBytes;
        foreach (var copy in copies.OrderBy(copy => copy.LastUse).TakeWhile(copy => Take(ref excessBytes, copy.LengthBytes)))
        {
            Drop(copy.Path);
        }
    }

    private static bool Take(ref long excessBytes, long lengthBytes)
    {
        var needed = excessBytes > 0;
        excessBytes -= lengthBytes;
        return needed;
    }

    private void DeleteAbandoned(FileInfo file)
    {
        if (time.GetUtcNow().UtcDateTime - file.LastWriteTimeUtc > Abandoned)
        {
            TryDelete(file.FullName);
        }
    }

    // Null: deleted meanwhile.
    private static (string Path, long LengthBytes, DateTime LastUse)? Measure(FileInfo file)
    {
        try
        {
            return (file.FullName, file.Length, file.LastWriteTimeUtc);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }
}
