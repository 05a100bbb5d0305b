using System.Globalization;
using System.Runtime;
using System.Runtime.InteropServices;

namespace Cairn.Benchmarks.Reporting;

/// <summary>The machine in one line: figures mean nothing without it.</summary>
internal static class Hardware
{
    /// <summary>Date, processor, cores, system, runtime, collector, load.</summary>
    public static string Line() => string.Create(
        CultureInfo.InvariantCulture,
        $"{DateTimeOffset.UtcNow:yyyy-MM-dd HH:mm}Z · {Processor()} · {Environment.ProcessorCount} cores · {RuntimeInformation.OSDescription}"
            + $" · {RuntimeInformation.FrameworkDescription} · {(GCSettings.IsServerGC ? "server" : "workstation")} GC · load {Load()}");

    private static string Processor()
    {
        const string CpuInfo = "/proc/cpuinfo";
        var line = File.Exists(CpuInfo) ? File.ReadLines(CpuInfo).FirstOrDefault(static text => text.StartsWith("model name", StringComparison.Ordinal)) : null;
        return line?.Split(':', 2)[1].Trim() ?? RuntimeInformation.ProcessArchitecture.ToString();
    }

    // Of the last minute: a figure taken beside a busy neighbour says little.
    private static string Load() => File.Exists("/proc/loadavg") ? File.ReadAllText("/proc/loadavg").Split(' ')[0] : "unknown";
}
