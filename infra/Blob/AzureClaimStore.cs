using Azure;
using Azure.Storage.Blobs.Models;
using Cairn.Storage;

namespace Cairn.Infra.Blob;

/// <summary>Claim checks as block blobs of a container of their own, which is created when it is first needed.</summary>
public sealed class AzureClaimStore : IClaimStore
{
    private readonly AzureContainer _container;
    private readonly ContainerConnection _connection;

    private AzureClaimStore(AzureContainer container, TimeProvider time) => (_container, _connection) = (container, new(container, time));

    /// <summary>Names the container, and asks nothing of it yet.</summary>
    /// <exception cref="Primitives.CairnException">Invalid: the options are wrong; the message says which.</exception>
    public static AzureClaimStore Open(AzureStorageOptions options, TimeProvider time) => new(new(options, time, null), time);

    /// <inheritdoc/>
    public async ValueTask WriteAsync(string name, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        BlobName.Require(name);
        await _connection.RequireAsync(cancellationToken).ConfigureAwait(false);
        await AzureFailure.GuardAsync(
            _container.Describe(name),
            () => _container.Retrying.GetBlobClient(name).UploadAsync(BinaryData.FromBytes(bytes), overwrite: true, cancellationToken),
            cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask<byte[]?> ReadAsync(string name, int maxBytes, CancellationToken cancellationToken)
    {
        BlobName.Require(name);
        await _connection.RequireAsync(cancellationToken).ConfigureAwait(false);
        return await AzureFailure.GuardAsync(_container.Describe(name), () => DownloadAsync(name, maxBytes, cancellationToken), cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask DeleteAsync(string name, CancellationToken cancellationToken)
    {
        BlobName.Require(name);
        await _connection.RequireAsync(cancellationToken).ConfigureAwait(false);
        await AzureFailure.GuardAsync(
            _container.Describe(name),
            () => _container.Retrying.GetBlobClient(name).DeleteIfExistsAsync(DeleteSnapshotsOption.IncludeSnapshots, cancellationToken: cancellationToken),
            cancellationToken).ConfigureAwait(false);
    }

    private async Task<byte[]?> DownloadAsync(string name, int maxBytes, CancellationToken cancellationToken)
    {
        try
        {
            using var answer = (await _container.Retrying.GetBlobClient(name).DownloadStreamingAsync(cancellationToken: cancellationToken).ConfigureAwait(false)).Value;
            if (answer.Details.ContentLength > maxBytes)
            {
                throw BlobFailure.TooLong(_container.Describe(name), answer.Details.ContentLength, maxBytes);
            }

            var bytes = new byte[answer.Details.ContentLength];
            await answer.Content.ReadExactlyAsync(bytes, cancellationToken).ConfigureAwait(false);
            return bytes;
        }
        catch (RequestFailedException failure) when (AzureFailure.IsAbsent(failure))
        {
            return null;
        }
    }
}
