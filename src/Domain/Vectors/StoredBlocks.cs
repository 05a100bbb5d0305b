using System.Numerics;
using Cairn.Columns;
using Cairn.Formats;
using Cairn.Formats.Segments;

namespace Cairn.Vectors;

/// <summary>Where the blocks of an index that a checkpoint holds are loaded from. Any thread.</summary>
internal sealed class StoredBlocks
{
    private readonly StoredVectors _stored;
    private readonly IChunkSource<StoredBlock.Contents> _blocks;
    private readonly Spine<VectorSlot[][]> _slots;
    private readonly int _rows;
    private long _loadedBytes;

    /// <param name="stored">The small parts.</param>
    /// <param name="chunks">The others.</param>
    /// <param name="index">The argument of their sections.</param>
    /// <param name="rows">Rows are below.</param>
    public StoredBlocks(StoredVectors stored, IChunkSections chunks, uint index, int rows)
    {
        (_stored, _rows) = (stored, rows);
        _blocks = chunks.Chunks(new(SectionKind.Vectors, index), stored.Blocks.Length, bytes => VectorChunks.ReadBlock(bytes, stored.Spec));
        _slots = LazyChunks.Of(chunks.Chunks(new(SectionKind.VectorSlots, index), stored.SlotChunks, static bytes => VectorChunks.ReadSlots(bytes)));
    }

    /// <summary>Of the vectors.</summary>
    public VectorSpec Spec => _stored.Spec;

    /// <summary>Bytes of what was loaded and kept, about.</summary>
    public long LoadedBytes => Interlocked.Read(ref _loadedBytes);

    /// <summary>Counts bytes that are kept.</summary>
    public void Count(int bytes) => Interlocked.Add(ref _loadedBytes, bytes);

    /// <summary>All of a block, new each time.</summary>
    /// <exception cref="Primitives.CairnException">Corrupt: it is missing or damaged. Unavailable: it cannot be read now.</exception>
    public StoredBlock.Contents Load(int number)
    {
        var contents = _blocks.Load(number);
        Check(number, contents.Slots);
        return contents;
    }

    /// <summary>What belongs to the vectors of a block.</summary>
    /// <exception cref="Primitives.CairnException">Corrupt: it is missing or damaged. Unavailable: it cannot be read now.</exception>
    public VectorSlot[] Slots(int number)
    {
        var group = _slots[number / StoredVectors.BlocksPerSlotChunk]!;
        var at = number % StoredVectors.BlocksPerSlotChunk;
        if (at >= group.Length)
        {
            throw Malformed.Because($"a chunk of slots lacks block {number}");
        }

        Check(number, group[at]);
        return group[at];
    }

    // Slots that are no longer live may be of rows that the checkpoint does not have.
    private void Check(int number, VectorSlot[] slots)
    {
        var block = _stored.Blocks[number];
        if (slots.Length != block.Used)
        {
            throw Malformed.Because($"block {number} has {slots.Length} vectors, not {block.Used}");
        }

        for (var live = block.Live; live != 0; live &= live - 1)
        {
            if (slots[BitOperations.TrailingZeroCount(live)].Row >= _rows)
            {
                throw Malformed.Because($"a vector of block {number} is that of no row");
            }
        }
    }
}
