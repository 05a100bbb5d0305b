using Microsoft.Win32.SafeHandles;

namespace Cairn.Infra.Local;

/// <summary>Whole files that are either there or not: written beside their place, flushed, then renamed.</summary>
internal static class DurableFile
{
    private const string Unfinished = ".new";

    /// <summary>Puts a file in place, replacing one that is there; durable when it returns.</summary>
    /// <exception cref="FlushFailedException">An fsync failed.</exception>
    public static void Write(string path, Action<SafeFileHandle> fill)
    {
        var unfinished = path + Unfinished;
        using (var handle = File.OpenHandle(unfinished, FileMode.Create, FileAccess.Write))
        {
            fill(handle);
            Flush(handle, unfinished);
        }

        File.Move(unfinished, path, overwrite: true);
        DirectorySync.Flush(Path.GetDirectoryName(path)!);
    }

    /// <summary>As <see cref="Write(string, Action{SafeFileHandle})"/>, of bytes at hand.</summary>
    public static void Write(string path, ReadOnlyMemory<byte> bytes) => Write(path, handle => RandomAccess.Write(handle, bytes.Span, 0));

    /// <summary>Deletes a file; durable when it returns.</summary>
    /// <returns>False: it was not there.</returns>
    /// <exception cref="FlushFailedException">An fsync failed.</exception>
    public static bool Delete(string path)
    {
        try
        {
            // Asking whether a file exists gets a no for what may not be looked at, too; this tells.
            _ = File.GetAttributes(path);
        }
        catch (Exception failure) when (failure is FileNotFoundException or DirectoryNotFoundException)
        {
            return false;
        }

        File.Delete(path);
        DirectorySync.Flush(Path.GetDirectoryName(path)!);
        return true;
    }

    /// <summary>Makes a directory and every one above it that is missing, durable when it returns.</summary>
    public static void CreateFolder(string folder)
    {
        var parent = Path.GetDirectoryName(folder);
        if (parent is null || Directory.Exists(folder))
        {
            return;
        }

        CreateFolder(parent);
        if (File.Exists(folder))
        {
            throw new IOException(LocalFailure.NoFolder(folder));
        }

        Directory.CreateDirectory(folder);
        DirectorySync.Flush(parent);
    }

    private static void Flush(SafeFileHandle handle, string path)
    {
        try
        {
            RandomAccess.FlushToDisk(handle);
        }
        catch (Exception failure) when (LocalFailure.Is(failure))
        {
            throw new FlushFailedException(path, failure);
        }
    }
}
