using Cairn.Primitives;

namespace Cairn.Infra.Local;

/// <summary>Where one life of a space lies, and whether this process may still trust its disk. Shared by all openings of its log and blobs.</summary>
/// <param name="folder">The folder of the life.</param>
internal sealed class SpaceLife(string folder)
{
    /// <summary>A life's folder, its space's and the store's.</summary>
    public const int LevelsOfALife = 3;

    private string? _failure;

    public string LogFolder { get; } = Path.Combine(folder, "log");

    public LocalBlobFolder Blobs { get; } = new(folder);

    /// <summary>
    /// Refuses everything that would build on unflushed bytes, for as long as the process lives: after a failed fsync the system may
    /// have dropped what it could not write and yet call the next one a success.
    /// </summary>
    public void Stop(string failure) => Interlocked.CompareExchange(ref _failure, failure, null);

    /// <exception cref="CairnException">Fenced: it was stopped; the message names the failed fsync.</exception>
    public void RequireTrusted()
    {
        if (Volatile.Read(ref _failure) is { } failure)
        {
            throw LocalFailure.Fenced($"{failure}; the space is stopped until the process starts again");
        }
    }

    /// <summary>Runs what is not on a hot path; a failed fsync in it stops the space.</summary>
    /// <exception cref="CairnException">Fenced: an fsync failed. Else as <see cref="LocalFailure.Translate"/> says.</exception>
    public T Guard<T>(string path, Func<T> action)
    {
        try
        {
            return LocalFailure.Guard(path, action);
        }
        catch (CairnException failure) when (failure.InnerException is FlushFailedException flush)
        {
            throw Stopped(flush);
        }
    }

    /// <summary>Stops the space; what to throw then.</summary>
    public CairnException Stopped(FlushFailedException failure)
    {
        Stop(failure.Message);
        return LocalFailure.Fenced(failure.Message, failure);
    }

    /// <summary>Makes the names that lead to the log files durable.</summary>
    public void FlushFolders() => DirectorySync.FlushUpwards(LogFolder, LevelsOfALife + 1);
}
