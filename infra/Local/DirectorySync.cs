using System.Runtime.InteropServices;

namespace Cairn.Infra.Local;

/// <summary>Makes the names in a directory durable: a new or renamed file is only safe after this. Windows needs and offers nothing like it.</summary>
internal static partial class DirectorySync
{
    private const int ReadOnly = 0;
    private const int Interrupted = 4;

    // What file systems answer that cannot flush a directory: invalid argument, and not supported on Linux and macOS.
    private static readonly int[] Unsupported = [22, 95, 45];

    /// <exception cref="IOException">The directory cannot be opened.</exception>
    /// <exception cref="FlushFailedException">It cannot be flushed.</exception>
    public static void Flush(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        var descriptor = Open(folder, ReadOnly);
        if (descriptor < 0)
        {
            throw Failure($"open of {folder}");
        }

        try
        {
            while (Fsync(descriptor) != 0)
            {
                var error = Marshal.GetLastPInvokeError();
                if (Unsupported.Contains(error))
                {
                    return;
                }

                if (error != Interrupted)
                {
                    throw new FlushFailedException(folder, Failure("fsync"));
                }
            }
        }
        finally
        {
            _ = Close(descriptor);
        }
    }

    /// <summary>As <see cref="Flush"/>, of a directory and those above it, <paramref name="levels"/> in all.</summary>
    public static void FlushUpwards(string folder, int levels)
    {
        for (var at = folder; levels > 0; levels--)
        {
            Flush(at);
            at = Path.GetDirectoryName(at)!;
        }
    }

    private static IOException Failure(string call)
    {
        var error = Marshal.GetLastPInvokeError();
        return new IOException($"{call}: {Marshal.GetPInvokeErrorMessage(error)}", error);
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Fsync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int descriptor);
}
