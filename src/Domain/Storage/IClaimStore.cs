namespace Cairn.Storage;

/// <summary>What is too large for a message: kept under a name that the message carries. Safe to use from many threads and by many processes.</summary>
/// <remarks>Names are those of blobs (<see cref="BlobName"/>). Every call may throw Unavailable (no answer, or no access) and Throttled.</remarks>
public interface IClaimStore
{
    /// <summary>Writes bytes under a name, in the place of what was there; durable when it returns.</summary>
    ValueTask WriteAsync(string name, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken);

    /// <summary>Reads what is under a name; null: nothing is.</summary>
    /// <exception cref="Primitives.CairnException">Corrupt: it is longer than <paramref name="maxBytes"/>.</exception>
    ValueTask<byte[]?> ReadAsync(string name, int maxBytes, CancellationToken cancellationToken);

    /// <summary>Deletes what is under a name; nothing there is well too.</summary>
    ValueTask DeleteAsync(string name, CancellationToken cancellationToken);
}
