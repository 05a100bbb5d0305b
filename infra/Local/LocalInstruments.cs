using System.Diagnostics.Metrics;

namespace Cairn.Infra.Local;

/// <summary>What the local store measures.</summary>
internal static class LocalInstruments
{
    private static readonly Meter Meter = new("Cairn.Infra.Local");

    public static readonly Histogram<double> AppendDuration =
        Meter.CreateHistogram<double>("cairn.local.append.duration", "s", "One write to a log file and its flush.");
}
