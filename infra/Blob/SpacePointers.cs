using Azure;
using Azure.Storage.Blobs.Models;
using Cairn.Primitives;
using Cairn.Storage;

namespace Cairn.Infra.Blob;

/// <summary>The pointers <c>{space}/current</c> of a container: which life of a space has its name.</summary>
internal sealed class SpacePointers(AzureContainer container)
{
    private const string PointerName = "/current";

    // Each round loses to somebody who deleted what the round before had found.
    private const int MaxRounds = 4;

    /// <summary>Null: there is no such space.</summary>
    public async ValueTask<(SpaceRecord Space, ETag Tag)?> FindAsync(SpaceName name, CancellationToken cancellationToken)
    {
        var what = container.Describe(PathOf(name));
        try
        {
            var answer = await container.Retrying.GetBlobClient(PathOf(name)).DownloadContentAsync(cancellationToken).ConfigureAwait(false);
            return (SpacePointer.Decode(answer.Value.Content.ToMemory(), name, what), answer.Value.Details.ETag);
        }
        catch (RequestFailedException failure) when (AzureFailure.IsAbsent(failure))
        {
            return null;
        }
        catch (Exception failure) when (AzureFailure.Is(failure, cancellationToken))
        {
            throw AzureFailure.Translate(failure, what);
        }
    }

    /// <summary>Gives a name to a life unless another has it.</summary>
    public async ValueTask<(SpaceRecord Space, bool Created)> CreateAsync(SpaceRecord wanted, CancellationToken cancellationToken)
    {
        for (var round = 0; round < MaxRounds; round++)
        {
            var lost = await TryCreateAsync(wanted, cancellationToken).ConfigureAwait(false);
            if (lost is null)
            {
                return (wanted, true);
            }

            // Taken, or the answer was lost: who stands there tells. Lives are random, so that one like ours is ours.
            if (await FindAsync(wanted.Name, cancellationToken).ConfigureAwait(false) is { Space: var there })
            {
                return (there, there.Incarnation == wanted.Incarnation);
            }
        }

        throw AzureFailure.Unavailable($"{container.Describe(PathOf(wanted.Name))} is created and deleted all the time");
    }

    /// <summary>Takes the name from a life.</summary>
    /// <returns>False: it does not have it.</returns>
    public async ValueTask<bool> DeleteAsync(SpaceRecord space, ETag tag, CancellationToken cancellationToken)
    {
        var path = PathOf(space.Name);
        try
        {
            var conditions = new BlobRequestConditions { IfMatch = tag };
            await container.Once.GetBlobClient(path).DeleteAsync(DeleteSnapshotsOption.IncludeSnapshots, conditions, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (RequestFailedException failure) when (AzureFailure.IsAbsent(failure) || AzureFailure.IsCondition(failure))
        {
            return false;
        }
        catch (Exception failure) when (AzureFailure.Is(failure, cancellationToken))
        {
            var there = AzureFailure.MayHaveHappened(failure) ? await FindAsync(space.Name, cancellationToken).ConfigureAwait(false) : (space, tag);
            return there?.Space.Incarnation != space.Incarnation ? true : throw AzureFailure.Translate(failure, container.Describe(path));
        }
    }

    private static string PathOf(SpaceName name) => name + PointerName;

    /// <summary>Null: it was created. Else why that is not certain.</summary>
    private async Task<Exception?> TryCreateAsync(SpaceRecord wanted, CancellationToken cancellationToken)
    {
        var path = PathOf(wanted.Name);
        try
        {
            var options = new BlobUploadOptions
            {
                Conditions = new BlobRequestConditions { IfNoneMatch = ETag.All },
                HttpHeaders = new BlobHttpHeaders { ContentType = "application/json" },
            };
            var pointer = BinaryData.FromBytes(SpacePointer.Encode(wanted));
            await container.Retrying.GetBlobClient(path).UploadAsync(pointer, options, cancellationToken).ConfigureAwait(false);
            return null;
        }
        catch (RequestFailedException failure) when (AzureFailure.IsCondition(failure))
        {
            return failure;
        }
        catch (Exception failure) when (AzureFailure.Is(failure, cancellationToken))
        {
            return AzureFailure.MayHaveHappened(failure) ? failure : throw AzureFailure.Translate(failure, container.Describe(path));
        }
    }
}
