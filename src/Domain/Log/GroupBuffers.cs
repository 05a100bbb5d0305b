using System.Numerics;

namespace Cairn.Log;

/// <summary>
/// Bytes of groups, used again for the group after the next one. Between appends only whoever still reads a group keeps its bytes, so that
/// the buffers of a burst go with the next full collection and a space at rest has none. Lives as a field and is never copied.
/// </summary>
internal struct GroupBuffers()
{
    private const int MinBytes = 4 * 1024;

    private WeakReference<byte[]> _last = new([]);
    private WeakReference<byte[]> _lastButOne = new([]);

    /// <summary>At least so many bytes for the next group. After an append that failed the groups before it keep theirs.</summary>
    public readonly byte[] Take(int lengthBytes) => _lastButOne.TryGetTarget(out var used) && used.Length >= lengthBytes
        ? used
        : GC.AllocateUninitializedArray<byte>((int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(MinBytes, lengthBytes)));

    /// <summary>The group in these bytes is durable: they stay until the append after the next one begins.</summary>
    public void Keep(byte[] group)
    {
        (_last, _lastButOne) = (_lastButOne, _last);
        _last.SetTarget(group);
    }
}
