using System.Collections.Concurrent;
using Cairn.Primitives;
using Cairn.Storage;

namespace Cairn.Infra.Local;

/// <summary>Spaces in a folder of this machine, held by one process at a time.</summary>
/// <remarks>
/// <c>{folder}/{space}/current</c> names the life of a space, <c>{folder}/{space}/{incarnation}</c> has its blobs under their names and in
/// <c>log</c> its log files. Every call completes on the calling thread. Safe to use from many threads.
/// </remarks>
public sealed class LocalSpaceStore : ISpaceStore
{
    private const string PointerName = "current";
    private const string Deleted = ".deleted";

    private readonly Lock _gate = new();
    private readonly string _folder;
    private readonly FolderLock _lock;
    private readonly Func<string, AppendFile> _openAppend;
    private readonly ConcurrentDictionary<string, SpaceLife> _lives = new(StringComparer.Ordinal);
    private bool _disposed;

    private LocalSpaceStore(string folder, FolderLock folderLock, Func<string, AppendFile> openAppend)
    {
        _folder = folder;
        _lock = folderLock;
        _openAppend = openAppend;
    }

    /// <summary>Opens a folder, which is made if it is missing, and finishes deletions that a crash interrupted.</summary>
    /// <exception cref="CairnException">
    /// Conflict: another process holds it; the message names its pid and address. Unavailable: no access; the message names the path.
    /// </exception>
    public static LocalSpaceStore Open(string folder) => Open(folder, static path => new AppendFile(path));

    /// <summary>Who holds a folder, to talk to it instead; null if nobody says so.</summary>
    public static FolderHolder? FindHolder(string folder) => FolderLock.ReadHolder(folder);

    /// <summary>Tells other processes where this one answers.</summary>
    /// <param name="address">A URL.</param>
    /// <exception cref="CairnException">Unavailable: the folder cannot be written.</exception>
    public void SetAddress(string address) => LocalFailure.Guard(_folder, () =>
    {
        _lock.Announce(address);
        return true;
    });

    /// <inheritdoc/>
    public ValueTask<SpaceRecord?> FindAsync(SpaceName name, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return new(ReadPointer(name));
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<SpaceRecord>> ListAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var spaces = new List<SpaceRecord>();
        foreach (var name in ListFolders())
        {
            if (ReadPointer(name) is { } space)
            {
                spaces.Add(space);
            }
        }

        return new(spaces);
    }

    /// <inheritdoc/>
    public ValueTask<(SpaceRecord Record, bool Created)> CreateAsync(SpaceRecord wanted, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var folder = FolderOf(wanted.Name);
        lock (_gate)
        {
            return new(LocalFailure.Guard(folder, () =>
            {
                RequireOpen();
                if (ReadPointer(wanted.Name) is { } existing)
                {
                    return (existing, false);
                }

                DurableFile.CreateFolder(LifeOf(wanted).LogFolder);
                DurableFile.Write(Path.Combine(folder, PointerName), SpacePointer.Encode(wanted));
                return (wanted, true);
            }));
        }
    }

    /// <inheritdoc/>
    public ValueTask<bool> DeleteAsync(SpaceRecord space, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var folder = FolderOf(space.Name);
        lock (_gate)
        {
            return new(LocalFailure.Guard(folder, () =>
            {
                RequireOpen();
                if (ReadPointer(space.Name)?.Incarnation != space.Incarnation)
                {
                    return false;
                }

                // The pointer becomes a note of what is still to delete, so that a crash in between leaves neither a space nor litter.
                File.Move(Path.Combine(folder, PointerName), Path.Combine(folder, space.Incarnation + Deleted), overwrite: true);
                DirectorySync.Flush(folder);
                FinishDeletions(folder);
                _lives.TryRemove(LifeFolderOf(space), out _);
                return true;
            }));
        }
    }

    /// <inheritdoc/>
    public ILogStore OpenLog(SpaceRecord space)
    {
        RequireOpen();
        return new LocalLogStore(LifeOf(space), _openAppend);
    }

    /// <inheritdoc/>
    public IBlobStore OpenBlobs(SpaceRecord space)
    {
        RequireOpen();
        return new LocalBlobStore(LifeOf(space), _openAppend);
    }

    /// <summary>Lets the folder go. Logs and blobs must be closed before.</summary>
    public ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            if (!_disposed)
            {
                _disposed = true;
                _lock.Dispose();
            }
        }

        return ValueTask.CompletedTask;
    }

    internal static LocalSpaceStore Open(string folder, Func<string, AppendFile> openAppend)
    {
        folder = Path.GetFullPath(folder);
        LocalFailure.Guard(folder, () =>
        {
            DurableFile.CreateFolder(folder);
            return true;
        });
        var store = new LocalSpaceStore(folder, FolderLock.Take(folder), openAppend);
        try
        {
            store.FinishDeletions();
            return store;
        }
        catch
        {
            store._lock.Dispose();
            throw;
        }
    }

    private void FinishDeletions()
    {
        foreach (var name in ListFolders())
        {
            var folder = FolderOf(name);
            LocalFailure.Guard(folder, () =>
            {
                FinishDeletions(folder);
                return true;
            });
        }
    }

    private static void FinishDeletions(string folder)
    {
        foreach (var note in Directory.GetFiles(folder, "*" + Deleted))
        {
            var life = Path.Combine(folder, Path.GetFileNameWithoutExtension(note));
            if (Directory.Exists(life))
            {
                Directory.Delete(life, recursive: true);
            }

            File.Delete(note);
        }

        if (!Directory.EnumerateFileSystemEntries(folder).Any())
        {
            Directory.Delete(folder);
        }
    }

    private List<SpaceName> ListFolders() => LocalFailure.Guard(_folder, () =>
    {
        var names = new List<SpaceName>();
        foreach (var folder in Directory.GetDirectories(_folder).Order(StringComparer.Ordinal))
        {
            if (SpaceName.TryParse(Path.GetFileName(folder), out var name))
            {
                names.Add(name);
            }
        }

        return names;
    });

    private SpaceRecord? ReadPointer(SpaceName name)
    {
        RequireOpen();
        var path = Path.Combine(FolderOf(name), PointerName);
        return LocalFailure.Guard(path, () => SpacePointer.Read(path, name));
    }

    private string FolderOf(SpaceName name) => Path.Combine(_folder, name.ToString());

    private string LifeFolderOf(SpaceRecord space) => Path.Combine(FolderOf(space.Name), space.Incarnation.ToString());

    private SpaceLife LifeOf(SpaceRecord space) => _lives.GetOrAdd(LifeFolderOf(space), static folder => new(folder));

    private void RequireOpen() => Invariant.Require(!_disposed, "the store is closed");
}
