using System.Buffers;
using Cairn.Primitives;

namespace Cairn.Functions.Keys;

/// <summary>Spaces that a key is for: one by its name, all whose names begin with a prefix (<c>acme-*</c>), or all (<c>*</c>).</summary>
internal readonly record struct SpacePattern
{
    private static readonly SearchValues<char> Characters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-");

    private readonly string _text;

    private SpacePattern(string text) => _text = text;

    public bool IsAll => _text == "*";

    public static SpacePattern All { get; } = new("*");

    public static bool TryParse(string? text, out SpacePattern pattern)
    {
        pattern = default;
        if (text is null || !(text.EndsWith('*') ? IsPrefix(text.AsSpan(0, text.Length - 1)) : SpaceName.TryParse(text, out _)))
        {
            return false;
        }

        pattern = new(text);
        return true;
    }

    /// <summary>Whether a space is one of those. Allocates nothing.</summary>
    public bool Covers(ReadOnlySpan<char> name) =>
        _text[^1] == '*' ? name.StartsWith(_text.AsSpan(0, _text.Length - 1), StringComparison.Ordinal) : name.SequenceEqual(_text);

    public override string ToString() => _text;

    private static bool IsPrefix(ReadOnlySpan<char> prefix) => prefix.Length <= SpaceName.MaxLength && prefix.IndexOfAnyExcept(Characters) < 0;
}
