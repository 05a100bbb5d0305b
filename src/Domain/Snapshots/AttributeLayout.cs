using System.Numerics;
using Cairn.Indexes;
using Cairn.Model;

namespace Cairn.Snapshots;

/// <summary>The column of one (name, type) pair.</summary>
/// <param name="Column">Its number in the table.</param>
/// <param name="Name">UTF-8.</param>
/// <param name="Kind">Type of every value in it.</param>
/// <param name="Dictionary">Short texts that have a number; only for strings. An even cell is such a number × 2, an odd one an arena reference.</param>
internal sealed record AttributeColumn(int Column, byte[] Name, ValueKind Kind, KeyTable? Dictionary)
{
    /// <summary>Texts of a column that get a number; later ones lie in the arena, so that unique texts cannot fill memory for ever.</summary>
    public const int MaxDictionaryEntries = 4 * 1024;

    /// <summary>Longer texts are rarely repeated.</summary>
    public const int MaxDictionaryTextBytes = 64;

    /// <summary>
    /// The cell that every row has whose value is this text, −1 if none has it. False: rows may have it in different ways. A dictionary that is not full
    /// never was, so that no text short enough for it lies elsewhere.
    /// </summary>
    public bool TryGetCell(ReadOnlySpan<byte> text, out long cell)
    {
        var isNumbered = Dictionary is { Count: < MaxDictionaryEntries } && text.Length <= MaxDictionaryTextBytes;
        var number = isNumbered ? Dictionary!.Find(text) : -1;
        cell = number < 0 ? -1 : (long)number << 1;
        return isNumbered;
    }
}

/// <summary>The attribute columns of one version of a table. Immutable.</summary>
internal sealed class AttributeLayout
{
    /// <summary>No attribute.</summary>
    public static readonly AttributeLayout Empty = new([]);

    private readonly AttributeColumn[] _byName;

    // Open addressing by name: the index of a name's first column in byName, and how many there are; a count of 0 is a free slot.
    private readonly (int First, int Count)[] _ofName;

    /// <param name="byName">In byte order of their names, then by type.</param>
    private AttributeLayout(AttributeColumn[] byName)
    {
        _byName = byName;
        _ofName = new (int, int)[BitOperations.RoundUpToPowerOf2((uint)(byName.Length * 2) + 1)];
        for (var (first, next) = (0, 0); first < byName.Length; first = next)
        {
            while (next < byName.Length && byName[next].Name.AsSpan().SequenceEqual(byName[first].Name))
            {
                next++;
            }

            _ofName[SlotOf(byName[first].Name)] = (first, next - first);
        }
    }

    /// <summary>In byte order of their names, then by type.</summary>
    public ReadOnlySpan<AttributeColumn> ByName => _byName;

    /// <summary>The columns of one name, one per type that was seen.</summary>
    public ReadOnlySpan<AttributeColumn> Of(ReadOnlySpan<byte> name)
    {
        var (first, count) = _ofName[SlotOf(name)];
        return _byName.AsSpan(first, count);
    }

    /// <summary>A layout with one more column.</summary>
    public AttributeLayout With(AttributeColumn column)
    {
        AttributeColumn[] grown = [.. _byName, column];
        Array.Sort(grown, static (a, b) =>
        {
            var order = a.Name.AsSpan().SequenceCompareTo(b.Name);
            return order != 0 ? order : a.Kind.CompareTo(b.Kind);
        });
        return new(grown);
    }

    // At most 1,024 columns: names chosen to collide cost a walk over them, no more.
    private int SlotOf(ReadOnlySpan<byte> name)
    {
        var mask = _ofName.Length - 1;
        for (var slot = Hash(name) & mask; ; slot = (slot + 1) & mask)
        {
            var (first, count) = _ofName[slot];
            if (count == 0 || _byName[first].Name.AsSpan().SequenceEqual(name))
            {
                return slot;
            }
        }
    }

    private static int Hash(ReadOnlySpan<byte> name)
    {
        var hash = (uint)name.Length;
        foreach (var character in name)
        {
            hash = (hash * 31) + character;
        }

        return (int)(hash ^ (hash >> 15));
    }
}
