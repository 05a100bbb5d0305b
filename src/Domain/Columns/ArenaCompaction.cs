namespace Cairn.Columns;

/// <summary>
/// Moves the values of one arena column out of chunks that are mostly dead, some row groups at a time, so that overwriting
/// the same rows for ever leaves memory flat. Runs between commits, on the writer's thread; older snapshots keep the old chunks.
/// </summary>
internal sealed class ArenaCompaction(TableWriter table, int column, ArenaWriter arena)
{
    private int _row = -1;
    private byte[]? _scratch;

    /// <summary>Visits up to <paramref name="rowGroups"/> row groups if there is something to gain.</summary>
    public void Step(int rowGroups)
    {
        if (_row < 0)
        {
            if (!arena.WantsCompaction)
            {
                return;
            }

            _row = 0;
        }

        var end = (int)Math.Min(table.RowCount, _row + ((long)rowGroups * Page.Rows));
        for (; _row < end; _row++)
        {
            if (table.TryGet(_row, column, out var cell) && (cell & 1) != 0 && arena.IsSparse(cell >> 1))
            {
                Move(cell >> 1);
            }
        }

        if (_row >= table.RowCount)
        {
            _row = -1;
        }
    }

    private void Move(long reference)
    {
        // Copied first: appending may add a chunk, but never changes or frees the one that is read here.
        var moved = arena.Append(arena.Read(reference, ref _scratch));
        table.Set(_row, column, (moved << 1) | 1);
    }
}
