using System.Numerics;
using Cairn.Columns;
using Cairn.Snapshots;

namespace Cairn.Reconciliation.Compaction;

/// <summary>Which rows of a table are kept, and what number each gets: rows keep their order. 1.5 bits of memory a row. Immutable; any thread.</summary>
internal sealed class RowMap
{
    private readonly ulong[] _kept;
    private readonly int[] _before;

    private RowMap(ulong[] kept)
    {
        (_kept, _before) = (kept, new int[kept.Length]);
        for (var word = 0; word < kept.Length; word++)
        {
            _before[word] = Count;
            Count += BitOperations.PopCount(kept[word]);
        }
    }

    /// <summary>Rows that are kept.</summary>
    public int Count { get; }

    /// <summary>The new number of a row; −1: it is not kept.</summary>
    public int this[int row] => (_kept[row / 64] >> (row % 64) & 1) == 0
        ? -1
        : _before[row / 64] + BitOperations.PopCount(_kept[row / 64] & ((1UL << (row % 64)) - 1));

    /// <summary>Those of a row group that are kept, a bit each.</summary>
    public UInt128 InGroup(int group) => new(_kept[(group * 2) + 1], _kept[group * 2]);

    /// <summary>How many are kept from a row on.</summary>
    public int CountFrom(int row)
    {
        if (row / 64 >= _kept.Length)
        {
            return 0;
        }

        return Count - _before[row / 64] - BitOperations.PopCount(_kept[row / 64] & ((1UL << (row % 64)) - 1));
    }

    /// <summary>The rows that are not dead.</summary>
    public static RowMap OfLive(StoredRows rows, CancellationToken cancellationToken)
    {
        var kept = new ulong[(rows.Table.RowCount + Page.Rows - 1) / Page.Rows * 2];
        for (var group = 0; group < kept.Length / 2; group++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (rows.Table.GroupOnce(group * Page.Rows)[HeaderColumn.Flags] is { } flags)
            {
                var live = Live(flags);
                (kept[group * 2], kept[(group * 2) + 1]) = ((ulong)live, (ulong)(live >> 64));
            }
        }

        return new(kept);
    }

    private static UInt128 Live(Page flags)
    {
        var live = UInt128.Zero;
        for (var rows = flags.Valid; rows != 0; rows &= rows - 1)
        {
            var slot = (int)UInt128.TrailingZeroCount(rows);
            flags.TryGet(slot, out var cell);
            live |= ((RowFlags)cell & (RowFlags.Alive | RowFlags.Implied)) != 0 ? UInt128.One << slot : 0;
        }

        return live;
    }
}

/// <summary>The rows of a space that are kept.</summary>
/// <param name="Concepts">Alive and implied ones.</param>
/// <param name="Associations">Alive ones.</param>
internal sealed record KeptRows(RowMap Concepts, RowMap Associations)
{
    /// <summary>Those of a snapshot that are not dead.</summary>
    public static KeptRows Of(Snapshot snapshot, CancellationToken cancellationToken) =>
        new(RowMap.OfLive(snapshot.Concepts, cancellationToken), RowMap.OfLive(snapshot.Associations, cancellationToken));
}
