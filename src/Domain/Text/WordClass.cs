using System.Globalization;
using System.Text;

namespace Cairn.Text;

/// <summary>What a character does at the boundaries of words (the property Word_Break of UAX #29, as far as search needs it).</summary>
internal enum WordClass : byte
{
    /// <summary>Not part of any word.</summary>
    Other,

    /// <summary>A letter of a script that puts spaces between words, and of Hangul.</summary>
    Letter,

    /// <summary>A decimal digit, also one that is raised or lowered.</summary>
    Digit,

    /// <summary>Katakana, which stay together.</summary>
    Katakana,

    /// <summary>A word by itself: ideographs, hiragana, and letters of scripts without spaces between words (Thai, Lao, Khmer, Myanmar).</summary>
    Single,

    /// <summary>Belongs to what is before it: marks, joiners, other format characters.</summary>
    Extend,

    /// <summary>An apostrophe: inside a word between letters or digits.</summary>
    Apostrophe,

    /// <summary>Full stop and comma: inside a number between digits.</summary>
    NumberPunctuation,
}

/// <summary>The word classes of characters. Stateless; any thread.</summary>
internal static class WordClasses
{
    /// <summary>A space of no width divides words, although it is a format character.</summary>
    private const int ZeroWidthSpace = 0x200B;
    private const int Ascii = 0x80;

    // First and last code points of what is not told by the general category, in order.
    private static readonly (int First, int Last, WordClass Class)[] Ranges =
    [
        (0x0E00, 0x0EFF, WordClass.Single), // Thai, Lao
        (0x1000, 0x109F, WordClass.Single), // Myanmar
        (0x1780, 0x17FF, WordClass.Single), // Khmer
        (0x1950, 0x19DF, WordClass.Single), // Tai Le, New Tai Lue
        (0x1A20, 0x1AAF, WordClass.Single), // Tai Tham
        (0x2E80, 0x2FDF, WordClass.Single), // radicals
        (0x3005, 0x3007, WordClass.Single), // ideographic marks
        (0x3021, 0x3029, WordClass.Single),
        (0x3031, 0x3035, WordClass.Katakana), // repeat marks
        (0x3038, 0x303B, WordClass.Single),
        (0x3041, 0x309F, WordClass.Single), // hiragana
        (0x30A0, 0x30FF, WordClass.Katakana),
        (0x31F0, 0x31FF, WordClass.Katakana),
        (0x3400, 0x4DBF, WordClass.Single), // ideographs
        (0x4E00, 0x9FFF, WordClass.Single),
        (0xA9E0, 0xA9FF, WordClass.Single), // Myanmar
        (0xAA60, 0xAADF, WordClass.Single), // Myanmar, Tai Viet
        (0xF900, 0xFAFF, WordClass.Single), // compatibility ideographs
        (0xFF66, 0xFF9F, WordClass.Katakana), // narrow ones
        (0x20000, 0x3FFFD, WordClass.Single), // ideographs
    ];

    private static readonly WordClass[] OfAscii = [.. Enumerable.Range(0, Ascii).Select(static value => Classify(new Rune(value)))];

    /// <summary>The class of a character.</summary>
    public static WordClass Of(Rune character) => character.Value < Ascii ? OfAscii[character.Value] : Classify(character);

    /// <summary>The class of an ASCII character.</summary>
    public static WordClass Of(byte ascii) => OfAscii[ascii];

    private static WordClass Classify(Rune character)
    {
        switch (character.Value)
        {
            case '\'' or 0x2018 or 0x2019 or 0xFF07:
                return WordClass.Apostrophe;
            case '.' or ',':
                return WordClass.NumberPunctuation;
            case ZeroWidthSpace:
                return WordClass.Other;
        }

        return Rune.GetUnicodeCategory(character) switch
        {
            UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter
                or UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter or UnicodeCategory.LetterNumber => OfLetter(character.Value),
            UnicodeCategory.DecimalDigitNumber => WordClass.Digit,
            UnicodeCategory.OtherNumber => Digits.TryFold(character.Value, out _) ? WordClass.Digit : WordClass.Other,
            UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark
                or UnicodeCategory.Format => WordClass.Extend,
            _ => WordClass.Other,
        };
    }

    private static WordClass OfLetter(int codePoint)
    {
        if (codePoint < Ranges[0].First)
        {
            return WordClass.Letter;
        }

        foreach (var (first, last, found) in Ranges)
        {
            if (codePoint <= last)
            {
                return codePoint >= first ? found : WordClass.Letter;
            }
        }

        return WordClass.Letter;
    }
}
