using Cairn.Storage;

namespace Cairn.Domain.Tests.Storage;

/// <summary>Passes every call on; a test overrides what it wants to see or to fail.</summary>
internal class PassingBlobStore(IBlobStore inner) : IBlobStore
{
    public virtual ValueTask<bool> CreateAsync(string name, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) =>
        inner.CreateAsync(name, bytes, cancellationToken);

    public virtual ValueTask<IBlobUpload> BeginAsync(string name, CancellationToken cancellationToken) => inner.BeginAsync(name, cancellationToken);

    public virtual ValueTask<byte[]?> ReadAsync(string name, int maxBytes, CancellationToken cancellationToken) => inner.ReadAsync(name, maxBytes, cancellationToken);

    public virtual ValueTask<IBlobReader?> OpenAsync(string name, CancellationToken cancellationToken) => inner.OpenAsync(name, cancellationToken);

    public virtual ValueTask<IReadOnlyList<BlobName>> ListAsync(string prefix, CancellationToken cancellationToken) => inner.ListAsync(prefix, cancellationToken);

    public virtual ValueTask<bool> DeleteAsync(string name, CancellationToken cancellationToken) => inner.DeleteAsync(name, cancellationToken);

    public ValueTask DisposeAsync() => inner.DisposeAsync();
}
