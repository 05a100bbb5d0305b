using System.Diagnostics.Metrics;

namespace Cairn.Infra.EventHubs;

/// <summary>What is sent to the hub.</summary>
internal static class HubInstruments
{
    private static readonly Meter Meter = new("Cairn.Infra.EventHubs");

    public static readonly Counter<long> Requests = Meter.CreateCounter<long>("cairn.hub.requests", "{request}", "Requests sent, repetitions included.");

    public static readonly Counter<long> Events = Meter.CreateCounter<long>("cairn.hub.events", "{event}", "Events published.");
}
