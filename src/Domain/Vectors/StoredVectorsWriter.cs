using Cairn.Formats.Segments;
using Cairn.Primitives;

namespace Cairn.Vectors;

/// <summary>
/// Writes a version of an index of vectors to a checkpoint, on any one thread, while the index's writer goes on. Slots are only appended, so that a block that has as many
/// as it had is as it was written.
/// </summary>
internal static class StoredVectorsWriter
{
    /// <summary>Writes what the last checkpoint does not have, one cluster after the other.</summary>
    /// <param name="view">The version.</param>
    /// <param name="before">What the last checkpoint has of an earlier version of the same <see cref="VectorView.Lineage"/>, or of what its index was opened from; null: nothing.</param>
    /// <param name="index">Tells this index from others: the argument of its sections.</param>
    /// <param name="output">Where to.</param>
    /// <param name="cancellationToken">Ends it between two chunks.</param>
    /// <returns>The small parts.</returns>
    /// <exception cref="CairnException">Corrupt, Unavailable: what it was opened from cannot be read.</exception>
    public static async ValueTask<StoredVectors> WriteAsync(
        VectorView view, StoredVectors? before, uint index, IChunkOutput output, CancellationToken cancellationToken)
    {
        var blocks = BlocksOf(view);
        var now = new StoredVectors(view.Spec, view.Clustering, [.. blocks.Select(block => new StoredBlock(block.Cluster, block.Used, view.LiveIn(block)))]);
        Invariant.Require(before is null || (before.Spec == now.Spec && before.Blocks.Length <= now.Blocks.Length), "an index is stored on top of what it was");
        foreach (var block in blocks.Where(block => !Has(before, now, block.Number)).OrderBy(static block => block.Cluster).ThenBy(static block => block.Number))
        {
            var used = now.Blocks[block.Number].Used;
            await output.AddAsync(new(SectionKind.Vectors, index), block.Number, VectorChunks.WriteBlock(block.CodesOnce(used), block.Values(used)), cancellationToken).ConfigureAwait(false);
        }

        foreach (var (chunk, some) in blocks.Chunk(StoredVectors.BlocksPerSlotChunk).Index().Where(group => !group.Item.All(block => Has(before, now, block.Number))))
        {
            await output.AddAsync(new(SectionKind.VectorSlots, index), chunk, SlotsOf(some, now), cancellationToken).ConfigureAwait(false);
        }

        return now;
    }

    // By number. Those that are newer than the view are left out: of some that come before them it may not see that they are there.
    private static VectorBlock[] BlocksOf(VectorView view)
    {
        var blocks = new VectorBlock[view.BlockCount];
        for (var cluster = 0; cluster < view.Clustering.Count; cluster++)
        {
            foreach (var block in view.Blocks(cluster))
            {
                if (block is null || block.Number >= blocks.Length)
                {
                    break;
                }

                blocks[block.Number] = block;
            }
        }

        Invariant.Require(!blocks.Contains(null), "a view has all blocks that there were");
        return blocks;
    }

    private static bool Has(StoredVectors? before, StoredVectors now, int block) =>
        before is not null && block < before.Blocks.Length && before.Blocks[block].Used == now.Blocks[block].Used;

    private static byte[] SlotsOf(IEnumerable<VectorBlock> blocks, StoredVectors now) =>
        VectorChunks.WriteSlots([.. blocks.Select(block => new ReadOnlyMemory<VectorSlot>(block.Values(now.Blocks[block.Number].Used).ToArray()))]);
}
