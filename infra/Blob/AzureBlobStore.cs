using Azure.Storage.Blobs.Models;
using Cairn.Primitives;
using Cairn.Storage;

namespace Cairn.Infra.Blob;

/// <summary>The blobs of one life of a space as block blobs; immutable ones are read from the local cache.</summary>
/// <remarks>Safe to use from many threads and by many processes.</remarks>
internal sealed class AzureBlobStore(AzureLife life, BlobCache cache) : IBlobStore
{
    private readonly AzureBlobs _blobs = new(life);

    public async ValueTask<bool> CreateAsync(string name, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        await BeginWriteAsync(name, cancellationToken).ConfigureAwait(false);
        var doubt = await _blobs.TryCreateAsync(name, conditions => _blobs.PutAsync(name, bytes, conditions, cancellationToken), cancellationToken)
            .ConfigureAwait(false);
        return doubt is null || await HoldsAsync(name, bytes, doubt, cancellationToken).ConfigureAwait(false);
    }

    public ValueTask<IBlobUpload> BeginAsync(string name, CancellationToken cancellationToken)
    {
        Begin(name, cancellationToken);
        return new(new AzureBlobUpload(_blobs, name));
    }

    public ValueTask<byte[]?> ReadAsync(string name, int maxBytes, CancellationToken cancellationToken)
    {
        Begin(name, cancellationToken);
        return _blobs.ReadAsync(name, maxBytes, cancellationToken);
    }

    public async ValueTask<IBlobReader?> OpenAsync(string name, CancellationToken cancellationToken)
    {
        Begin(name, cancellationToken);
        return await cache.OpenAsync(new BlobDownload(_blobs, name), cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<IReadOnlyList<BlobName>> ListAsync(string prefix, CancellationToken cancellationToken)
    {
        BlobName.RequirePrefix(prefix);
        return await AzureFailure.GuardAsync(life.Describe(prefix), () => ListPagesAsync(prefix, cancellationToken), cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<bool> DeleteAsync(string name, CancellationToken cancellationToken)
    {
        Begin(name, cancellationToken);
        var deleted = await BlobDeletion.RunAsync(life, name, cancellationToken).ConfigureAwait(false);
        cache.Forget(new BlobDownload(_blobs, name).Key);
        return deleted;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static void Begin(string name, CancellationToken cancellationToken)
    {
        BlobName.Require(name);
        cancellationToken.ThrowIfCancellationRequested();
    }

    private ValueTask BeginWriteAsync(string name, CancellationToken cancellationToken)
    {
        Begin(name, cancellationToken);
        return life.RequireThereAsync(cancellationToken);
    }

    private async ValueTask<bool> HoldsAsync(string name, ReadOnlyMemory<byte> bytes, Exception doubt, CancellationToken cancellationToken)
    {
        try
        {
            var there = await _blobs.ReadAsync(name, bytes.Length, cancellationToken).ConfigureAwait(false);
            return there is not null
                ? there.AsSpan().SequenceEqual(bytes.Span)
                : throw AzureFailure.Unavailable($"{life.Describe(name)} was not created, or is gone again: {doubt.Message}", doubt);
        }
        catch (CairnException failure) when (failure.Kind == ErrorKind.Corrupt)
        {
            return false; // longer than ours, or altered
        }
    }

    private async Task<BlobName[]> ListPagesAsync(string prefix, CancellationToken cancellationToken)
    {
        var names = new List<BlobName>();
        var path = life.PathOf(prefix);
        await foreach (var blob in life.Container.Retrying.GetBlobsAsync(prefix: path, cancellationToken: cancellationToken).ConfigureAwait(false))
        {
            var name = blob.Name[life.Prefix.Length..];
            if (BlobName.IsValid(name) && blob.Properties.BlobType == BlobType.Block)
            {
                names.Add(new(name, blob.Properties.ContentLength ?? 0));
            }
        }

        return [.. names.OrderBy(blob => blob.Name, StringComparer.Ordinal)];
    }
}
