using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Cairn.Infra.Local;

/// <summary>
/// Makes the bytes of a file durable, and of what is said about it only what reading them needs: its length and where they lie. On Linux that is fdatasync, which writes
/// nothing else where only times have changed; elsewhere it is what the runtime offers.
/// </summary>
internal static partial class DataSync
{
    private const int Interrupted = 4;
    private const int Invalid = 22;

    /// <exception cref="IOException">The bytes may not be on the disk, and asking again would not tell.</exception>
    public static void Flush(SafeFileHandle file)
    {
        while (OperatingSystem.IsLinux())
        {
            var error = Fdatasync(file) == 0 ? 0 : Marshal.GetLastPInvokeError();
            switch (error)
            {
                case 0:
                    return;
                case Interrupted:
                    continue;
                case Invalid:
                    // Nothing was tried: the file system knows no such call.
                    RandomAccess.FlushToDisk(file);
                    return;
                default:
                    throw new IOException($"fdatasync: {Marshal.GetPInvokeErrorMessage(error)}", error);
            }
        }

        RandomAccess.FlushToDisk(file);
    }

    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    private static partial int Fdatasync(SafeFileHandle file);
}
