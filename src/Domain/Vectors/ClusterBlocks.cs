namespace Cairn.Vectors;

/// <summary>
/// The blocks of one cluster. One writer, many readers, no lock: blocks are added behind the others, and the last one is replaced by a larger copy until it is whole.
/// A reader may see blocks that are newer than its version; the live bits of that have none of their slots.
/// </summary>
internal sealed class ClusterBlocks
{
    private const int FirstSlots = 4;
    private VectorBlock?[] _blocks = new VectorBlock?[1];
    private int _count;

    /// <summary>The blocks, up to the first that is null. Any thread.</summary>
    public ReadOnlySpan<VectorBlock?> Blocks => Volatile.Read(ref _blocks);

    /// <summary>The number of the block that has room for one more vector; null: a new one is needed, see <see cref="Add"/>.</summary>
    public VectorBlock? Open(int wholeCapacity)
    {
        if (_count == 0 || _blocks[_count - 1]!.Used == wholeCapacity)
        {
            return null;
        }

        var last = _blocks[_count - 1]!;
        if (last.Used == last.Capacity)
        {
            last = last.Enlarge(Math.Min(2 * last.Capacity, wholeCapacity));
            Volatile.Write(ref _blocks[_count - 1], last);
        }

        return last;
    }

    /// <summary>Adds a block: the first one is small.</summary>
    public VectorBlock Add(int number, int cluster, int wholeCapacity, VectorSpec spec) =>
        Append(new(number, cluster, _count == 0 ? Math.Min(FirstSlots, wholeCapacity) : wholeCapacity, spec));

    /// <summary>Adds a block that is made already.</summary>
    public VectorBlock Append(VectorBlock block)
    {
        if (_count == _blocks.Length)
        {
            var larger = new VectorBlock?[_count * 2];
            _blocks.CopyTo(larger, 0);
            Volatile.Write(ref _blocks, larger);
        }

        Volatile.Write(ref _blocks[_count++], block);
        return block;
    }
}
