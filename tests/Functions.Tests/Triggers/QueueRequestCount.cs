using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Cairn.Functions.Tests.Triggers;

/// <summary>Requests that this process sends to the queue service, by what they do.</summary>
internal sealed class QueueRequestCount : IDisposable
{
    private readonly ConcurrentDictionary<string, long> _counts = new();
    private readonly MeterListener _listener = new();

    public QueueRequestCount()
    {
        _listener.InstrumentPublished = static (instrument, listener) =>
        {
            if (instrument.Name == "cairn.queue.requests")
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((_, count, tags, _) => _counts.AddOrUpdate((string)tags[0].Value!, count, (_, before) => before + count));
        _listener.Start();
    }

    public int this[string operation] => (int)_counts.GetValueOrDefault(operation);

    public override string ToString() => string.Join(", ", _counts.OrderBy(each => each.Key, StringComparer.Ordinal).Select(each => $"{each.Value} {each.Key}"));

    public void Dispose() => _listener.Dispose();
}
