using Azure;
using Azure.Storage.Blobs.Models;

namespace Cairn.Infra.Blob;

/// <summary>Deletes one blob of a space and knows whether it was there.</summary>
internal static class BlobDeletion
{
    /// <returns>False: it was absent. A lost answer and an absent blob are taken for a deletion that happened.</returns>
    public static async ValueTask<bool> RunAsync(AzureLife life, string name, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var path = life.PathOf(name);
        try
        {
            var blob = life.Container.Once.GetBlobClient(path);
            await blob.DeleteAsync(DeleteSnapshotsOption.IncludeSnapshots, null, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (RequestFailedException failure) when (AzureFailure.IsAbsent(failure))
        {
            return false;
        }
        catch (Exception failure) when (AzureFailure.Is(failure, cancellationToken))
        {
            return AzureFailure.MayHaveHappened(failure) && !await ExistsAsync(life, name, cancellationToken).ConfigureAwait(false)
                ? true
                : throw AzureFailure.Translate(failure, life.Describe(name));
        }
    }

    private static ValueTask<bool> ExistsAsync(AzureLife life, string name, CancellationToken cancellationToken) => AzureFailure.GuardAsync(
        life.Describe(name),
        async () => (await life.Container.Retrying.GetBlobClient(life.PathOf(name)).ExistsAsync(cancellationToken).ConfigureAwait(false)).Value,
        cancellationToken);
}
