using System.Buffers;
using System.Globalization;
using System.Text;
using Cairn.Model;

namespace Cairn.Text;

/// <summary>Makes terms of words: what is indexed and looked for. Stateless; any thread; no allocation.</summary>
/// <remarks>
/// Folding: full case folding for the letters of <see cref="FoldingTable"/>, simple lower case for all others; ß, æ, œ, þ, ĳ and the Latin ligatures become their letters;
/// wide forms become ASCII; digits of all scripts become ASCII digits; diacritics of Latin, Greek and Cyrillic go, marks of other scripts stay.
/// This is what NFKC and case folding would do for these scripts, and a little more. Not done: composing Hangul, and narrow katakana, which are to come as they are usually written.
/// </remarks>
internal static class Terms
{
    /// <summary>Bytes of a term; what is behind them is cut off, in texts and in queries alike. The hexadecimal digits of a SHA-256 fit.</summary>
    public const int MaxBytes = 64;

    private const int MaxFoldedBytes = 4;

    /// <summary>Writes a word in its folded form and answers its length in bytes, at most <see cref="MaxBytes"/>; 0 if nothing of it is left.</summary>
    /// <param name="word">From a <see cref="WordReader"/>, or any bytes.</param>
    /// <param name="term">At least <see cref="MaxBytes"/> long.</param>
    public static int Fold(ReadOnlySpan<byte> word, Span<byte> term)
    {
        var length = 0;
        Span<byte> folded = stackalloc byte[MaxFoldedBytes];
        while (!word.IsEmpty)
        {
            if (word[0] < 0x80)
            {
                if (length == MaxBytes)
                {
                    break;
                }

                term[length++] = word[0] is >= (byte)'A' and <= (byte)'Z' ? (byte)(word[0] | 0x20) : word[0];
                word = word[1..];
                continue;
            }

            var status = Rune.DecodeFromUtf8(word, out var character, out var lengthBytes);
            var foldedBytes = status == OperationStatus.Done ? Fold(character, folded) : 0;
            if (length + foldedBytes > MaxBytes)
            {
                break;
            }

            folded[..foldedBytes].CopyTo(term[length..]);
            length += foldedBytes;
            word = word[lengthBytes..];
        }

        return length;
    }

    /// <summary>Reduces a folded word to the term of a language and answers its length in bytes; 0: it is not indexed.</summary>
    public static int Reduce(TextLanguage language, Span<byte> word)
    {
        if (language != TextLanguage.English)
        {
            return word.Length;
        }

        word = word[..EnglishStemmer.WithoutPossessive(word)];
        if (StopWords.Contains(word))
        {
            return 0;
        }

        return word.ContainsAnyExceptInRange((byte)'a', (byte)'z') ? word.Length : EnglishStemmer.Stem(word);
    }

    private static int Fold(Rune character, Span<byte> folded)
    {
        var codePoint = character.Value;
        if (FoldingTable.TryFold(codePoint, out var letter))
        {
            return Letters(letter) is { Length: > 0 } several ? Copy(several, folded) : letter == FoldingTable.Nothing ? 0 : new Rune(letter).EncodeToUtf8(folded);
        }

        if (codePoint is >= 0x0300 and <= 0x036F || Rune.GetUnicodeCategory(character) == UnicodeCategory.Format)
        {
            return 0;
        }

        if (Letters(codePoint) is { Length: > 0 } ligature)
        {
            return Copy(ligature, folded);
        }

        if (Digits.TryFold(codePoint, out var digit))
        {
            folded[0] = digit;
            return 1;
        }

        var narrow = codePoint is >= 0xFF01 and <= 0xFF5E ? new Rune(codePoint - 0xFF01 + '!') : codePoint is 0x2018 or 0x2019 ? new Rune('\'') : character;
        return Rune.ToLowerInvariant(narrow).EncodeToUtf8(folded);
    }

    private static ReadOnlySpan<byte> Letters(int codePoint) => codePoint switch
    {
        'ß' or 'ẞ' => "ss"u8,
        'æ' => "ae"u8,
        'œ' => "oe"u8,
        'þ' => "th"u8,
        'ð' => "d"u8,
        'ĳ' => "ij"u8,
        0xFB00 => "ff"u8,
        0xFB01 => "fi"u8,
        0xFB02 => "fl"u8,
        0xFB03 => "ffi"u8,
        0xFB04 => "ffl"u8,
        0xFB05 or 0xFB06 => "st"u8,
        _ => default,
    };

    private static int Copy(ReadOnlySpan<byte> letters, Span<byte> folded)
    {
        letters.CopyTo(folded);
        return letters.Length;
    }
}
