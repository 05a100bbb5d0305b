using System.Buffers;
using System.Text;

namespace Cairn.Query.Expressions;

/// <summary>
/// A LIKE pattern: % stands for any characters, _ for one, \ before either or itself for the character. Immutable.
/// Cut at its % into pieces; the first and last one are tied to the ends of the text, those between are taken where they
/// come first, so that none is ever taken back: a match takes at most the length of the text times that of the longest piece.
/// </summary>
internal sealed class LikePattern
{
    private readonly Piece[] _pieces;

    private LikePattern(Piece[] pieces) => _pieces = pieces;

    /// <summary>What every text that matches begins with, UTF-8, whole characters; empty: nothing that is known.</summary>
    public ReadOnlySpan<byte> Prefix => _pieces[0].Prefix;

    /// <summary>Reads a pattern; false: a \ stands before nothing that needs one.</summary>
    public static bool TryParse(string pattern, out LikePattern parsed)
    {
        var pieces = new List<Piece>();
        var piece = new Piece();
        for (var i = 0; i < pattern.Length; i++)
        {
            switch (pattern[i])
            {
                case '%':
                    pieces.Add(piece);
                    piece = new();
                    break;
                case '_':
                    piece.AddAny();
                    break;
                case '\\' when i + 1 == pattern.Length || pattern[i + 1] is not ('%' or '_' or '\\'):
                    parsed = new([]);
                    return false;
                case '\\':
                    piece.Add(pattern.AsSpan(++i, 1));
                    break;
                default:
                    var length = char.IsSurrogatePair(pattern, i) ? 2 : 1;
                    piece.Add(pattern.AsSpan(i, length));
                    i += length - 1;
                    break;
            }
        }

        pieces.Add(piece);
        parsed = new([.. pieces]);
        return true;
    }

    /// <summary>Whether a whole text matches.</summary>
    /// <param name="text">UTF-8.</param>
    public bool IsMatch(ReadOnlySpan<byte> text)
    {
        if (!_pieces[0].TryMatch(text, out var at))
        {
            return false;
        }

        if (_pieces.Length == 1)
        {
            return at == text.Length;
        }

        var rest = text[at..];
        foreach (var piece in _pieces.AsSpan(1, _pieces.Length - 2))
        {
            if (!piece.TryFind(rest, out var end))
            {
                return false;
            }

            rest = rest[end..];
        }

        return _pieces[^1].MatchesEnd(rest);
    }

    /// <summary>What stands between two %: runs of bytes, and single characters between them.</summary>
    private sealed class Piece
    {
        // A run of bytes; null for any one character.
        private readonly List<byte[]?> _parts = [];
        private int _characters;

        /// <summary>The characters that it begins with.</summary>
        public ReadOnlySpan<byte> Prefix => _parts is [{ } first, ..] ? first : default;

        public void AddAny()
        {
            _parts.Add(null);
            _characters++;
        }

        public void Add(ReadOnlySpan<char> character)
        {
            var bytes = new byte[Encoding.UTF8.GetByteCount(character)];
            Encoding.UTF8.GetBytes(character, bytes);
            _characters++;
            if (_parts is [.., { } last])
            {
                _parts[^1] = [.. last, .. bytes];
            }
            else
            {
                _parts.Add(bytes);
            }
        }

        /// <summary>Matches at the start of a text; tells where the match ends.</summary>
        public bool TryMatch(ReadOnlySpan<byte> text, out int end)
        {
            end = 0;
            foreach (var part in _parts)
            {
                var length = part?.Length ?? CharacterLength(text[end..]);
                if (length == 0 || length > text.Length - end || (part is not null && !text.Slice(end, length).SequenceEqual(part)))
                {
                    return false;
                }

                end += length;
            }

            return true;
        }

        /// <summary>Matches where it first can; tells where the match ends.</summary>
        public bool TryFind(ReadOnlySpan<byte> text, out int end)
        {
            for (var start = 0; ; start += CharacterLength(text[start..]))
            {
                if (_parts is [{ } first, ..])
                {
                    var next = text[start..].IndexOf(first);
                    if (next < 0)
                    {
                        end = 0;
                        return false;
                    }

                    start += next;
                }

                if (TryMatch(text[start..], out var length))
                {
                    end = start + length;
                    return true;
                }

                if (start >= text.Length)
                {
                    end = 0;
                    return false;
                }
            }
        }

        /// <summary>Matches the end of a text.</summary>
        public bool MatchesEnd(ReadOnlySpan<byte> text)
        {
            var start = text.Length;
            for (var left = _characters; left > 0; left--)
            {
                if (start == 0)
                {
                    return false;
                }

                do
                {
                    start--;
                }
                while (start > 0 && (text[start] & 0xC0) == 0x80);
            }

            return TryMatch(text[start..], out var end) && start + end == text.Length;
        }

        private static int CharacterLength(ReadOnlySpan<byte> text) =>
            text.IsEmpty ? 0 : Rune.DecodeFromUtf8(text, out _, out var length) == OperationStatus.Done ? length : 1;
    }
}
