using System.Numerics;
using Cairn.Columns;
using Cairn.Formats;
using Cairn.Primitives;

namespace Cairn.Vectors;

/// <summary>
/// Vectors in int8 by cluster, written by one thread, read through views by any.
/// Invariants: slots are numbered in the order they are taken and never written again; a row has one live slot at most; a view's live bits have only
/// slots that were written before it was made, so that what is added later is nothing to it.
/// </summary>
/// <remarks>One of a checkpoint loads nothing before it is needed: which slot a row has, before the first change; vectors, when they are read or something is added to their block.</remarks>
/// <param name="spec">Of the vectors.</param>
/// <param name="clustering">How they are divided.</param>
internal sealed class InvertedFile(VectorSpec spec, Clustering clustering)
{
    /// <summary>Rows whose slots are noted in one array.</summary>
    public const int RowsPerPage = 4 * 1024;

    private readonly ClusterBlocks[] _clusters = [.. Enumerable.Range(0, clustering.Count).Select(static _ => new ClusterBlocks())];
    private readonly int[] _liveOfCluster = new int[clustering.Count];
    private readonly int _wholeCapacity = VectorBlock.WholeCapacity(spec.RowBytes);
    private readonly object _lineage = new();
    private readonly VersionedBitsWriter _live = new();
    private readonly SpineWriter<VectorBlock> _blocks = new();

    // By row: its live slot + 1. The arrays are written in place, also those that versions hold.
    private readonly SpineWriter<int[]> _slotOfRow = new();
    private readonly StoredBlocks? _stored;

    // As the checkpoint says; null: slots of rows are known.
    private StoredVectors? _opened;
    private int _blockCount;
    private long _sumOfSquares;
    private long _ownBytes = clustering.Centroids?.Bytes ?? 0;

    /// <param name="opened">The small parts that a checkpoint holds.</param>
    /// <param name="stored">Where the others are loaded from.</param>
    public InvertedFile(StoredVectors opened, StoredBlocks stored)
        : this(opened.Spec, opened.Clustering)
    {
        (_opened, _stored, _blockCount, LiveCount) = (opened, stored, opened.Blocks.Length, opened.Count);
        for (var number = 0; number < _blockCount; number++)
        {
            var block = opened.Blocks[number];
            _blocks.Set(number, _clusters[block.Cluster].Append(new(number, block, stored)));
            _live.SetWord(number, block.Live);
            _liveOfCluster[block.Cluster] += BitOperations.PopCount(block.Live);
            SlotCount += block.Used;
            _ownBytes += _blocks[number]!.Bytes;
        }

        _sumOfSquares = _liveOfCluster.Sum(static live => (long)live * live);
    }

    /// <summary>How the vectors are divided.</summary>
    public Clustering Clustering { get; private set; } = clustering;

    /// <summary>Vectors.</summary>
    public int LiveCount { get; private set; }

    /// <summary>Slots taken, those included that are no longer live.</summary>
    public int SlotCount { get; private set; }

    /// <summary>Bytes of memory, about.</summary>
    public long Bytes => _ownBytes + (_stored?.LoadedBytes ?? 0);

    /// <summary>How unevenly clusters are filled: vectors that share a cluster with one, beside what even ones would have; 1: even.</summary>
    public double Imbalance => LiveCount == 0 ? 1 : _sumOfSquares * (double)Clustering.Count / ((double)LiveCount * LiveCount);

    /// <summary>Says how many clusters searches look into, and that this is what was divided, before the first version is published to any.</summary>
    public void SetPlan(ProbePlan plan) => Clustering = Clustering with { Plan = plan, Division = new(LiveCount, Imbalance) };

    /// <summary>Gives a row a vector, in the place of the one that it had.</summary>
    public void Put(int row, ReadOnlySpan<sbyte> codes, float scale, float offset) => Put(Clustering.ClusterOf(codes, scale), new(row, scale, offset), codes);

    /// <summary>As the other, for a vector whose cluster is known.</summary>
    public void Put(int cluster, in VectorSlot slot, ReadOnlySpan<sbyte> codes)
    {
        Remove(slot.Row);
        var block = Open(cluster);
        var number = (block.Number * VectorBlock.Slots) + block.Append(slot, codes);
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

    /// <summary>The version for readers: all that was done before.</summary>
    public VectorView Publish() => new(spec, Clustering, _clusters, _live.Publish(), LiveCount)
    {
        Lineage = _lineage,
        BlockCount = _blockCount,
        LatestSlots = _slotOfRow.Publish(),
    };

    private bool TryFind(int row, out VectorBlock block, out int slot)
    {
        FindRows();
        var number = _slotOfRow[row / RowsPerPage] is { } page ? page[row % RowsPerPage] - 1 : -1;
        (block, slot) = number < 0 ? (null!, 0) : (_blocks[number / VectorBlock.Slots]!, number % VectorBlock.Slots);
        return number >= 0;
    }

    // Loads the slots of a checkpoint, all of them first: if one cannot be loaded now, it begins anew the next time.
    private void FindRows()
    {
        if (_opened is null)
        {
            return;
        }

        for (var number = 0; number < _opened.Blocks.Length; number++)
        {
            _blocks[number]!.Values(_opened.Blocks[number].Used);
        }

        for (var number = 0; number < _opened.Blocks.Length; number++)
        {
            for (var live = _opened.Blocks[number].Live; live != 0; live &= live - 1)
            {
                var slot = BitOperations.TrailingZeroCount(live);
                ref var found = ref SlotOfRow(_blocks[number]![slot].Row);
                if (found != 0)
                {
                    throw Malformed.Because("a row has two vectors");
                }

                found = (number * VectorBlock.Slots) + slot + 1;
            }
        }

        _opened = null;
    }

    private VectorBlock Open(int cluster)
    {
        var blocks = _clusters[cluster];
        var block = blocks.Open(_wholeCapacity);
        if (block is null)
        {
            Invariant.Require(_blockCount < int.MaxValue / VectorBlock.Slots, "slots of vectors are numbered in 32 bits");
            block = blocks.Add(_blockCount++, cluster, _wholeCapacity, spec);
        }

        if (_blocks[block.Number] is var before && before != block)
        {
            _ownBytes += block.Bytes - (before?.Bytes ?? 0);
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
            _ownBytes += RowsPerPage * sizeof(int);
            _slotOfRow.Set(page, slots);
        }

        return ref slots[row % RowsPerPage];
    }
}
