using System.Numerics;
using System.Runtime.CompilerServices;
using Cairn.Columns;

namespace Cairn.Indexes;

/// <summary>
/// Out and in neighbours per concept row as a checkpoint holds them (compressed sparse rows): never changed, loaded chunk by chunk. Any thread.
/// </summary>
/// <remarks>
/// List 2·row is the outgoing entries of a row, list 2·row + 1 the incoming ones. Offsets chunk n has where lists 4,096·n to 4,096·(n + 1) begin, the last one
/// being where the next chunk's first begins; entries, (other end, association + 1) as in <see cref="Adjacency"/>, lie 8,192 a chunk.
/// </remarks>
/// <param name="rows">Concept rows that have lists.</param>
/// <param name="offsets">u32 each.</param>
/// <param name="entries">u64 each.</param>
internal sealed class StoredAdjacency(int rows, IChunkSource<uint[]> offsets, IChunkSource<ulong[]> entries)
{
    /// <summary>Lists of an offsets chunk.</summary>
    public const int ListsPerChunk = 4 * 1024;

    /// <summary>Entries of a chunk.</summary>
    public const int EntriesPerChunk = 8 * 1024;

    private readonly Spine<uint[]> _offsets = LazyChunks.Of(offsets);
    private readonly Spine<ulong[]> _entries = LazyChunks.Of(entries);

    /// <summary>Bytes of what is loaded.</summary>
    public long Bytes => (LazyChunks.CountLoaded(_offsets) * ListsPerChunk * sizeof(uint)) + (LazyChunks.CountLoaded(_entries) * EntriesPerChunk * sizeof(ulong));

    /// <summary>Where the entries of a list are.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public StoredList List(int list)
    {
        if ((uint)list >= (uint)rows * 2)
        {
            return default;
        }

        var chunk = _offsets[list / ListsPerChunk]!;
        return new(chunk[list % ListsPerChunk], chunk[(list % ListsPerChunk) + 1]);
    }

    /// <summary>Takes the next entries of a list, as many as lie together.</summary>
    public ReadOnlySpan<ulong> Take(scoped ref StoredList list)
    {
        var chunk = _entries[(int)(list.Next / EntriesPerChunk)]!;
        var from = (int)(list.Next % EntriesPerChunk);
        var count = (int)Math.Min((uint)(EntriesPerChunk - from), list.End - list.Next);
        list = list with { Next = list.Next + (uint)count };
        return chunk.AsSpan(from, count);
    }

    /// <summary>About how many entries a list has: the next power of two, at most 256.</summary>
    public int EstimateLength(int list)
    {
        var found = List(list);
        return (int)Math.Min(256, BitOperations.RoundUpToPowerOf2(found.End - found.Next));
    }
}

/// <summary>What is left of a stored list of entries.</summary>
/// <param name="Next">The next entry.</param>
/// <param name="End">One more than the last.</param>
internal readonly record struct StoredList(uint Next, uint End)
{
    /// <summary>Nothing is left.</summary>
    public bool IsEmpty => Next >= End;
}
