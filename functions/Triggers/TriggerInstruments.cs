using System.Diagnostics.Metrics;

namespace Cairn.Functions.Triggers;

/// <summary>What the triggers measure.</summary>
internal static class TriggerInstruments
{
    private static readonly Meter Meter = new("Cairn.Triggers");

    private static readonly Counter<long> Messages =
        Meter.CreateCounter<long>("cairn.triggers.messages", "{message}", "Deliveries of messages and events, by function and what became of them (outcome).");

    public static void Count(string function, Verdict verdict) => Messages.Add(
        1, new KeyValuePair<string, object?>("function", function), new KeyValuePair<string, object?>("outcome", Word(verdict)));

    /// <summary>Counts one delivery when it has ended.</summary>
    public static async Task<Verdict> CountAsync(Delivery delivery, Task<Verdict> work)
    {
        var verdict = await work;
        Count(delivery.Source, verdict);
        return verdict;
    }

    /// <summary>As it stands in metrics and answers.</summary>
    public static string Word(Verdict verdict) => verdict switch
    {
        Verdict.Applied => "applied",
        Verdict.Duplicate => "duplicate",
        Verdict.Forwarded => "forwarded",
        Verdict.Poisoned => "poisoned",
        _ => "later",
    };
}
