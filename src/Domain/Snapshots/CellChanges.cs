using Cairn.Columns;

namespace Cairn.Snapshots;

/// <summary>Which cells of a column differ between two versions of a row group. Stateless; any thread; no allocation.</summary>
internal static class CellChanges
{
    /// <summary>The rows whose cell may stand for another value than before: a value that was moved counts as another.</summary>
    /// <param name="now">The page of one version; null: no row has a cell.</param>
    /// <param name="before">The page of the other.</param>
    /// <param name="arena">What odd cells of the first refer to; null: they are values.</param>
    /// <param name="arenaBefore">The same of the other.</param>
    public static UInt128 Differing(Page? now, Page? before, Arena? arena, Arena? arenaBefore)
    {
        if (ReferenceEquals(now, before))
        {
            return 0;
        }

        if (now is null || before is null)
        {
            return (now ?? before)!.Valid;
        }

        Span<long> cells = stackalloc long[Page.Rows], cellsBefore = stackalloc long[Page.Rows];
        now.CopyTo(cells);
        before.CopyTo(cellsBefore);
        var differing = now.Valid ^ before.Valid;
        foreach (var row in new RowBits(now.Valid & before.Valid))
        {
            var isReference = arena is not null && arenaBefore is not null && (cells[row] & 1) != 0;
            var isSame = cells[row] == cellsBefore[row] && (!isReference || arena!.Value.SharesValue(arenaBefore!.Value, cells[row] >> 1));
            differing |= isSame ? 0 : UInt128.One << row;
        }

        return differing;
    }
}
