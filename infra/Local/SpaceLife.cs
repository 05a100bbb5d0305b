using Cairn.Primitives;

namespace Cairn.Infra.Local;

/// <summary>Where one life of a space lies, and whether this process may still trust its disk. Shared by all openings of its log.</summary>
/// <param name="folder">The folder of the life.</param>
internal sealed class SpaceLife(string folder)
{
    private string? _failure;

    public string LogFolder { get; } = Path.Combine(folder, "log");

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

    /// <summary>Makes the names that lead to the log files durable.</summary>
    public void FlushFolders()
    {
        for (var (at, levels) = (LogFolder, 4); levels > 0; levels--)
        {
            DirectorySync.Flush(at);
            at = Path.GetDirectoryName(at)!;
        }
    }
}
