using Cairn.Primitives;

namespace Cairn.Infra.Local;

/// <summary>Translates what the file system throws; messages name the path and what an operator can do about it.</summary>
internal static class LocalFailure
{
    // ENOSPC and the two disk-full codes of Windows; EDQUOT on Linux and macOS.
    private static readonly int[] DiskFull = [28, unchecked((int)0x80070070), unchecked((int)0x80070027), 122, 69];

    // EWOULDBLOCK on Linux and macOS, and the sharing violation of Windows.
    private static readonly int[] InUse = [11, 35, unchecked((int)0x80070020)];

    // ENOTDIR, and what Windows says of a file where it looked for a directory.
    private static readonly int[] NotAFolder = [20, unchecked((int)0x8007010B)];

    // EPERM, EACCES and EROFS; the runtime gives most of them a type of their own, our calls of the system do not.
    private static readonly int[] Denied = [1, 13, 30];

    /// <summary>The failures that this adapter translates; everything else is a bug and passes.</summary>
    public static bool Is(Exception failure) => failure is IOException or UnauthorizedAccessException;

    /// <summary>Another open file holds the lock.</summary>
    public static bool IsInUse(IOException failure) => InUse.Contains(failure.HResult);

    public static CairnException Translate(Exception failure, string path) => failure switch
    {
        IOException when IsNoFolder(failure) && File.Exists(path) => Unavailable(NoFolder(path), failure),
        FileNotFoundException or DirectoryNotFoundException => new(ErrorKind.NotFound, $"{path} does not exist", failure),
        FlushFailedException => Unavailable(failure.Message, failure),
        UnauthorizedAccessException => NoAccess(path, failure),
        IOException when Denied.Contains(failure.HResult) => NoAccess(path, failure),
        IOException when DiskFull.Contains(failure.HResult) => Unavailable($"disk full: {path}", failure),
        _ => Unavailable($"{path}: {failure.Message}", failure),
    };

    /// <summary>Runs what is not on a hot path.</summary>
    public static T Guard<T>(string path, Func<T> action)
    {
        try
        {
            return action();
        }
        catch (Exception failure) when (Is(failure))
        {
            throw Translate(failure, path);
        }
    }

    public static CairnException Unavailable(string message, Exception? inner = null) =>
        new(ErrorKind.Unavailable, message, inner) { Problem = "unavailable" };

    /// <summary>Nothing happened, and nothing will: this opening of the log is of no use any more.</summary>
    public static CairnException Fenced(string message, Exception? inner = null) =>
        new(ErrorKind.Fenced, message, inner) { Problem = "unavailable" };

    /// <summary>What to say of a file that stands in a folder's place.</summary>
    public static string NoFolder(string path) => $"{path} is a file where a folder is needed: move it away, or name another folder";

    private static bool IsNoFolder(Exception failure) => failure is DirectoryNotFoundException || NotAFolder.Contains(failure.HResult);

    private static CairnException NoAccess(string path, Exception failure) =>
        Unavailable($"no access to {path}: give this process's user the right to read and write it ({failure.Message})", failure);
}
