using System.Runtime.CompilerServices;

namespace Cairn.Columns;

/// <summary>A page that the writer is changing: 128 plain cells. One thread.</summary>
internal sealed class OpenPage
{
    private readonly long[] _cells = new long[Page.Rows];
    private ulong _validLow;
    private ulong _validHigh;

    /// <summary>Begins from a published page, or from nothing.</summary>
    public void Open(Page? page)
    {
        (_validLow, _validHigh) = page is null ? (0, 0) : (page.ValidLow, page.ValidHigh);
        page?.CopyTo(_cells);
    }

    /// <summary>The page to publish; null if no row has a cell.</summary>
    public Page? Seal() => Page.Pack(_cells, _validLow, _validHigh);

    /// <summary>The cell of a row; false if it has none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryGet(int row, out long cell)
    {
        cell = _cells[row];
        return ((row < 64 ? _validLow >> row : _validHigh >> (row - 64)) & 1) != 0;
    }

    /// <summary>Sets the cell of a row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Set(int row, long cell)
    {
        _cells[row] = cell;
        if (row < 64)
        {
            _validLow |= 1UL << row;
        }
        else
        {
            _validHigh |= 1UL << (row - 64);
        }
    }

    /// <summary>Takes the cell of a row away.</summary>
    public void Unset(int row)
    {
        if (row < 64)
        {
            _validLow &= ~(1UL << row);
        }
        else
        {
            _validHigh &= ~(1UL << (row - 64));
        }
    }
}
