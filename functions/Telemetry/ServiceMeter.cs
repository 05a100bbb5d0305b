using System.Diagnostics.Metrics;
using Cairn.Reconciliation;

namespace Cairn.Functions.Telemetry;

/// <summary>What the open spaces of one process have to catch up with, all together: a metric for each of them would be one for each agent.</summary>
internal sealed class ServiceMeter : IDisposable
{
    /// <summary>The meter's name, for those who listen.</summary>
    public const string Name = "Cairn.Service";

    private readonly Meter _meter = new(Name);

    public ServiceMeter(SpaceCatalog catalog)
    {
        _meter.CreateObservableGauge(
            "cairn.service.pending", () => catalog.Open.Sum(static space => space.GetStatistics().Pending), "{operation}", "Operations that are taken and not yet visible.");
        _meter.CreateObservableGauge(
            "cairn.service.view.age",
            () => catalog.Open.Select(static space => space.GetStatistics().SnapshotAge.TotalSeconds).DefaultIfEmpty().Max(),
            "s",
            "How long the oldest durable operation of all spaces has waited to be visible.");
        _meter.CreateObservableGauge(
            "cairn.service.stopped", () => catalog.Open.Count(static space => space.Failure is not null && !space.IsGone), "{space}", "Spaces that take no more writes.");
    }

    public void Dispose() => _meter.Dispose();
}
