using System.Diagnostics.Metrics;
using Cairn.Diagnostics;

namespace Cairn.Reconciliation;

/// <summary>What the spaces of this process measure of what they do by themselves.</summary>
internal static class EngineInstruments
{
    private static readonly Meter Meter = new(MeterNames.Engine);

    public static readonly Counter<long> Purged = Meter.CreateCounter<long>("cairn.engine.purged", "{concept}", "Expired concepts removed for good.");

    public static readonly UpDownCounter<long> OpenSpaces = Meter.CreateUpDownCounter<long>("cairn.engine.spaces", "{space}", "Spaces that are open.");

    public static readonly UpDownCounter<long> SpaceMemory = Meter.CreateUpDownCounter<long>("cairn.engine.memory", "By", "Memory of the open spaces' data, about.");

    public static readonly Counter<long> Evictions = Meter.CreateCounter<long>("cairn.engine.evictions", "{space}", "Spaces that were closed because nobody used them.");
}
