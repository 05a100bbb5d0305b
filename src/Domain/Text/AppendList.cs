using System.Numerics;
using System.Runtime.CompilerServices;
using Cairn.Columns;
using Cairn.Formats;

namespace Cairn.Text;

/// <summary>
/// A list that only grows, in chunks. One writer, many readers, no lock: what lies below a count that a reader learned from its snapshot was stored before that was published.
/// </summary>
/// <remarks>
/// Chunks stay where they are, except that the first one begins small and is replaced by larger copies until it is whole, and so is the last one of a checkpoint when it is
/// added to. A reader that still has a smaller copy, which it took after its snapshot, finds all in it that its snapshot counts; items that the writer changes in place must
/// tell by themselves what is newer. Chunks of a checkpoint are loaded when an item of theirs is first read.
/// </remarks>
internal sealed class AppendList<T>
    where T : struct
{
    /// <summary>Items of a chunk.</summary>
    public const int ItemsPerChunk = 4 * 1024;

    private const int FirstItems = 16;
    private readonly IChunkSource<T[]>? _stored;
    private readonly int _storedCount;
    private T[]?[] _chunks = [];
    private int _count;

    /// <summary>Empty.</summary>
    public AppendList()
    {
    }

    /// <summary>Begins with the items of a checkpoint. Reading an item throws Corrupt if its chunk is of another length than it must be.</summary>
    /// <param name="count">How many.</param>
    /// <param name="stored">Their chunks, all whole but the last one.</param>
    public AppendList(int count, IChunkSource<T[]> stored) => (_count, _storedCount, _stored, _chunks) = (count, count, stored, new T[]?[stored.Length]);

    /// <summary>Items so far; any thread.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Bytes of memory, but for the size of an item: how many have room.</summary>
    public long Capacity => Volatile.Read(ref _chunks).Sum(static chunk => chunk?.Length ?? 0L);

    /// <summary>An item below <see cref="Count"/>.</summary>
    public ref T this[int index] => ref (Volatile.Read(ref _chunks)[index / ItemsPerChunk] ?? Keep(index / ItemsPerChunk))[index % ItemsPerChunk];

    /// <summary>The items of a chunk, for a walk over all of them: if they have to be loaded, they are not kept. Any thread.</summary>
    public T[] ReadOnce(int chunk) => Volatile.Read(ref _chunks)[chunk] ?? Load(chunk);

    /// <summary>Adds an item. The writer only.</summary>
    public void Add(T item)
    {
        var (chunk, slot) = (_count / ItemsPerChunk, _count % ItemsPerChunk);
        if (chunk == _chunks.Length)
        {
            Volatile.Write(ref _chunks, [.. _chunks, new T[chunk == 0 ? FirstItems : ItemsPerChunk]]);
        }
        else if ((_chunks[chunk] ?? Keep(chunk)) is var smaller && slot == smaller.Length)
        {
            var larger = new T[(int)BitOperations.RoundUpToPowerOf2((uint)slot + 1)];
            smaller.CopyTo(larger, 0);
            Volatile.Write(ref _chunks, [.. _chunks[..chunk], larger]);
        }

        _chunks[chunk]![slot] = item;
        Volatile.Write(ref _count, _count + 1);
    }

    // A list that is replaced meanwhile may lack what is loaded here; then it is loaded once more, the same.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private T[] Keep(int chunk)
    {
        var loaded = Load(chunk);
        return Interlocked.CompareExchange(ref Volatile.Read(ref _chunks)[chunk], loaded, null) ?? loaded;
    }

    private T[] Load(int chunk)
    {
        var loaded = _stored!.Load(chunk);
        return loaded.Length == Math.Min(ItemsPerChunk, _storedCount - (chunk * ItemsPerChunk))
            ? loaded
            : throw Malformed.Because($"chunk {chunk} of a list has {loaded.Length} items");
    }
}
