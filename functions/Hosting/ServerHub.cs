using Cairn.Functions.Hub;
using Cairn.Infra.EventHubs;
using Cairn.Primitives;
using Cairn.Storage;

namespace Cairn.Functions.Hosting;

/// <summary>Opens the hub that the options name.</summary>
internal static class ServerHub
{
    /// <param name="options">Name it.</param>
    /// <param name="tables">Hold which partition each space's events go to.</param>
    /// <param name="queues">Have the claim checks, which whoever applies the events reads.</param>
    /// <param name="logger">Hears of what cannot be published.</param>
    /// <returns>Null: they name none. Asks nothing of it yet.</returns>
    /// <exception cref="StartFailure">A setting is wrong, which is named.</exception>
    public static HubDoor? Open(ServerOptions options, ITableStore? tables, ServerQueues? queues, ILogger logger)
    {
        if (options.Hub is not { } hub)
        {
            return null;
        }

        if (tables is null || queues is null)
        {
            throw new StartFailure($"{HubSettings.SourceOf(null)}: a hub needs a storage account that has queues and tables; {StorageSettings.Connection} names none");
        }

        try
        {
            var publisher = EventHubPublisher.Open(hub.Hub, options.Time);
            return new(publisher, new(tables, publisher.Address, hub.Partitions), queues.Claims, options.Time, logger);
        }
        catch (CairnException failure) when (failure.Kind == ErrorKind.Invalid)
        {
            throw new StartFailure($"{HubSettings.SourceOf(failure.Field)}: {failure.Message}", failure);
        }
    }
}
