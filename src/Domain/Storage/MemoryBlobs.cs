using Cairn.Primitives;

namespace Cairn.Storage;

/// <summary>The blobs of one space in memory; the bytes of a blob are never changed, only replaced. Safe to use from many threads.</summary>
internal sealed class MemoryBlobs
{
    private readonly Lock _gate = new();
    private readonly SortedDictionary<string, byte[]> _blobs = new(StringComparer.Ordinal);
    private bool _deleted;

    /// <summary>The blobs of a space that does not exist.</summary>
    public static MemoryBlobs Gone { get; } = new() { _deleted = true };

    /// <returns>False: other bytes have the name.</returns>
    public bool Create(string name, byte[] bytes)
    {
        lock (_gate)
        {
            RequireAlive();
            return _blobs.TryAdd(name, bytes) || _blobs[name].AsSpan().SequenceEqual(bytes);
        }
    }

    public byte[]? Find(string name)
    {
        lock (_gate)
        {
            RequireAlive();
            return _blobs.GetValueOrDefault(name);
        }
    }

    public BlobName[] List(string prefix)
    {
        lock (_gate)
        {
            RequireAlive();
            return [.. _blobs.Where(blob => blob.Key.StartsWith(prefix, StringComparison.Ordinal)).Select(blob => new BlobName(blob.Key, blob.Value.Length))];
        }
    }

    public bool Delete(string name)
    {
        lock (_gate)
        {
            RequireAlive();
            return _blobs.Remove(name);
        }
    }

    public void DeleteAll()
    {
        lock (_gate)
        {
            _deleted = true;
            _blobs.Clear();
        }
    }

    public void RequireAlive()
    {
        if (Volatile.Read(ref _deleted))
        {
            throw new CairnException(ErrorKind.NotFound, "the space was deleted") { Problem = "unknown-space" };
        }
    }
}
