using System.Diagnostics;
using System.Globalization;

namespace Cairn.Benchmarks.Memory;

/// <summary>Memory of a child process at its end, in bytes.</summary>
/// <param name="Managed">Live objects after a full collection.</param>
/// <param name="Resident">Working set after a full, compacting collection that gives memory back.</param>
/// <param name="PeakResident">The largest working set so far.</param>
/// <param name="Raw">Bytes of the values alone: ids, texts, attributes' values, the two ids of each association.</param>
/// <param name="Counted">What the space itself says that its data takes.</param>
/// <param name="Samples">Live objects after each tenth of the updates; empty for other cases.</param>
internal sealed record MemoryUse(long Managed, long Resident, long PeakResident, long Raw, long Counted, long[] Samples)
{
    /// <summary>Measures this process.</summary>
    public static MemoryUse Now(long raw, long counted, long[] samples)
    {
        var managed = Settle();
        using var process = Process.GetCurrentProcess();
        return new(managed, Status("VmRSS") ?? process.WorkingSet64, Status("VmHWM") ?? process.PeakWorkingSet64, raw, counted, samples);
    }

    /// <summary>Collects all that can be collected; answers the bytes of what is left.</summary>
    public static long Settle()
    {
        for (var i = 0; i < 2; i++)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
        }

        return GC.GetTotalMemory(forceFullCollection: true);
    }

    // The kernel's own figures are finer than the process class's peak, which it samples.
    private static long? Status(string name)
    {
        const string Own = "/proc/self/status";
        var lines = File.Exists(Own) ? File.ReadAllLines(Own) : [];
        var line = Array.Find(lines, text => text.StartsWith(name + ":", StringComparison.Ordinal));
        return line is null ? null : long.Parse(line[(name.Length + 1)..^2], CultureInfo.InvariantCulture) * 1024;
    }
}
