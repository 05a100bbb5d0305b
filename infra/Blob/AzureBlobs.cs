using Azure;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using Cairn.Primitives;
using Cairn.Storage;

namespace Cairn.Infra.Blob;

/// <summary>Single requests about block blobs of one life.</summary>
internal sealed class AzureBlobs(AzureLife life)
{
    // Each round met a blob that was replaced while it was being read.
    private const int MaxReads = 4;

    public AzureLife Life => life;

    public BlockBlobClient Client(string name) => life.Container.Retrying.GetBlockBlobClient(life.PathOf(name));

    /// <summary>Writes a blob in one request.</summary>
    public async Task PutAsync(string name, ReadOnlyMemory<byte> bytes, BlobRequestConditions? conditions, CancellationToken cancellationToken)
    {
        using var content = BinaryData.FromBytes(bytes).ToStream();
        var options = new BlobUploadOptions { Conditions = conditions, Metadata = BlobChecksum.ToMetadata(Crc32C.Compute(bytes.Span)) };
        await Client(name).UploadAsync(content, options, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Sends what creates a blob if it is absent.</summary>
    /// <returns>Null: it was created. Else why that is not certain: the name is taken, or the answer was lost.</returns>
    /// <exception cref="CairnException">It was certainly not created.</exception>
    public async ValueTask<Exception?> TryCreateAsync(string name, Func<BlobRequestConditions, Task> send, CancellationToken cancellationToken)
    {
        try
        {
            await send(new BlobRequestConditions { IfNoneMatch = ETag.All }).ConfigureAwait(false);
            return null;
        }
        catch (Exception failure) when (AzureFailure.Is(failure, cancellationToken))
        {
            return MayStand(failure) ? failure : throw AzureFailure.Translate(failure, life.Describe(name));
        }
    }

    /// <summary>Null: it is absent.</summary>
    public async ValueTask<BlobProperties?> FindAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            return (await Client(name).GetPropertiesAsync(cancellationToken: cancellationToken).ConfigureAwait(false)).Value;
        }
        catch (RequestFailedException failure) when (AzureFailure.IsAbsent(failure))
        {
            return null;
        }
        catch (Exception failure) when (AzureFailure.Is(failure, cancellationToken))
        {
            throw AzureFailure.Translate(failure, life.Describe(name));
        }
    }

    /// <summary>Reads a whole blob; null: it is absent.</summary>
    public async ValueTask<byte[]?> ReadAsync(string name, int maxBytes, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await ReadOnceAsync(name, maxBytes, cancellationToken).ConfigureAwait(false);
            }
            catch (RequestFailedException failure) when (AzureFailure.IsAbsent(failure))
            {
                return null;
            }
            catch (Exception failure) when (AzureFailure.Is(failure, cancellationToken))
            {
                var replaced = failure is RequestFailedException { Status: 412 };
                if (!replaced || attempt == MaxReads)
                {
                    throw AzureFailure.Translate(failure, life.Describe(name));
                }
            }
        }
    }

    // A list of blocks that was committed before is gone: the service may look at it before it looks at the condition.
    private static bool MayStand(Exception failure) =>
        AzureFailure.MayHaveHappened(failure)
        || (failure is RequestFailedException answer && (AzureFailure.IsCondition(answer) || answer.ErrorCode == "InvalidBlockList"));

    private async Task<byte[]> ReadOnceAsync(string name, int maxBytes, CancellationToken cancellationToken)
    {
        using var answer = (await Client(name).DownloadStreamingAsync(cancellationToken: cancellationToken).ConfigureAwait(false)).Value;
        var lengthBytes = answer.Details.ContentLength;
        if (lengthBytes > maxBytes)
        {
            throw BlobFailure.TooLong(life.Describe(name), lengthBytes, maxBytes);
        }

        var bytes = new byte[lengthBytes];
        var read = await answer.Content.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        if (read < bytes.Length)
        {
            throw new EndOfStreamException("the answer ended early");
        }

        return BlobChecksum.Read(answer.Details.Metadata) is not { } written || written == Crc32C.Compute(bytes)
            ? bytes
            : throw BlobFailure.Altered(life.Describe(name));
    }
}
