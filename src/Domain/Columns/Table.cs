using System.Runtime.CompilerServices;

namespace Cairn.Columns;

/// <summary>One published version of a table: rows by number, columns by number, cells of 64 bits. Immutable; any thread.</summary>
/// <param name="Groups">128 rows each.</param>
/// <param name="RowCount">Rows of this version; rows at or above it belong to later ones.</param>
internal readonly record struct Table(Spine<Page?[]> Groups, int RowCount)
{
    /// <summary>The cell of a row below <see cref="RowCount"/>; false if it has none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryGet(int row, int column, out long cell) => Group(row).TryGet(column, row % Page.Rows, out cell);

    /// <summary>The cell of a row, or what a missing one stands for.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public long Get(int row, int column, long missing = 0) => Group(row).TryGet(column, row % Page.Rows, out var cell) ? cell : missing;

    /// <summary>Whether a row group is in memory; one that is not is as the checkpoint has it.</summary>
    public bool IsLoaded(int group) => Groups.Peek(group) is not null;

    /// <summary>The row group that holds a row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public RowGroup Group(int row) => new(Groups[row / Page.Rows]!);

    /// <summary>As <see cref="Group"/>, for a walk over all rows: what is not loaded does not stay so.</summary>
    public RowGroup GroupOnce(int row) => new(Groups.ReadOnce(row / Page.Rows)!);
}

/// <summary>
/// The writer's side of a table. Changes go to open copies of the pages that they touch; <see cref="Publish"/> packs those and
/// shares the rest. One thread.
/// Cells of an arena column are odd when they are references (reference × 2 + 1); overwriting one releases it.
/// Invariants: between <see cref="Begin"/> and <see cref="Accept"/> or <see cref="Undo"/> what a cell of an older row held before
/// is remembered, and its value is released only when the change is accepted; a value that the change itself wrote and overwrote is released
/// at once, so that rewriting one cell in one commit needs no more room than writing it; rows added since are cleared by an undo, not removed.
/// </summary>
internal sealed class TableWriter
{
    private readonly SpineWriter<Page?[]> _groups;
    private readonly Dictionary<int, OpenGroup> _open = [];
    private readonly Stack<OpenGroup> _idle = new();
    private readonly OpenPagePool _pages;
    private readonly List<UndoCell> _undo = [];
    private readonly List<ArenaWriter> _grown = [];
    private ArenaWriter?[] _arenas = new ArenaWriter?[16];
    private OpenGroup? _last;
    private int _lastIndex = -1;
    private int _oldRows;
    private Table _published;

    /// <param name="pages">Open pages to use again.</param>
    /// <param name="stored">Row groups of a checkpoint; null: none.</param>
    /// <param name="rowCount">Rows of the checkpoint.</param>
    public TableWriter(OpenPagePool pages, IChunkSource<Page?[]>? stored = null, int rowCount = 0)
    {
        _pages = pages;
        _groups = new(stored);
        RowCount = rowCount;
        _published = new(_groups.Publish(), rowCount);
    }

    private readonly record struct UndoCell(int Row, int Column, bool Had, long Cell);

    /// <summary>Rows so far.</summary>
    public int RowCount { get; private set; }

    /// <summary>The row groups that were published since a checkpoint took them.</summary>
    public ChunkMarks Changed { get; } = new();

    /// <summary>Rows that were there at <see cref="Begin"/>.</summary>
    public int RowsBefore => _oldRows;

    /// <summary>Makes a column refer to values of an arena.</summary>
    public void Attach(int column, ArenaWriter arena)
    {
        if (column >= _arenas.Length)
        {
            Array.Resize(ref _arenas, Math.Max(column + 1, _arenas.Length * 2));
        }

        _arenas[column] = arena;
    }

    /// <summary>The arena of a column, or null.</summary>
    public ArenaWriter? ArenaOf(int column) => column < _arenas.Length ? _arenas[column] : null;

    /// <summary>Adds a row without cells.</summary>
    public int AddRow()
    {
        if (RowCount % Page.Rows == 0)
        {
            _groups.Set(RowCount / Page.Rows, RowGroup.Empty.Pages);
            Changed.Mark(RowCount / Page.Rows);
        }

        return RowCount++;
    }

    /// <summary>The cell of a row as it now stands.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryGet(int row, int column, out long cell)
    {
        var index = row / Page.Rows;
        if (index == _lastIndex)
        {
            return _last!.TryGet(column, row % Page.Rows, out cell);
        }

        return _open.TryGetValue(index, out var open)
            ? open.TryGet(column, row % Page.Rows, out cell)
            : new RowGroup(_groups[index]!).TryGet(column, row % Page.Rows, out cell);
    }

    /// <summary>The cell of a row as it now stands, or what a missing one stands for.</summary>
    public long Get(int row, int column, long missing = 0) => TryGet(row, column, out var cell) ? cell : missing;

    /// <summary>One more than the last column that may have a cell in the row.</summary>
    public int ColumnsOf(int row) =>
        _open.TryGetValue(row / Page.Rows, out var open) ? open.Columns : _groups[row / Page.Rows]!.Length;

    /// <summary>Sets a cell.</summary>
    public void Set(int row, int column, long cell)
    {
        var page = Group(row).Writable(column, _pages);
        if (column < _arenas.Length && _arenas[column] is { } arena)
        {
            RememberOrRelease(row, column, page, arena);
            if (arena.TryNoteGrowth())
            {
                _grown.Add(arena);
            }
        }
        else if (row < _oldRows)
        {
            Remember(row, column, page);
        }

        page.Set(row % Page.Rows, cell);
    }

    /// <summary>Takes a cell away.</summary>
    public void Unset(int row, int column)
    {
        if (!TryGet(row, column, out _))
        {
            return;
        }

        var page = Group(row).Writable(column, _pages);
        if (ArenaOf(column) is { } arena)
        {
            RememberOrRelease(row, column, page, arena);
        }
        else if (row < _oldRows)
        {
            Remember(row, column, page);
        }

        page.Unset(row % Page.Rows);
    }

    /// <summary>Takes all cells of a row away.</summary>
    public void Clear(int row)
    {
        for (var column = ColumnsOf(row) - 1; column >= 0; column--)
        {
            Unset(row, column);
        }
    }

    /// <summary>Begins a change that may be undone. Without it every change is final at once.</summary>
    public void Begin()
    {
        _oldRows = RowCount;
        foreach (var arena in _grown)
        {
            arena.BeginChange();
        }

        _grown.Clear();
    }

    /// <summary>Makes the change since <see cref="Begin"/> final.</summary>
    public void Accept()
    {
        foreach (var undo in _undo)
        {
            if (undo.Had && (undo.Cell & 1) != 0 && ArenaOf(undo.Column) is { } arena)
            {
                arena.Release(undo.Cell >> 1);
            }
        }

        _undo.Clear();
        _oldRows = 0;
        Trim();
    }

    /// <summary>Takes the change since <see cref="Begin"/> back.</summary>
    public void Undo()
    {
        var oldRows = _oldRows;
        _oldRows = 0;
        for (var i = _undo.Count - 1; i >= 0; i--)
        {
            var undo = _undo[i];
            if (undo.Had)
            {
                Set(undo.Row, undo.Column, undo.Cell);
            }
            else
            {
                Unset(undo.Row, undo.Column);
            }
        }

        for (var row = oldRows; row < RowCount; row++)
        {
            Clear(row);
        }

        _undo.Clear();
        _oldRows = 0;
        Trim();
    }

    /// <summary>Packs what changed and answers the new version.</summary>
    public Table Publish()
    {
        if (_open.Count == 0 && _published.RowCount == RowCount)
        {
            return _published;
        }

        foreach (var (index, group) in _open)
        {
            _groups.Set(index, group.Seal(_pages).Pages);
            Changed.Mark(index);
            if (_idle.Count < 1024)
            {
                _idle.Push(group);
            }
        }

        _open.Clear();
        (_last, _lastIndex) = (null, -1);
        return _published = new(_groups.Publish(), RowCount);
    }

    private OpenGroup Group(int row)
    {
        var index = row / Page.Rows;
        if (index == _lastIndex)
        {
            return _last!;
        }

        if (!_open.TryGetValue(index, out var group))
        {
            group = _idle.TryPop(out var idle) ? idle : new OpenGroup();
            group.Open(new(_groups[index]!));
            _open.Add(index, group);
        }

        (_last, _lastIndex) = (group, index);
        return group;
    }

    private void RememberOrRelease(int row, int column, OpenPage page, ArenaWriter arena)
    {
        var had = page.TryGet(row % Page.Rows, out var before);
        var isReference = had && (before & 1) != 0;
        if (row < _oldRows && !(isReference && arena.IsOfThisChange(before >> 1)))
        {
            _undo.Add(new(row, column, had, before));
        }
        else if (isReference)
        {
            arena.Release(before >> 1);
        }
    }

    private void Remember(int row, int column, OpenPage page) =>
        _undo.Add(new(row, column, page.TryGet(row % Page.Rows, out var before), before));

    private void Trim()
    {
        if (_undo.Capacity > 64 * 1024)
        {
            _undo.Capacity = 0;
        }
    }
}
