using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Cairn.Benchmarks.Reporting;

/// <summary>
/// Time for timing work on one thread, in nanoseconds: of the wall clock, or what the thread itself computed, which a busy machine disturbs less.
/// The latter leaves out waiting and what other threads do (the garbage collector's background part), and exists on Linux.
/// </summary>
internal static class ThreadClock
{
    private const int ThreadCpuTime = 3; // CLOCK_THREAD_CPUTIME_ID in Linux's time.h

    /// <summary>Whether the thread's own time counts; else the wall clock's.</summary>
    public static bool UsesCpuTime { get; private set; }

    /// <summary>Chooses the thread's own time where there is one.</summary>
    public static void UseCpuTime() => UsesCpuTime = OperatingSystem.IsLinux();

    /// <summary>Now, for differences on the same thread.</summary>
    public static long Nanoseconds()
    {
        if (!UsesCpuTime)
        {
            return (long)(Stopwatch.GetTimestamp() * (1e9 / Stopwatch.Frequency));
        }

        _ = ClockGetTime(ThreadCpuTime, out var time);
        return (time.Seconds * 1_000_000_000) + time.Nanoseconds;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct TimeSpec
    {
        public long Seconds;
        public long Nanoseconds;
    }

    [DllImport("libc", EntryPoint = "clock_gettime")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int ClockGetTime(int clock, out TimeSpec time);
}
