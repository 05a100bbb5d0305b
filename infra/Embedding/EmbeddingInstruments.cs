using System.Diagnostics.Metrics;

namespace Cairn.Infra.Embedding;

/// <summary>What is asked of the embedding service.</summary>
internal static class EmbeddingInstruments
{
    private static readonly Meter Meter = new("Cairn.Infra.Embedding");

    public static readonly Counter<long> Requests = Meter.CreateCounter<long>("cairn.embedding.requests", "{request}", "Requests sent, repetitions included.");

    public static readonly Counter<long> Texts = Meter.CreateCounter<long>("cairn.embedding.texts", "{text}", "Texts embedded.");
}
