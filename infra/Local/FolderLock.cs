using System.Globalization;
using Cairn.Primitives;

namespace Cairn.Infra.Local;

/// <summary>Who holds a folder.</summary>
/// <param name="ProcessId">The process.</param>
/// <param name="Address">Where it answers, such as <c>http://127.0.0.1:7071</c>; empty if it said none.</param>
public sealed record FolderHolder(int ProcessId, string Address);

/// <summary>
/// Keeps a folder to one process: an operating-system lock (flock on Unix, a share mode on Windows) that ends with the process,
/// however it ends. The locked file cannot be read by others, so the holder's name stands in a file beside it. Both names have a dot,
/// which no space's name can.
/// </summary>
internal sealed class FolderLock : IDisposable
{
    private const string LockName = "cairn.lock";
    private const string HolderName = "cairn.holder";

    private readonly FileStream _file;
    private readonly string _holderPath;

    private FolderLock(FileStream file, string folder)
    {
        _file = file;
        _holderPath = Path.Combine(folder, HolderName);
    }

    /// <exception cref="CairnException">Conflict: another process, or another opening in this one, holds it; the message names pid and address.</exception>
    public static FolderLock Take(string folder)
    {
        var path = Path.Combine(folder, LockName);
        try
        {
            return Announced(new(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None), folder));
        }
        catch (IOException failure) when (LocalFailure.IsInUse(failure))
        {
            throw new CairnException(ErrorKind.Conflict, $"{folder} is in use by {Describe(ReadHolder(folder))}", failure);
        }
        catch (Exception failure) when (LocalFailure.Is(failure))
        {
            throw LocalFailure.Translate(failure, path);
        }
    }

    /// <summary>Who holds the folder, or held it last and was killed; null if nobody or if it cannot be told.</summary>
    public static FolderHolder? ReadHolder(string folder)
    {
        try
        {
            var lines = File.ReadAllLines(Path.Combine(folder, HolderName));
            return lines.Length == 2 && int.TryParse(lines[0], NumberStyles.None, CultureInfo.InvariantCulture, out var processId)
                ? new(processId, lines[1])
                : null;
        }
        catch (Exception failure) when (LocalFailure.Is(failure))
        {
            return null;
        }
    }

    /// <summary>Says where this process answers.</summary>
    public void Announce(string address)
    {
        // Renamed into place, so that nobody reads half of it. It need not outlive a power failure.
        var unfinished = _holderPath + ".new";
        File.WriteAllText(unfinished, string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId}\n{address}\n"));
        File.Move(unfinished, _holderPath, overwrite: true);
    }

    // The lock file stays: who deletes a locked file lets a third process lock a new one.
    public void Dispose()
    {
        try
        {
            File.Delete(_holderPath);
        }
        catch (Exception failure) when (LocalFailure.Is(failure))
        {
            // A stale name misleads nobody: it is read only while the lock is held.
        }

        _file.Dispose();
    }

    // Who cannot say that he holds the folder does not hold it.
    private static FolderLock Announced(FolderLock taken)
    {
        try
        {
            taken.Announce("");
            return taken;
        }
        catch
        {
            taken.Dispose();
            throw;
        }
    }

    private static string Describe(FolderHolder? holder) => holder switch
    {
        null => "another process",
        { Address: "" } => $"process {holder.ProcessId}",
        _ => $"process {holder.ProcessId} at {holder.Address}",
    };
}
