using System.Runtime.CompilerServices;

namespace Cairn.Columns;

/// <summary>A row group that the writer is changing: the published pages, and open copies of those that it touched. One thread.</summary>
internal sealed class OpenGroup
{
    private OpenPage?[] _open = new OpenPage?[16];
    private RowGroup _published = RowGroup.Empty;
    private int _columns;

    /// <summary>Begins from a published group.</summary>
    public void Open(RowGroup published)
    {
        _published = published;
        _columns = published.Pages.Length;
    }

    /// <summary>One more than the last column that may have a cell.</summary>
    public int Columns => _columns;

    /// <summary>The cell of a column in one of the 128 rows; false if it has none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryGet(int column, int row, out long cell) =>
        column < _open.Length && _open[column] is { } page ? page.TryGet(row, out cell) : _published.TryGet(column, row, out cell);

    /// <summary>The page to write a column's cells to.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public OpenPage Writable(int column, OpenPagePool pool) =>
        column < _open.Length && _open[column] is { } page ? page : OpenColumn(column, pool);

    /// <summary>The group to publish; open pages go back to the pool.</summary>
    public RowGroup Seal(OpenPagePool pool)
    {
        var pages = new Page?[_columns];
        _published.Pages.CopyTo(pages, 0);
        for (var column = 0; column < Math.Min(_columns, _open.Length); column++)
        {
            if (_open[column] is { } page)
            {
                pages[column] = page.Seal();
                pool.Return(page);
                _open[column] = null;
            }
        }

        // It may wait long for its next use: what is published by then is not its to keep.
        _published = RowGroup.Empty;
        return new(pages);
    }

    private OpenPage OpenColumn(int column, OpenPagePool pool)
    {
        if (column >= _open.Length)
        {
            Array.Resize(ref _open, Math.Max(column + 1, _open.Length * 2));
        }

        var page = pool.Rent();
        page.Open(_published[column]);
        _open[column] = page;
        _columns = Math.Max(_columns, column + 1);
        return page;
    }
}

/// <summary>Open pages kept for the next batch, so that writing makes little garbage. Bounded; one thread.</summary>
internal sealed class OpenPagePool
{
    /// <summary>A quarter of a mebibyte of cells.</summary>
    private const int MaxKept = 256;

    private readonly Stack<OpenPage> _kept = new();

    /// <summary>A page to be opened.</summary>
    public OpenPage Rent() => _kept.TryPop(out var page) ? page : new OpenPage();

    /// <summary>Takes a page back.</summary>
    public void Return(OpenPage page)
    {
        if (_kept.Count < MaxKept)
        {
            _kept.Push(page);
        }
    }
}
