using System.Diagnostics.Metrics;
using Cairn.Diagnostics;

namespace Cairn.Log;

/// <summary>What the write logs of this process measure.</summary>
internal static class LogInstruments
{
    private static readonly Meter Meter = new(MeterNames.Log);

    public static readonly Histogram<int> AppendSize = Meter.CreateHistogram<int>("cairn.log.append.size", "By", "Bytes of one group.");

    public static readonly Histogram<int> AppendFrames = Meter.CreateHistogram<int>("cairn.log.append.frames", "{frame}", "Frames of one group.");

    public static readonly Counter<long> Rolls = Meter.CreateCounter<long>("cairn.log.rolls", "{roll}", "Changes to a new log file.");
}
