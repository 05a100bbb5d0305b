using System.Diagnostics.Metrics;

namespace Cairn.Infra.Blob;

/// <summary>What the store in Azure measures.</summary>
internal static class AzureInstruments
{
    private static readonly Meter Meter = new("Cairn.Infra.Blob");

    public static readonly Histogram<double> AppendDuration =
        Meter.CreateHistogram<double>("cairn.blob.append.duration", "s", "One append to a log file, answered or not.");

    public static readonly Counter<long> Requests =
        Meter.CreateCounter<long>("cairn.blob.requests", "{request}", "Requests sent, repetitions included, by what they do (operation).");

    public static readonly Counter<long> CacheFilled =
        Meter.CreateCounter<long>("cairn.blob.cache.filled", "By", "Bytes of blobs that were brought to the local disk.");

    public static readonly Counter<long> CacheRefused =
        Meter.CreateCounter<long>("cairn.blob.cache.refused", "{file}", "Copies on the local disk that were not what had been written, and went.");
}
