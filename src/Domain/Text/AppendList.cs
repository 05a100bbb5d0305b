using System.Numerics;

namespace Cairn.Text;

/// <summary>
/// A list that only grows, in chunks. One writer, many readers, no lock: what lies below a count that a reader learned from its snapshot was stored before that was published.
/// </summary>
/// <remarks>
/// Chunks stay where they are, except that the first one begins small and is replaced by larger copies until it is whole. A reader that still has a smaller copy, which it
/// took after its snapshot, finds all in it that its snapshot counts; items that the writer changes in place must tell by themselves what is newer.
/// </remarks>
internal sealed class AppendList<T>
    where T : struct
{
    private const int ItemsPerChunk = 4 * 1024;
    private const int FirstItems = 16;
    private T[][] _chunks = [];
    private int _count;

    /// <summary>Items so far; any thread.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Bytes of memory, but for the size of an item: how many have room.</summary>
    public long Capacity => _chunks.Sum(static chunk => (long)chunk.Length);

    /// <summary>An item below <see cref="Count"/>.</summary>
    public ref T this[int index] => ref Volatile.Read(ref _chunks)[index / ItemsPerChunk][index % ItemsPerChunk];

    /// <summary>Adds an item. The writer only.</summary>
    public void Add(T item)
    {
        var (chunk, slot) = (_count / ItemsPerChunk, _count % ItemsPerChunk);
        if (chunk == _chunks.Length)
        {
            Volatile.Write(ref _chunks, [.. _chunks, new T[chunk == 0 ? FirstItems : ItemsPerChunk]]);
        }
        else if (slot == _chunks[chunk].Length)
        {
            var larger = new T[(int)BitOperations.RoundUpToPowerOf2((uint)slot + 1)];
            _chunks[chunk].CopyTo(larger, 0);
            Volatile.Write(ref _chunks, [.. _chunks[..chunk], larger]);
        }

        _chunks[chunk][slot] = item;
        Volatile.Write(ref _count, _count + 1);
    }
}
