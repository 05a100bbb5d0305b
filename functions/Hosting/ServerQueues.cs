using Cairn.Infra.Blob;
using Cairn.Infra.Queue;
using Cairn.Primitives;
using Cairn.Storage;

namespace Cairn.Functions.Hosting;

/// <summary>The queues of one process, and where claim checks lie. Any thread.</summary>
/// <param name="Ingest">Commits.</param>
/// <param name="Poison">Those that cannot be.</param>
/// <param name="Reconcile">Requests for checkpoints.</param>
/// <param name="Import">Names of files that wait to be imported.</param>
/// <param name="Claims">What is too large for a message.</param>
internal sealed record ServerQueues(IMessageQueue Ingest, IMessageQueue Poison, IMessageQueue Reconcile, IMessageQueue Import, IClaimStore Claims)
{
    /// <summary>Names of queues; the bindings of the functions have them too. The container of the claim checks is named as the first.</summary>
    public const string IngestName = "cairn-ingest", PoisonName = "cairn-ingest-poison", ReconcileName = "cairn-reconcile", ImportName = "cairn-import";

    /// <summary>The queues of the storage account that the options name; null: they name none. Asks nothing of the service yet.</summary>
    /// <exception cref="StartFailure">The account has blobs and no queues, by its settings.</exception>
    public static ServerQueues? Open(ServerOptions options)
    {
        if (options.Queues is not null || options is not { AzureQueues: { } account, Azure: { } blobs })
        {
            return options.Queues;
        }

        try
        {
            AzureMessageQueue Named(string name) => AzureMessageQueue.Open(account, name);
            var claims = AzureClaimStore.Open(blobs with { ContainerName = IngestName }, options.Time);
            return new(Named(IngestName), Named(PoisonName), Named(ReconcileName), Named(ImportName), claims);
        }
        catch (CairnException failure) when (failure.Kind == ErrorKind.Invalid)
        {
            throw new StartFailure($"{StorageSettings.QueueSourceOf(failure.Field)}: {failure.Message}", failure);
        }
    }
}
