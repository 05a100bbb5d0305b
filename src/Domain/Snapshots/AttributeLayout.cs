using Cairn.Indexes;
using Cairn.Model;

namespace Cairn.Snapshots;

/// <summary>The column of one (name, type) pair.</summary>
/// <param name="Column">Its number in the table.</param>
/// <param name="Name">UTF-8.</param>
/// <param name="Kind">Type of every value in it.</param>
/// <param name="Dictionary">Short texts that have a number; only for strings. An even cell is such a number × 2, an odd one an arena reference.</param>
internal sealed record AttributeColumn(int Column, byte[] Name, ValueKind Kind, KeyTable? Dictionary);

/// <summary>The attribute columns of one version of a table. Immutable.</summary>
/// <param name="byName">In byte order of their names, then by type.</param>
internal sealed class AttributeLayout(AttributeColumn[] byName)
{
    /// <summary>No attribute.</summary>
    public static readonly AttributeLayout Empty = new([]);

    private readonly Dictionary<string, AttributeColumn[]> _ofName =
        byName.GroupBy(column => Key(column.Name)).ToDictionary(group => group.Key, group => group.ToArray(), StringComparer.Ordinal);

    /// <summary>In byte order of their names, then by type.</summary>
    public ReadOnlySpan<AttributeColumn> ByName => byName;

    /// <summary>The columns of one name, one per type that was seen.</summary>
    public ReadOnlySpan<AttributeColumn> Of(ReadOnlySpan<byte> name)
    {
        Span<char> key = stackalloc char[Limits.NameBytes];
        return name.Length <= key.Length && _ofName.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(Key(name, key), out var columns)
            ? columns
            : [];
    }

    /// <summary>A layout with one more column.</summary>
    public AttributeLayout With(AttributeColumn column)
    {
        AttributeColumn[] grown = [.. byName, column];
        Array.Sort(grown, static (a, b) =>
        {
            var order = a.Name.AsSpan().SequenceCompareTo(b.Name);
            return order != 0 ? order : a.Kind.CompareTo(b.Kind);
        });
        return new(grown);
    }

    // Each byte becomes one character, so that a dictionary of strings can be asked with bytes.
    private static string Key(byte[] name) => string.Create(name.Length, name, static (key, bytes) => Key(bytes, key));

    private static ReadOnlySpan<char> Key(ReadOnlySpan<byte> name, Span<char> key)
    {
        for (var i = 0; i < name.Length; i++)
        {
            key[i] = (char)name[i];
        }

        return key[..name.Length];
    }
}
