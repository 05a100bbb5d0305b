using Cairn.Primitives;

namespace Cairn.Storage;

/// <summary>The blobs of one life of a space, beside its log files: named sequences of bytes, each there whole or not at all.</summary>
/// <remarks>
/// Safe to use from many threads, and by many processes where the store allows that. Names are well-formed as
/// <see cref="BlobName.IsValid"/> says, and none is a folder of another. A blob never changes: what is replaced could be set back by
/// a request that comes late. Besides what is said below, every call may throw Unavailable or Throttled (back off and try again: trying
/// any of them twice is safe) and NotFound (the space is gone), which a store may notice only when it writes.
/// </remarks>
public interface IBlobStore : IAsyncDisposable
{
    /// <summary>Creates a blob unless its name is taken; durable when it returns.</summary>
    /// <returns>False: other bytes have the name. The same bytes there are true, whoever wrote them, so that a lost answer leaves no question.</returns>
    ValueTask<bool> CreateAsync(string name, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken);

    /// <summary>Begins a blob that is written in pieces. Its name is one that nobody else uses.</summary>
    ValueTask<IBlobUpload> BeginAsync(string name, CancellationToken cancellationToken);

    /// <summary>Reads a small blob.</summary>
    /// <returns>Null: it is absent.</returns>
    /// <exception cref="CairnException">Corrupt: it has more than <paramref name="maxBytes"/> bytes.</exception>
    ValueTask<byte[]?> ReadAsync(string name, int maxBytes, CancellationToken cancellationToken);

    /// <summary>Opens a blob; a remote store brings it to the local disk first, if it is not there yet.</summary>
    /// <returns>The caller disposes it. Null: the blob is absent; what another process deleted may still be opened from the local disk.</returns>
    /// <exception cref="CairnException">Corrupt: what is stored are not the bytes that were written.</exception>
    ValueTask<IBlobReader?> OpenAsync(string name, CancellationToken cancellationToken);

    /// <summary>All blobs whose names begin with a prefix, in ordinal order; those that are being written are not among them.</summary>
    /// <param name="prefix">As <see cref="BlobName.RequirePrefix"/> says; empty: every blob.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    ValueTask<IReadOnlyList<BlobName>> ListAsync(string prefix, CancellationToken cancellationToken);

    /// <summary>Deletes a blob. Readers that are open stay so.</summary>
    /// <returns>False: it was absent already, or perhaps: a store whose answer was lost cannot tell who deleted it.</returns>
    ValueTask<bool> DeleteAsync(string name, CancellationToken cancellationToken);
}
