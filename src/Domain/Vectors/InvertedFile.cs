using Cairn.Columns;
using Cairn.Primitives;

namespace Cairn.Vectors;

/// <summary>
/// Vectors in int8 by cluster, written by one thread, read through views by any.
/// Invariants: slots are numbered in the order they are taken and never written again; a row has one live slot at most; a view's live bits have only
/// slots that were written before it was made, so that what is added later is nothing to it.
/// </summary>
/// <param name="spec">Of the vectors.</param>
/// <param name="clustering">How they are divided.</param>
internal sealed class InvertedFile(VectorSpec spec, Clustering clustering)
{
    private const int RowsPerPage = 4 * 1024;
    private readonly ClusterBlocks[] _clusters = [.. Enumerable.Range(0, clustering.Count).Select(static _ => new ClusterBlocks())];
    private readonly int[] _liveOfCluster = new int[clustering.Count];
    private readonly int _wholeCapacity = VectorBlock.WholeCapacity(spec.RowBytes);
    private readonly VersionedBitsWriter _live = new();
    private readonly SpineWriter<VectorBlock> _blocks = new();

    // By row: its live slot + 1.
    private readonly SpineWriter<int[]> _slotOfRow = new();
    private int _blockCount;
    private long _sumOfSquares;

    /// <summary>How the vectors are divided.</summary>
    public Clustering Clustering { get; private set; } = clustering;

    /// <summary>Vectors.</summary>
    public int LiveCount { get; private set; }

    /// <summary>Slots taken, those included that are no longer live.</summary>
    public int SlotCount { get; private set; }

    /// <summary>Bytes of memory, about.</summary>
    public long Bytes { get; private set; } = clustering.Centroids?.Bytes ?? 0;

    /// <summary>How unevenly clusters are filled: vectors that share a cluster with one, beside what even ones would have; 1: even.</summary>
    public double Imbalance => LiveCount == 0 ? 1 : _sumOfSquares * (double)Clustering.Count / ((double)LiveCount * LiveCount);

    /// <summary>Changes how many clusters searches look into, before the first version is published to any.</summary>
    public void SetPlan(ProbePlan plan) => Clustering = Clustering with { Plan = plan };

    /// <summary>Gives a row a vector, in the place of the one that it had.</summary>
    public void Put(int row, ReadOnlySpan<sbyte> codes, float scale, float offset) => Put(Clustering.ClusterOf(codes, scale), new(row, scale, offset), codes);

    /// <summary>As the other, for a vector whose cluster is known.</summary>
    public void Put(int cluster, in VectorSlot slot, ReadOnlySpan<sbyte> codes)
    {
        Remove(slot.Row);
        var blocks = _clusters[cluster];
        var block = Open(cluster, blocks);
        var at = blocks.Take();
        block.Write(at, slot, codes);
        var number = (block.Number * VectorBlock.Slots) + at;
        SlotOfRow(slot.Row) = number + 1;
        _live.Set(number, isIn: true);
        _sumOfSquares += (2L * _liveOfCluster[cluster]++) + 1;
        SlotCount++;
        LiveCount++;
    }

    /// <summary>Takes a row's vector away.</summary>
    public void Remove(int row)
    {
        if (!TryFind(row, out var block, out var slot))
        {
            return;
        }

        SlotOfRow(row) = 0;
        _live.Set((block.Number * VectorBlock.Slots) + slot, isIn: false);
        _sumOfSquares -= (2L * --_liveOfCluster[block.Cluster]) + 1;
        LiveCount--;
    }

    /// <summary>Where the vector of a row is.</summary>
    public bool TryFind(int row, out VectorBlock block, out int slot)
    {
        var number = _slotOfRow[row / RowsPerPage] is { } page ? page[row % RowsPerPage] - 1 : -1;
        (block, slot) = number < 0 ? (null!, 0) : (_blocks[number / VectorBlock.Slots]!, number % VectorBlock.Slots);
        return number >= 0;
    }

    /// <summary>The version for readers: all that was done before.</summary>
    public VectorView Publish() => new(spec, Clustering, _clusters, _live.Publish(), LiveCount);

    private VectorBlock Open(int cluster, ClusterBlocks blocks)
    {
        var block = blocks.Open(_wholeCapacity);
        if (block is null)
        {
            Invariant.Require(_blockCount < int.MaxValue / VectorBlock.Slots, "slots of vectors are numbered in 32 bits");
            block = blocks.Add(_blockCount++, cluster, _wholeCapacity, spec.RowBytes);
        }

        if (_blocks[block.Number] is var before && before != block)
        {
            Bytes += block.Bytes - (before?.Bytes ?? 0);
            _blocks.Set(block.Number, block);
        }

        return block;
    }

    private ref int SlotOfRow(int row)
    {
        var page = row / RowsPerPage;
        if (_slotOfRow[page] is not { } slots)
        {
            slots = new int[RowsPerPage];
            Bytes += RowsPerPage * sizeof(int);
            _slotOfRow.Set(page, slots);
        }

        return ref slots[row % RowsPerPage];
    }
}
