using System.Text;
using Cairn.Primitives;

namespace Cairn.Model;

/// <summary>
/// The attributes whose texts a search looks into, by name. Equal to another one of the same names, in whatever order they were given. Immutable; any thread.
/// Invariant: at most <see cref="Limits.TextAttributes"/> names of 1 to <see cref="Limits.NameBytes"/> bytes, in byte order, each once.
/// </summary>
public sealed record TextAttributes
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
    private readonly byte[][] _names;

    private TextAttributes(byte[][] sorted) => _names = sorted;

    /// <summary>How many, 0 to <see cref="Limits.TextAttributes"/>.</summary>
    public int Count => _names.Length;

    /// <summary>A name, UTF-8, in byte order.</summary>
    public ReadOnlySpan<byte> this[int index] => _names[index];

    /// <summary>Takes names in any order.</summary>
    /// <exception cref="CairnException">Invalid: too many, a name that no attribute can have, one that comes twice.</exception>
    public static TextAttributes Of(params IEnumerable<string> names)
    {
        ArgumentNullException.ThrowIfNull(names);
        var sorted = names.Select(Encode).ToArray();
        Array.Sort(sorted, static (one, other) => one.AsSpan().SequenceCompareTo(other));
        return TryOf(sorted, out var fault) ?? throw CairnException.Invalid("textAttributes", fault);
    }

    /// <summary>Takes names as they are kept; null: they cannot be.</summary>
    /// <param name="names">UTF-8, well-formed.</param>
    /// <param name="fault">What is wrong with them.</param>
    internal static TextAttributes? TryOf(byte[][] names, out string fault)
    {
        fault = names.Length > Limits.TextAttributes ? $"text is searched in {Limits.TextAttributes} attributes at most, or in all" : "";
        for (var i = 0; i < names.Length && fault.Length == 0; i++)
        {
            fault = names[i].Length is 0 or > Limits.NameBytes ? $"an attribute's name has 1 to {Limits.NameBytes} bytes"
                : i > 0 && names[i - 1].AsSpan().SequenceCompareTo(names[i]) >= 0 ? "an attribute is named twice, or out of order"
                : "";
        }

        return fault.Length == 0 ? new(names) : null;
    }

    /// <summary>Whether the attribute of that name is one of them. No allocation.</summary>
    /// <param name="name">UTF-8.</param>
    public bool Contains(ReadOnlySpan<byte> name)
    {
        var (low, high) = (0, _names.Length - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            var order = name.SequenceCompareTo(_names[middle]);
            if (order == 0)
            {
                return true;
            }

            (low, high) = order < 0 ? (low, middle - 1) : (middle + 1, high);
        }

        return false;
    }

    /// <summary>Whether the names are the same.</summary>
    public bool Equals(TextAttributes? other)
    {
        if (other is null || other.Count != Count)
        {
            return false;
        }

        for (var i = 0; i < _names.Length; i++)
        {
            if (!_names[i].AsSpan().SequenceEqual(other._names[i]))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Of all names.</summary>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (var name in _names)
        {
            hash.AddBytes(name);
        }

        return hash.ToHashCode();
    }

    /// <summary>The names, by comma.</summary>
    public override string ToString() => $"[{string.Join(", ", _names.Select(Utf8.GetString))}]";

    private static byte[] Encode(string name)
    {
        try
        {
            return Utf8.GetBytes(name);
        }
        catch (EncoderFallbackException)
        {
            throw CairnException.Invalid("textAttributes", "an attribute's name holds a lone surrogate");
        }
    }
}
