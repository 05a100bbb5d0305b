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

    /// <summary>A bit for each slot of a block that is live.</summary>
    public ulong LiveIn(VectorBlock block) => _live.Word(block.Number);
}
