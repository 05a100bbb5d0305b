using System.Buffers;
using Azure;
using Azure.Storage.Blobs.Models;
using Cairn.Primitives;
using Microsoft.Win32.SafeHandles;

namespace Cairn.Infra.Blob;

/// <summary>Brings one immutable blob into a file, by ranges in parallel.</summary>
internal sealed class BlobDownload(AzureBlobs blobs, string name)
{
    private const int RangeBytes = 4 << 20;
    private const int MaxParallelRanges = 4;
    private const int StepBytes = 128 * 1024;

    /// <summary>Names the blob among all of all spaces: incarnations are random.</summary>
    public string Key { get; } = $"{blobs.Life.Incarnation}/{name}";

    /// <summary>What messages call it.</summary>
    public string Describe() => blobs.Life.Describe(name);

    /// <summary>Null: it is absent.</summary>
    public ValueTask<BlobProperties?> FindAsync(CancellationToken cancellationToken) => blobs.FindAsync(name, cancellationToken);

    /// <summary>Fills a file with its bytes.</summary>
    /// <param name="there">What <see cref="FindAsync"/> found; the same version is read.</param>
    /// <param name="file">Gets the bytes from offset 0 on.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="CairnException">NotFound: deleted meanwhile. Conflict: replaced meanwhile, as no immutable blob is.</exception>
    public async Task RunAsync(BlobProperties there, SafeFileHandle file, CancellationToken cancellationToken)
    {
        var ranges = Enumerable.Range(0, (int)((there.ContentLength + RangeBytes - 1) / RangeBytes)).Select(i => (long)i * RangeBytes);
        var parallelism = new ParallelOptions { MaxDegreeOfParallelism = MaxParallelRanges, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(ranges, parallelism, async (offset, token) =>
        {
            var count = (int)Math.Min(RangeBytes, there.ContentLength - offset);
            try
            {
                await ReadRangeAsync(there.ETag, offset, count, file, token).ConfigureAwait(false);
            }
            catch (Exception failure) when (AzureFailure.Is(failure, token))
            {
                throw AzureFailure.Translate(failure, Describe());
            }
        }).ConfigureAwait(false);
    }

    private async Task ReadRangeAsync(ETag tag, long offset, int count, SafeFileHandle file, CancellationToken cancellationToken)
    {
        var options = new BlobDownloadOptions { Range = new HttpRange(offset, count), Conditions = new BlobRequestConditions { IfMatch = tag } };
        using var answer = (await blobs.Client(name).DownloadStreamingAsync(options, cancellationToken).ConfigureAwait(false)).Value;
        var step = ArrayPool<byte>.Shared.Rent(StepBytes);
        try
        {
            var end = offset + count;
            while (offset < end)
            {
                var read = await answer.Content.ReadAsync(step.AsMemory(0, (int)Math.Min(StepBytes, end - offset)), cancellationToken).ConfigureAwait(false);
                if (read == 0)
                {
                    throw new EndOfStreamException("the answer ended early");
                }

                Write(file, step.AsSpan(0, read), offset);
                offset += read;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(step);
        }
    }

    // A failure of the local disk is not one of the service.
    private static void Write(SafeFileHandle file, ReadOnlySpan<byte> bytes, long offset)
    {
        try
        {
            RandomAccess.Write(file, bytes, offset);
        }
        catch (IOException failure)
        {
            throw CacheFailure.Translate(failure);
        }
    }
}
