using System.Buffers.Binary;

namespace Cairn.Primitives;

/// <summary>The identity of one life of a space: 16 random bytes, written as 26 characters of lowercase base32.</summary>
public readonly record struct Incarnation(UInt128 Value)
{
    private const string Alphabet = "abcdefghijklmnopqrstuvwxyz234567";

    /// <summary>Bytes of an incarnation.</summary>
    public const int LengthBytes = 16;

    /// <summary>Characters of its text.</summary>
    public const int TextLength = 26;

    /// <summary>Reads the 16 bytes (big-endian, so that text and bytes sort alike).</summary>
    public static Incarnation Read(ReadOnlySpan<byte> bytes) => new(BinaryPrimitives.ReadUInt128BigEndian(bytes));

    /// <summary>Writes the 16 bytes.</summary>
    public void Write(Span<byte> bytes) => BinaryPrimitives.WriteUInt128BigEndian(bytes, Value);

    /// <summary>The first eight characters: the prefix of ETags.</summary>
    public string Short => ToString()[..8];

    /// <summary>Parses the 26 characters.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out Incarnation incarnation)
    {
        incarnation = default;
        if (text.Length != TextLength)
        {
            return false;
        }

        UInt128 value = 0;
        for (var i = 0; i < text.Length; i++)
        {
            var digit = Alphabet.IndexOf(text[i], StringComparison.Ordinal);
            if (digit < 0 || (i == TextLength - 1 && (digit & 3) != 0))
            {
                return false;
            }

            value = i == TextLength - 1 ? (value << 3) | (uint)(digit >> 2) : (value << 5) | (uint)digit;
        }

        incarnation = new(value);
        return true;
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(TextLength, Value, static (text, value) =>
    {
        text[^1] = Alphabet[(int)(value & 7) << 2];
        value >>= 3;
        for (var i = TextLength - 2; i >= 0; i--, value >>= 5)
        {
            text[i] = Alphabet[(int)(value & 31)];
        }
    });
}

/// <summary>One process start × one door × one space; frames of a writer are numbered without gaps.</summary>
public readonly record struct WriterId(UInt128 Value);

/// <summary>The name of a space: 3 to 63 lowercase letters, digits and <c>-</c>.</summary>
public readonly record struct SpaceName
{
    private readonly string? _text;

    private SpaceName(string text) => _text = text;

    /// <summary>Shortest name, in characters.</summary>
    public const int MinLength = 3;

    /// <summary>Longest name, in characters.</summary>
    public const int MaxLength = 63;

    /// <summary>Accepts only a well-formed name.</summary>
    public static bool TryParse(string? text, out SpaceName name)
    {
        name = default;
        if (text is null || text.Length is < MinLength or > MaxLength)
        {
            return false;
        }

        foreach (var c in text)
        {
            if (c is not ((>= 'a' and <= 'z') or (>= '0' and <= '9') or '-'))
            {
                return false;
            }
        }

        name = new(text);
        return true;
    }

    /// <summary>As <see cref="TryParse"/>.</summary>
    /// <exception cref="CairnException">Invalid: not a name.</exception>
    public static SpaceName Parse(string text) => TryParse(text, out var name)
        ? name
        : throw CairnException.Invalid("space", $"a space is {MinLength} to {MaxLength} lowercase letters, digits and '-'");

    /// <inheritdoc/>
    public override string ToString() => _text ?? "";
}
