using Cairn.Columns;

namespace Cairn.Indexes;

/// <summary>Numbers of keys in byte order of the keys, 16,384 a chunk; those of a checkpoint are loaded chunk by chunk. Immutable; any thread.</summary>
/// <param name="length">Numbers.</param>
/// <param name="chunks">Their chunks.</param>
internal sealed class OrderRun(int length, Spine<uint[]> chunks)
{
    /// <summary>Numbers of a chunk: 64 KiB, which is not a large object.</summary>
    public const int NumbersPerChunk = 16 * 1024;

    /// <summary>Numbers.</summary>
    public int Length => length;

    /// <summary>Chunks.</summary>
    public int ChunkCount => (length + NumbersPerChunk - 1) / NumbersPerChunk;

    /// <summary>Bytes of what is loaded.</summary>
    public long Bytes => LazyChunks.CountLoaded(chunks) * NumbersPerChunk * sizeof(uint);

    /// <summary>A number by its place.</summary>
    public int this[int index] => (int)chunks[index / NumbersPerChunk]![index % NumbersPerChunk];

    /// <summary>The numbers of a chunk.</summary>
    public ReadOnlySpan<uint> Chunk(int chunk) => chunks[chunk]!;

    /// <summary>Those of a checkpoint.</summary>
    public static OrderRun Stored(int length, IChunkSource<uint[]> stored) => new(length, LazyChunks.Of(stored));
}

/// <summary>Makes a run. One thread.</summary>
/// <param name="length">Numbers that it will have.</param>
internal sealed class OrderRunWriter(int length)
{
    private readonly SpineWriter<uint[]> _chunks = new();
    private uint[] _chunk = [];
    private int _count;

    /// <summary>Adds the next number.</summary>
    public void Add(int number)
    {
        var at = _count % OrderRun.NumbersPerChunk;
        if (at == 0)
        {
            _chunk = new uint[Math.Min(OrderRun.NumbersPerChunk, length - _count)];
            _chunks.Set(_count / OrderRun.NumbersPerChunk, _chunk);
        }

        _chunk[at] = (uint)number;
        _count++;
    }

    /// <summary>The run, when all numbers are there.</summary>
    public OrderRun Finish() => new(_count, _chunks.Publish());
}
