using System.Diagnostics.Metrics;
using Cairn.Diagnostics;

namespace Cairn.Reconciliation;

/// <summary>What the spaces of this process measure of what they do by themselves.</summary>
internal static class EngineInstruments
{
    private static readonly Meter Meter = new(MeterNames.Engine);

    public static readonly Counter<long> Purged = Meter.CreateCounter<long>("cairn.engine.purged", "{concept}", "Expired concepts removed for good.");
}
