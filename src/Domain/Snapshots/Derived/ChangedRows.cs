using Cairn.Columns;
using Cairn.Model;

namespace Cairn.Snapshots.Derived;

/// <summary>
/// The concepts whose cells in some columns differ between two snapshots of one life of a space. Pages that both share are not looked at, so it takes time in what was
/// written in between, and a little for each 16,384 rows. Immutable; any thread.
/// </summary>
internal sealed class ChangedRows
{
    private readonly StoredRows? _before;
    private readonly StoredRows _now;
    private readonly int[] _columns;

    /// <param name="before">Null: all that is alive has changed.</param>
    /// <param name="now">The same or a later snapshot.</param>
    /// <param name="columns">Those that count, the flags and attributes aside.</param>
    /// <param name="attributes">Which types of attributes count.</param>
    public ChangedRows(Snapshot? before, Snapshot now, ReadOnlySpan<int> columns, Func<ValueKind, bool> attributes)
    {
        (_before, _now) = (before?.Concepts, now.Concepts);
        var counted = new List<int>([HeaderColumn.Flags, .. columns]);
        foreach (var column in _now.Layout.ByName)
        {
            if (attributes(column.Kind))
            {
                counted.Add(column.Column);
            }
        }

        _columns = [.. counted];
    }

    /// <summary>Row groups of the later snapshot.</summary>
    public int Groups => (_now.Table.RowCount + Page.Rows - 1) / Page.Rows;

    /// <summary>The next row group, from one on, that may have changed; <see cref="Groups"/> or more: none.</summary>
    public int Next(int group)
    {
        const int Length = Spine<Page?[]>.ChunkLength;
        while (group % Length == 0 && _before is not null && group < _before.Table.Groups.Length && group < Groups
            && ReferenceEquals(_before.Table.Groups.Chunks[group / Length], _now.Table.Groups.Chunks[group / Length]))
        {
            group += Length;
        }

        return group;
    }

    /// <summary>The rows of a group that have changed.</summary>
    /// <param name="group">Its number.</param>
    /// <param name="now">The group in the later snapshot; means nothing if none has changed.</param>
    public UInt128 Of(int group, out RowGroup now)
    {
        now = RowGroup.Empty;
        var row = group * Page.Rows;
        if (_before is null || row >= _before.Table.RowCount)
        {
            now = _now.Table.GroupOnce(row);
            return now[HeaderColumn.Flags]?.Odd() ?? 0;
        }

        // If neither is in memory, both are as the checkpoint has them.
        if (ReferenceEquals(_before.Table.Groups.Peek(group), _now.Table.Groups.Peek(group)))
        {
            return 0;
        }

        now = _now.Table.GroupOnce(row);
        var before = _before.Table.GroupOnce(row);
        var changed = UInt128.Zero;
        foreach (var column in _columns)
        {
            if (!ReferenceEquals(now[column], before[column]))
            {
                changed |= Differing(column, now, before);
            }
        }

        return changed;
    }

    // Values move when their arena is compacted, and stay the same.
    private UInt128 Differing(int column, RowGroup now, RowGroup before)
    {
        var (arena, arenaBefore) = (ArenaOf(_now, column), ArenaOf(_before!, column));
        var differing = CellChanges.Differing(now[column], before[column], arena, arenaBefore);
        if (arena is null || arenaBefore is null)
        {
            return differing;
        }

        foreach (var row in new RowBits(differing))
        {
            if (now.TryGet(column, row, out var cell) && before.TryGet(column, row, out var cellBefore) && (cell & cellBefore & 1) != 0
                && _now.Bytes(column, cell).SequenceEqual(_before!.Bytes(column, cellBefore)))
            {
                differing &= ~(UInt128.One << row);
            }
        }

        return differing;
    }

    private static Arena? ArenaOf(StoredRows rows, int column) =>
        column < rows.Arenas.Length && rows.ArenaOf(column) is { Chunks.Chunks: not null } arena ? arena : null;
}
