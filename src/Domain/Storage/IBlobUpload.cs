using Cairn.Primitives;

namespace Cairn.Storage;

/// <summary>A blob that is being written. One caller at a time.</summary>
/// <remarks>Nothing is seen under its name before it is committed; disposed without that, or forgotten by a crash, it leaves nothing to be seen.</remarks>
public interface IBlobUpload : IAsyncDisposable
{
    /// <summary>Adds bytes at the end; they stay the caller's once this completes. Pieces may have any length.</summary>
    /// <exception cref="CairnException">Unavailable, Throttled: the upload is of no use any more, begin another.</exception>
    ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken);

    /// <summary>Puts the blob under its name; durable when it returns. The upload takes no more.</summary>
    /// <exception cref="CairnException">
    /// Conflict: other bytes have the name. Unavailable, Throttled: the blob may be there or not; write it again under another name.
    /// </exception>
    ValueTask CommitAsync(CancellationToken cancellationToken);
}
