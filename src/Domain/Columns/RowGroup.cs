using System.Runtime.CompilerServices;

namespace Cairn.Columns;

/// <summary>
/// The pages of 128 rows, one per column that has a cell there (the PAX layout: Ailamaki et al., VLDB 2001). Immutable.
/// The list is as long as the last column needs; a missing page costs a null.
/// </summary>
internal readonly struct RowGroup(Page?[] pages)
{
    /// <summary>No column has a cell.</summary>
    public static RowGroup Empty { get; } = new([]);

    /// <summary>By column.</summary>
    public Page?[] Pages => pages;

    /// <summary>The page of a column, or null.</summary>
    public Page? this[int column] => (uint)column < (uint)pages.Length ? pages[column] : null;

    /// <summary>Asks the processor for all cells of a row at once: in a large table each of them is some way off, and to wait for one after the other takes longer
    /// than to write them. A hint.</summary>
    public void Prefetch(int row)
    {
        foreach (var page in pages)
        {
            page?.Prefetch();
        }

        foreach (var page in pages)
        {
            page?.PrefetchCell(row);
        }
    }

    /// <summary>The cell of a column in one of the 128 rows; false if it has none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryGet(int column, int row, out long cell)
    {
        if ((uint)column < (uint)pages.Length && pages[column] is { } page)
        {
            return page.TryGet(row, out cell);
        }

        cell = 0;
        return false;
    }
}
