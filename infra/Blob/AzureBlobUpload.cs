using System.Buffers.Binary;
using Azure.Storage.Blobs.Models;
using Cairn.Primitives;
using Cairn.Storage;

namespace Cairn.Infra.Blob;

/// <summary>A block blob that is being written: while one block is on its way, the next is filled.</summary>
/// <remarks>
/// Invariants: blocks are sent in order, one at a time; a buffer that is on its way is not written to; after a failure nothing more is
/// sent. What is not committed the service forgets within a week.
/// </remarks>
internal sealed class AzureBlobUpload(AzureBlobs blobs, string name) : IBlobUpload
{
    private const int BlockBytes = 8 << 20;

    // Blocks of two uploads under one name must not be taken for each other.
    private readonly Guid _id = Guid.NewGuid();
    private readonly List<string> _blocks = [];

    private byte[] _filling = [];
    private byte[] _sending = [];
    private int _filledBytes;
    private Task _sent = Task.CompletedTask;
    private uint _checksum;
    private long _lengthBytes;
    private bool _over;

    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Invariant.Require(!_over, "the upload is over");
        _checksum = Crc32C.Compute(bytes.Span, _checksum);
        _lengthBytes += bytes.Length;
        while (!bytes.IsEmpty)
        {
            bytes = bytes[Fill(bytes.Span)..];
            if (_filledBytes == BlockBytes)
            {
                await RunAsync(() => SendAsync(cancellationToken), cancellationToken).ConfigureAwait(false);
            }
        }
    }

    public async ValueTask CommitAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Invariant.Require(!_over, "the upload is over");
        await blobs.Life.RequireThereAsync(cancellationToken).ConfigureAwait(false);
        if (_blocks.Count > 0 && _filledBytes > 0)
        {
            await RunAsync(() => SendAsync(cancellationToken), cancellationToken).ConfigureAwait(false);
        }

        await RunAsync(() => _sent, cancellationToken).ConfigureAwait(false);
        _over = true;
        var doubt = await blobs.TryCreateAsync(name, conditions => CreateAsync(conditions, cancellationToken), cancellationToken).ConfigureAwait(false);
        if (doubt is not null)
        {
            await RequireOursAsync(doubt, cancellationToken).ConfigureAwait(false);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _over = true;
        await _sent.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _filling = _sending = [];
    }

    private int Fill(ReadOnlySpan<byte> bytes)
    {
        var count = Math.Min(bytes.Length, BlockBytes - _filledBytes);
        if (_filledBytes + count > _filling.Length)
        {
            // Most blobs are small: a buffer grows to a block.
            Array.Resize(ref _filling, Math.Min(BlockBytes, Math.Max(_filledBytes + count, _filling.Length * 2)));
        }

        bytes[..count].CopyTo(_filling.AsSpan(_filledBytes));
        _filledBytes += count;
        return count;
    }

    private async Task SendAsync(CancellationToken cancellationToken)
    {
        await _sent.ConfigureAwait(false);
        (_filling, _sending) = (_sending, _filling);
        _sent = StageAsync(_sending.AsMemory(0, _filledBytes), NextBlock(), cancellationToken);
        _filledBytes = 0;
    }

    private async Task StageAsync(ReadOnlyMemory<byte> bytes, string block, CancellationToken cancellationToken)
    {
        using var content = BinaryData.FromBytes(bytes).ToStream();
        await blobs.Client(name).StageBlockAsync(block, content, null, cancellationToken).ConfigureAwait(false);
    }

    private string NextBlock()
    {
        Span<byte> id = stackalloc byte[20];
        _id.TryWriteBytes(id);
        BinaryPrimitives.WriteInt32BigEndian(id[16..], _blocks.Count);
        var block = Convert.ToBase64String(id);
        _blocks.Add(block);
        return block;
    }

    // What fits one block goes in one request.
    private Task CreateAsync(BlobRequestConditions conditions, CancellationToken cancellationToken) => _blocks.Count == 0
        ? blobs.PutAsync(name, _filling.AsMemory(0, _filledBytes), conditions, cancellationToken)
        : blobs.Client(name).CommitBlockListAsync(
            _blocks,
            new CommitBlockListOptions { Conditions = conditions, Metadata = BlobChecksum.ToMetadata(_checksum) },
            cancellationToken);

    private async ValueTask RequireOursAsync(Exception doubt, CancellationToken cancellationToken)
    {
        var there = await blobs.FindAsync(name, cancellationToken).ConfigureAwait(false)
            ?? throw AzureFailure.Unavailable($"{blobs.Life.Describe(name)} was not created, or is gone again: {doubt.Message}", doubt);
        if (!BlobChecksum.Holds(there, _lengthBytes, _checksum))
        {
            throw BlobFailure.Taken(blobs.Life.Describe(name));
        }
    }

    private async ValueTask RunAsync(Func<Task> send, CancellationToken cancellationToken)
    {
        try
        {
            await send().ConfigureAwait(false);
        }
        catch (Exception failure) when (AzureFailure.Is(failure, cancellationToken))
        {
            _over = true;
            throw AzureFailure.Translate(failure, blobs.Life.Describe(name));
        }
    }
}
