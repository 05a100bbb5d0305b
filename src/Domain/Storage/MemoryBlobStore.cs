using System.Buffers;
using Cairn.Primitives;

namespace Cairn.Storage;

/// <summary>One opening of <see cref="MemoryBlobs"/>.</summary>
internal sealed class MemoryBlobStore(MemoryBlobs blobs) : IBlobStore
{
    public ValueTask<bool> CreateAsync(string name, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        Begin(name, cancellationToken);
        return new(blobs.Create(name, bytes.ToArray()));
    }

    public ValueTask<IBlobUpload> BeginAsync(string name, CancellationToken cancellationToken)
    {
        Begin(name, cancellationToken);
        blobs.RequireAlive();
        return new(new Upload(blobs, name));
    }

    public ValueTask<byte[]?> ReadAsync(string name, int maxBytes, CancellationToken cancellationToken)
    {
        Begin(name, cancellationToken);
        return blobs.Find(name) is not { } bytes ? new((byte[]?)null)
            : bytes.Length <= maxBytes ? new(bytes.ToArray())
            : throw BlobFailure.TooLong(name, bytes.Length, maxBytes);
    }

    public ValueTask<IBlobReader?> OpenAsync(string name, CancellationToken cancellationToken)
    {
        Begin(name, cancellationToken);
        return new(blobs.Find(name) is { } bytes ? new Reader(name, bytes) : null);
    }

    public ValueTask<IReadOnlyList<BlobName>> ListAsync(string prefix, CancellationToken cancellationToken)
    {
        BlobName.RequirePrefix(prefix);
        cancellationToken.ThrowIfCancellationRequested();
        return new(blobs.List(prefix));
    }

    public ValueTask<bool> DeleteAsync(string name, CancellationToken cancellationToken)
    {
        Begin(name, cancellationToken);
        return new(blobs.Delete(name));
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static void Begin(string name, CancellationToken cancellationToken)
    {
        BlobName.Require(name);
        cancellationToken.ThrowIfCancellationRequested();
    }

    private sealed class Upload(MemoryBlobs blobs, string name) : IBlobUpload
    {
        private ArrayBufferWriter<byte>? _bytes = new();

        public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
        {
            cancellationToken.ThrowIfCancellationRequested();
            RequireOpen().Write(bytes.Span);
            return ValueTask.CompletedTask;
        }

        public ValueTask CommitAsync(CancellationToken cancellationToken)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var bytes = RequireOpen().WrittenSpan.ToArray();
            _bytes = null;
            return blobs.Create(name, bytes) ? ValueTask.CompletedTask : throw BlobFailure.Taken(name);
        }

        public ValueTask DisposeAsync()
        {
            _bytes = null;
            return ValueTask.CompletedTask;
        }

        private ArrayBufferWriter<byte> RequireOpen()
        {
            Invariant.Require(_bytes is not null, "the upload is over");
            return _bytes;
        }
    }

    private sealed class Reader(string name, byte[] bytes) : IBlobReader
    {
        public long LengthBytes => bytes.Length;

        public void Read(long offset, Span<byte> destination)
        {
            if (offset < 0 || offset > bytes.Length - destination.Length)
            {
                throw BlobFailure.Short(name, bytes.Length, offset, destination.Length);
            }

            bytes.AsSpan((int)offset, destination.Length).CopyTo(destination);
        }

        public void Dispose()
        {
        }
    }
}
