using System.Diagnostics.Metrics;

namespace Cairn.Infra.Cosmos;

/// <summary>What the index in Cosmos DB measures.</summary>
internal static class CosmosInstruments
{
    private static readonly Meter Meter = new("Cairn.Infra.Cosmos");

    public static readonly Counter<double> Charge = Meter.CreateCounter<double>("cairn.cosmos.charge", "{request unit}", "What requests cost, by what they do (operation).");

    /// <summary>Counts an answer.</summary>
    public static void Count(string operation, double charge) => Charge.Add(charge, new KeyValuePair<string, object?>("operation", operation));
}
