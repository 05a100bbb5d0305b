using System.Buffers;
using System.Text;

namespace Cairn.Text;

/// <summary>
/// Finds the words of a UTF-8 text, after Unicode's rules for word boundaries (UAX #29). One pass, no allocation; any bytes: what is not well-formed divides words.
/// </summary>
/// <remarks>
/// Followed: letters and digits stay together (WB5, WB8–WB10), marks and format characters belong to what is before them (WB4), apostrophes between letters
/// (WB6, WB7, WB12) and full stops and commas between digits (WB11, WB12) are inside a word, katakana stay together (WB13), ideographs and hiragana stand alone (WB999).
/// Tailored, so that the parts of names are found: a full stop, colon or middle dot between letters divides ("config.json"), and so does an underscore
/// (WB6, WB7, WB13a, WB13b are not followed there); in a number only a full stop, a comma or an apostrophe joins (WB11, WB12). Letters of scripts without spaces
/// between words (Thai, Lao, Khmer, Myanmar) stand alone with their marks. Emoji and other symbols are no words. Hebrew has no rule of its own (WB7a–WB7c).
/// </remarks>
/// <param name="text">The text.</param>
internal ref struct WordReader(ReadOnlySpan<byte> text)
{
    private readonly ReadOnlySpan<byte> _text = text;
    private int _at;

    /// <summary>Where the word begins, in bytes.</summary>
    public int Start { get; private set; }

    /// <summary>Where it ends, in bytes.</summary>
    public int End { get; private set; }

    /// <summary>The word.</summary>
    public readonly ReadOnlySpan<byte> Word => _text[Start..End];

    /// <summary>Goes to the next word.</summary>
    public bool MoveNext()
    {
        while (_at < _text.Length)
        {
            Start = _at;
            var first = ClassAt(_at, out var lengthBytes);
            _at += lengthBytes;
            if (first is WordClass.Letter or WordClass.Digit or WordClass.Katakana or WordClass.Single)
            {
                Extend(first);
                End = _at;
                return true;
            }
        }

        return false;
    }

    private void Extend(WordClass last)
    {
        while (_at < _text.Length)
        {
            var next = ClassAt(_at, out var lengthBytes);
            if (next != WordClass.Extend && !Joins(last, next))
            {
                // What may stand inside a word does so only if the word goes on behind it.
                if (next is not (WordClass.Apostrophe or WordClass.NumberPunctuation)
                    || !GoesOn(last, next, _at + lengthBytes, out var behindBytes))
                {
                    return;
                }

                lengthBytes += behindBytes;
                next = last;
            }

            _at += lengthBytes;
            last = next == WordClass.Extend ? last : next;
        }
    }

    private static bool Joins(WordClass last, WordClass next) => last switch
    {
        WordClass.Letter or WordClass.Digit => next is WordClass.Letter or WordClass.Digit,
        WordClass.Katakana => next is WordClass.Katakana,
        _ => false,
    };

    private readonly bool GoesOn(WordClass last, WordClass punctuation, int at, out int lengthBytes)
    {
        lengthBytes = 0;
        return at < _text.Length
            && ((last == WordClass.Letter && punctuation == WordClass.Apostrophe) || last == WordClass.Digit)
            && ClassAt(at, out lengthBytes) == last;
    }

    private readonly WordClass ClassAt(int at, out int lengthBytes)
    {
        if (_text[at] < 0x80)
        {
            lengthBytes = 1;
            return WordClasses.Of(_text[at]);
        }

        return Rune.DecodeFromUtf8(_text[at..], out var character, out lengthBytes) == OperationStatus.Done
            ? WordClasses.Of(character)
            : WordClass.Other;
    }
}
