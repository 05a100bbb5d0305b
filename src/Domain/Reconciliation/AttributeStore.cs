using Cairn.Columns;
using Cairn.Formats;
using Cairn.Indexes;
using Cairn.Model;
using Cairn.Snapshots;
using Cairn.Snapshots.Checkpoints;

namespace Cairn.Reconciliation;

/// <summary>
/// The writer's side of the attributes of one table. One thread.
/// Invariant: a row has a name in one place only: one of the columns of that name, or its bag. Names that came after the last column
/// (<see cref="Limits.AttributeColumns"/>) live in bags.
/// </summary>
internal sealed class AttributeStore(TableWriter table, Func<StoredKeys?, KeyTable> newDictionary)
{
    private readonly List<Slot> _slots = [];
    private readonly List<ArenaCompaction> _compactions = [];
    private Slot?[] _guesses = new Slot?[32];
    private AttributeBagWriter? _bags;
    private byte[]? _scratch;

    /// <summary>A column with what the writer needs of it.</summary>
    internal sealed record Slot(AttributeColumn Column, ArenaWriter? Arena, List<Slot> SameName);

    /// <summary>The columns as readers see them.</summary>
    public AttributeLayout Layout { get; private set; } = AttributeLayout.Empty;

    /// <summary>One more than the highest column.</summary>
    public int ColumnCount => HeaderColumn.FirstAttribute + _slots.Count;

    /// <summary>Bytes of the dictionaries.</summary>
    public long DictionaryBytes => _slots.Sum(slot => slot.Column.Dictionary?.Bytes ?? 0);

    /// <summary>The arenas of the attribute columns.</summary>
    public IEnumerable<(int Column, ArenaWriter Arena)> Arenas =>
        _slots.Where(slot => slot.Arena is not null).Select(slot => (slot.Column.Column, slot.Arena!));

    /// <summary>Sets one attribute; false if it was so already.</summary>
    /// <param name="row">An existing row.</param>
    /// <param name="position">Its place in the operation: attributes usually come in the same order, which saves looking the name up.</param>
    /// <param name="name">UTF-8.</param>
    /// <param name="value">Its value.</param>
    public bool Set(int row, int position, ReadOnlySpan<byte> name, ValueView value)
    {
        if (Resolve(position, name, value.Kind) is not { } slot)
        {
            return Bags.Set(row, name, value) | UnsetColumns(row, name);
        }

        var changed = Write(row, slot, value);
        foreach (var other in slot.SameName)
        {
            changed |= other != slot && Unset(row, other);
        }

        return changed | (_bags?.Unset(row, name) ?? false);
    }

    /// <summary>Takes one attribute away; false if there was none.</summary>
    public bool Unset(int row, ReadOnlySpan<byte> name) => UnsetColumns(row, name) | (_bags?.Unset(row, name) ?? false);

    /// <summary>Takes all attributes away; false if there were none.</summary>
    public bool Clear(int row)
    {
        var changed = false;
        for (var column = table.ColumnsOf(row) - 1; column >= HeaderColumn.FirstAttribute; column--)
        {
            changed |= UnsetCell(row, column);
        }

        return changed | UnsetCell(row, HeaderColumn.Bag);
    }

    /// <summary>Whether a row has too many attributes, or too many bytes of those without a column.</summary>
    public bool IsOverLimit(int row)
    {
        var (count, bagBytes) = _bags?.Measure(row) ?? default;
        for (var column = table.ColumnsOf(row) - 1; column >= HeaderColumn.FirstAttribute; column--)
        {
            count += table.TryGet(row, column, out _) ? 1 : 0;
        }

        return count > Limits.Attributes || bagBytes > Limits.StoredAttributeBytes;
    }

    /// <summary>The items of an array attribute as encoded.</summary>
    /// <returns>False if the attribute exists and is no array; true and empty if there is none.</returns>
    public bool TryGetItems(int row, ReadOnlySpan<byte> name, out ReadOnlySpan<byte> items)
    {
        items = default;
        foreach (var column in Layout.Of(name))
        {
            if (table.TryGet(row, column.Column, out var cell) && column.Kind != ValueKind.Null)
            {
                items = column.Kind == ValueKind.Array ? _slots[column.Column - HeaderColumn.FirstAttribute].Arena!.Read(cell >> 1, ref _scratch) : default;
                return column.Kind == ValueKind.Array;
            }
        }

        if (_bags is null || !_bags.TryGet(row, name, out var value) || value.Kind == ValueKind.Null)
        {
            return true;
        }

        items = value.Kind == ValueKind.Array ? value.Bytes : default;
        return value.Kind == ValueKind.Array;
    }

    /// <summary>Moves values out of sparse chunks, some row groups of each column.</summary>
    public void Compact(int rowGroups)
    {
        foreach (var compaction in _compactions)
        {
            compaction.Step(rowGroups);
        }
    }

    /// <summary>Names the arena of the bags.</summary>
    public void UseBags(ArenaWriter arena) => _bags = new(table, arena);

    private AttributeBagWriter Bags => _bags!;

    private Slot? Resolve(int position, ReadOnlySpan<byte> name, ValueKind kind)
    {
        if (position < _guesses.Length && _guesses[position] is { } guess && guess.Column.Kind == kind && guess.Column.Name.AsSpan().SequenceEqual(name))
        {
            return guess;
        }

        var slot = Find(name, kind) ?? Add(name, kind);
        if (position < _guesses.Length)
        {
            _guesses[position] = slot;
        }

        return slot;
    }

    private Slot? Find(ReadOnlySpan<byte> name, ValueKind kind)
    {
        foreach (var column in Layout.Of(name))
        {
            if (column.Kind == kind)
            {
                return _slots[column.Column - HeaderColumn.FirstAttribute];
            }
        }

        return null;
    }

    /// <summary>Adds the next column of a checkpoint.</summary>
    public void Restore(StoredColumn column, StoredArena? arena) => Add(column.Name, column.Kind, column.Dictionary, arena);

    private Slot? Add(ReadOnlySpan<byte> name, ValueKind kind, StoredKeys? dictionary = null, StoredArena? storedArena = null)
    {
        if (_slots.Count == Limits.AttributeColumns)
        {
            return null;
        }

        var sameName = Layout.Of(name) is [var first, ..] ? _slots[first.Column - HeaderColumn.FirstAttribute].SameName : [];
        var column = new AttributeColumn(ColumnCount, name.ToArray(), kind, kind == ValueKind.String ? newDictionary(dictionary) : null);
        var arena = kind is ValueKind.String or ValueKind.Bytes or ValueKind.Array or ValueKind.Object ? new ArenaWriter(storedArena) : null;
        var slot = new Slot(column, arena, sameName);
        sameName.Add(slot);
        _slots.Add(slot);
        Layout = Layout.With(column);
        if (arena is not null)
        {
            table.Attach(column.Column, arena);
            _compactions.Add(new(table, column.Column, arena));
        }

        return slot;
    }

    private bool Write(int row, Slot slot, ValueView value)
    {
        var number = slot.Column.Column;
        var had = table.TryGet(row, number, out var before);
        if (slot.Arena is null)
        {
            if (had && before == value.Bits)
            {
                return false;
            }

            table.Set(row, number, value.Bits);
            return true;
        }

        if (TryNumber(slot, value.Bytes, out var cell))
        {
            if (had && before == cell)
            {
                return false;
            }

            table.Set(row, number, cell);
            return true;
        }

        if (had && (before & 1) != 0 && slot.Arena.Read(before >> 1, ref _scratch).SequenceEqual(value.Bytes))
        {
            return false;
        }

        table.Set(row, number, (slot.Arena.Append(value.Bytes) << 1) | 1);
        return true;
    }

    private static bool TryNumber(Slot slot, ReadOnlySpan<byte> text, out long cell)
    {
        cell = 0;
        if (slot.Column.Dictionary is not { } dictionary || text.Length > AttributeColumn.MaxDictionaryTextBytes)
        {
            return false;
        }

        var number = dictionary.Count < AttributeColumn.MaxDictionaryEntries ? dictionary.FindOrAdd(text) : dictionary.Find(text);
        cell = (long)number << 1;
        return number >= 0;
    }

    private bool UnsetColumns(int row, ReadOnlySpan<byte> name)
    {
        var changed = false;
        foreach (var column in Layout.Of(name))
        {
            changed |= UnsetCell(row, column.Column);
        }

        return changed;
    }

    private bool Unset(int row, Slot slot) => UnsetCell(row, slot.Column.Column);

    private bool UnsetCell(int row, int column)
    {
        if (!table.TryGet(row, column, out _))
        {
            return false;
        }

        table.Unset(row, column);
        return true;
    }
}
