using Cairn.Columns;

namespace Cairn.Vectors;

/// <summary>
/// The vectors of an index as of one version: blocks are shared with later versions and only grow; which slots are live is of this version. Immutable; any thread.
/// </summary>
internal sealed class VectorView
{
    private readonly ClusterBlocks[] _clusters;
    private readonly VersionedBits _live;

    internal VectorView(VectorSpec spec, Clustering clustering, ClusterBlocks[] clusters, VersionedBits live, int count) =>
        (Spec, Clustering, _clusters, _live, Count) = (spec, clustering, clusters, live, count);

    /// <summary>Of the vectors.</summary>
    public VectorSpec Spec { get; }

    /// <summary>How they are divided.</summary>
    public Clustering Clustering { get; }

    /// <summary>Vectors.</summary>
    public int Count { get; }

    /// <summary>
    /// The same for all versions whose slots have the same numbers, so that what is stored of one can be stored on top of another: those of one index, until it is written anew.
    /// </summary>
    public required object Lineage { get; init; }

    /// <summary>Blocks that there were; those of this version have lower numbers.</summary>
    public required int BlockCount { get; init; }

    /// <summary>The blocks of a cluster, up to the first that is null; <see cref="LiveIn"/> says what of them is of this version.</summary>
    public ReadOnlySpan<VectorBlock?> Blocks(int cluster) => _clusters[cluster].Blocks;

    /// <summary>Of each row the slot + 1 that it has by now, perhaps in a later version, 0: none; empty until the writer has needed it.</summary>
    public required Spine<int[]> LatestSlots { private get; init; }

    /// <summary>A block below <see cref="BlockCount"/>, where there is one cluster.</summary>
    public VectorBlock Block(int number) => _clusters[0].Blocks[number]!;

    /// <summary>What belongs to the vector with a number, block × 64 + slot, where there is one cluster.</summary>
    public ref readonly VectorSlot Slot(int number) => ref Block(number / VectorBlock.Slots)[number % VectorBlock.Slots];

    /// <summary>Looks for the vector of a row, where there is one cluster.</summary>
    /// <returns>False: it has none, or it cannot be told where: the row has changed since, or the index was opened and not changed yet.</returns>
    public bool TryFind(int row, out VectorBlock block, out int slot)
    {
        var page = row / InvertedFile.RowsPerPage;
        var number = (page < LatestSlots.Length && LatestSlots[page] is { } slots ? Volatile.Read(ref slots[row % InvertedFile.RowsPerPage]) : 0) - 1;
        (block, slot) = (null!, 0);
        if (number < 0 || number / VectorBlock.Slots >= BlockCount)
        {
            return false;
        }

        (block, slot) = (Block(number / VectorBlock.Slots), number % VectorBlock.Slots);
        return (LiveIn(block) >> slot & 1) != 0 && block[slot].Row == row;
    }

    /// <summary>A bit for each slot of a block that is live.</summary>
    public ulong LiveIn(VectorBlock block) => _live.Word(block.Number);
}
