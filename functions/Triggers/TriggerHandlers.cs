using Cairn.Functions.Hosting;

namespace Cairn.Functions.Triggers;

/// <summary>What the triggers of one process do: the same, whether the Functions host hands messages out or this process fetches them. Any thread.</summary>
internal sealed class TriggerHandlers
{
    public TriggerHandlers(Service service, ServerQueues queues)
    {
        Messages = new(service, queues);
        Events = new(service, queues, Messages);
        Reconciling = new(service);
        Imports = new(service, Messages);
        Sweep = new(service);
    }

    public IngestQueue Messages { get; }

    public EventIngest Events { get; }

    public ReconcileQueue Reconciling { get; }

    public ImportQueue Imports { get; }

    public SpaceSweep Sweep { get; }
}
