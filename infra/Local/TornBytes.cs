using Microsoft.Win32.SafeHandles;

namespace Cairn.Infra.Local;

/// <summary>Keeps what is cut off a log file in a file of its own, <c>{n}.log-{offset}.torn</c>, for a person to look at.</summary>
/// <remarks>Zeros at the end are what a file system leaves of a write that never came: they tell nothing, may be many, and are not kept.</remarks>
internal static class TornBytes
{
    private const int StepBytes = 256 * 1024;

    public static void SetAside(string path, long offset)
    {
        using var source = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var end = EndOfData(source, offset);
        if (end > offset)
        {
            DurableFile.Write(FreeName(path, offset), target => Copy(source, offset, end, target));
        }
    }

    private static string FreeName(string path, long offset)
    {
        var name = $"{path}-{offset}.torn";
        for (var copy = 2; File.Exists(name); copy++)
        {
            name = $"{path}-{offset}-{copy}.torn";
        }

        return name;
    }

    private static long EndOfData(SafeFileHandle source, long offset)
    {
        var step = new byte[StepBytes];
        var end = offset;
        for (int read; (read = RandomAccess.Read(source, step, offset)) > 0; offset += read)
        {
            var data = step.AsSpan(0, read).TrimEnd((byte)0);
            end = data.IsEmpty ? end : offset + data.Length;
        }

        return end;
    }

    private static void Copy(SafeFileHandle source, long offset, long end, SafeFileHandle target)
    {
        var step = new byte[StepBytes];
        for (long at = offset; at < end;)
        {
            var read = RandomAccess.Read(source, step.AsSpan(0, (int)Math.Min(StepBytes, end - at)), at);
            RandomAccess.Write(target, step.AsSpan(0, read), at - offset);
            at += read;
        }
    }
}
