using Cairn.Functions.Hosting;
using Cairn.Storage;

namespace Cairn.Functions.Triggers;

/// <summary>The triggers of a process without a Functions host: it fetches the messages itself. What a timer does there, loops of the spaces do here.</summary>
internal sealed class TriggerPolling : IAsyncDisposable
{
    private readonly QueuePoller[] _pollers;

    public TriggerPolling(Service service, ServerQueues queues)
    {
        var handlers = new TriggerHandlers(service, queues);
        _pollers =
        [
            new(ServerQueues.IngestName, queues.Ingest, message => handlers.Messages.TakeAsync(DeliveryOf(message, IngestQueue.Function)), service.Time, service.Logger),
            new(ServerQueues.ReconcileName, queues.Reconcile, message => handlers.Reconciling.TakeAsync(DeliveryOf(message, ReconcileQueue.Function)), service.Time, service.Logger),
        ];
    }

    public async ValueTask DisposeAsync() => await Task.WhenAll(_pollers.Select(each => each.DisposeAsync().AsTask()));

    private static Delivery DeliveryOf(HeldMessage message, string function) => new(function, message.Id, message.Text, message.InsertedAt, message.DeliveryCount);
}
