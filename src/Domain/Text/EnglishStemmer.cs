using System.Collections.Frozen;
using System.Text;

namespace Cairn.Text;

/// <summary>
/// Reduces English words to their stems: Porter's second algorithm ("Snowball English"), written from its published description. In place, no allocation; any lower-case
/// ASCII letters. One use.
/// </summary>
/// <remarks>
/// As in the description of Snowball 2: with the exceptional words, and R1 behind gener, commun and arsen. R1 is what is behind the first consonant that follows a vowel, R2
/// the same within R1; both are kept as where they begin, since only the end of the word changes. A y that is a consonant is written Y meanwhile.
/// </remarks>
internal ref struct EnglishStemmer
{
    private const int MinLength = 3;

    private static readonly FrozenDictionary<ulong, ulong> Exceptions =
        """
        skis:ski skies:sky dying:die lying:lie tying:tie idly:idl gently:gentl ugly:ugli early:earli only:onli singly:singl
        sky:sky news:news howe:howe atlas:atlas cosmos:cosmos bias:bias andes:andes
        """
        .Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries).Select(static pair => pair.Split(':'))
        .ToFrozenDictionary(static pair => Pack(pair[0]), static pair => Pack(pair[1]));

    // Looked at behind step 1a, so that their plurals are found too.
    private static readonly FrozenSet<ulong> Invariant =
        FrozenSet.ToFrozenSet(new[] { "inning", "outing", "canning", "herring", "earring", "proceed", "exceed", "succeed" }.Select(Pack));

    private readonly Span<byte> _word;
    private readonly int _r1;
    private readonly int _r2;
    private int _length;

    private EnglishStemmer(Span<byte> word)
    {
        _word = word;
        _length = word.Length;
        MarkConsonants();
        _r1 = StartOfR1();
        _r2 = BehindVowelAndConsonant(_r1);
    }

    /// <summary>Replaces a word by its stem and answers the length of that, which is not greater.</summary>
    /// <param name="word">Lower-case ASCII letters, without a possessive ending.</param>
    public static int Stem(Span<byte> word)
    {
        if (word.Length < MinLength)
        {
            return word.Length;
        }

        if (word.Length <= PackedWord.MaxBytes && Exceptions.TryGetValue(PackedWord.Of(word), out var stem))
        {
            return PackedWord.Write(stem, word);
        }

        var stemmer = new EnglishStemmer(word);
        stemmer.Run();
        word[..stemmer._length].Replace((byte)'Y', (byte)'y');
        return stemmer._length;
    }

    /// <summary>The length of a word without a possessive ending (step 0): ' or 's or 's'.</summary>
    public static int WithoutPossessive(ReadOnlySpan<byte> word)
    {
        var length = word.Length;
        length -= length > 0 && word[length - 1] == '\'' ? 1 : 0;
        length -= word[..length].EndsWith("'s"u8) ? 2 : 0;
        return length;
    }

    private static ulong Pack(string word) => PackedWord.Of(Encoding.ASCII.GetBytes(word));

    private void Run()
    {
        RemovePlural();
        if (_length <= PackedWord.MaxBytes && Invariant.Contains(PackedWord.Of(Word)))
        {
            return;
        }

        RemovePastAndProgressive();
        ReplaceFinalY();
        Replace(EnglishSuffixes.Step2);
        Replace(EnglishSuffixes.Step3);
        RemoveDerivation();
        RemoveFinalLetter();
    }

    private readonly ReadOnlySpan<byte> Word => _word[.._length];

    private readonly void MarkConsonants()
    {
        for (var i = 0; i < _length; i++)
        {
            if (_word[i] == 'y' && (i == 0 || IsVowel(i - 1)))
            {
                _word[i] = (byte)'Y';
            }
        }
    }

    private readonly int StartOfR1() =>
        Word.StartsWith("gener"u8) || Word.StartsWith("arsen"u8) ? 5 : Word.StartsWith("commun"u8) ? 6 : BehindVowelAndConsonant(0);

    private readonly int BehindVowelAndConsonant(int from)
    {
        for (var i = from + 1; i < _length; i++)
        {
            if (!IsVowel(i) && IsVowel(i - 1))
            {
                return i + 1;
            }
        }

        return _length;
    }

    private readonly bool IsVowel(int at) => _word[at] is (byte)'a' or (byte)'e' or (byte)'i' or (byte)'o' or (byte)'u' or (byte)'y';

    private readonly bool HasVowel(int end)
    {
        for (var i = 0; i < end; i++)
        {
            if (IsVowel(i))
            {
                return true;
            }
        }

        return false;
    }

    private readonly bool EndsWith(ReadOnlySpan<byte> suffix) => Word.EndsWith(suffix);

    private readonly bool EndsInShortSyllable(int end) => end == 2
        ? IsVowel(0) && !IsVowel(1)
        : end > 2 && !IsVowel(end - 1) && _word[end - 1] is not ((byte)'w' or (byte)'x' or (byte)'Y') && IsVowel(end - 2) && !IsVowel(end - 3);

    // Step 1a.
    private void RemovePlural()
    {
        if (EndsWith("sses"u8))
        {
            _length -= 2;
        }
        else if (EndsWith("ied"u8) || EndsWith("ies"u8))
        {
            _length -= _length > 4 ? 2 : 1;
        }
        else if (EndsWith("s"u8) && !EndsWith("us"u8) && !EndsWith("ss"u8) && HasVowel(_length - 2))
        {
            _length--;
        }
    }

    // Step 1b.
    private void RemovePastAndProgressive()
    {
        var ending = EndsWith("eedly"u8) ? 5 : EndsWith("eed"u8) ? 3 : 0;
        if (ending > 0)
        {
            _length = _length - ending >= _r1 ? _length - ending + 2 : _length;
            return;
        }

        ending = EndsWith("ingly"u8) ? 5 : EndsWith("edly"u8) ? 4 : EndsWith("ing"u8) ? 3 : EndsWith("ed"u8) ? 2 : 0;
        if (ending == 0 || !HasVowel(_length - ending))
        {
            return;
        }

        _length -= ending;
        if (EndsWith("at"u8) || EndsWith("bl"u8) || EndsWith("iz"u8))
        {
            _word[_length++] = (byte)'e';
        }
        else if (EndsInDouble())
        {
            _length--;
        }
        else if (_length <= _r1 && EndsInShortSyllable(_length))
        {
            _word[_length++] = (byte)'e';
        }
    }

    private readonly bool EndsInDouble() =>
        _length > 1 && _word[_length - 1] == _word[_length - 2] && "bdfgmnprt"u8.Contains(_word[_length - 1]);

    // Step 1c.
    private readonly void ReplaceFinalY()
    {
        if (_length > 2 && _word[_length - 1] is (byte)'y' or (byte)'Y' && !IsVowel(_length - 2))
        {
            _word[_length - 1] = (byte)'i';
        }
    }

    // Steps 2 and 3: the longest suffix that the word has decides, also if it may not be replaced.
    private void Replace(EnglishSuffixes.Replacement[] suffixes)
    {
        foreach (var (suffix, replacement, condition) in suffixes)
        {
            if (EndsWith(suffix))
            {
                var start = _length - suffix.Length;
                if (start >= _r1 && Holds(condition, start))
                {
                    replacement.CopyTo(_word[start..]);
                    _length = start + replacement.Length;
                }

                return;
            }
        }
    }

    private readonly bool Holds(SuffixCondition condition, int start) => condition switch
    {
        SuffixCondition.BehindL => start > 0 && _word[start - 1] == 'l',
        SuffixCondition.BehindLiEnding => start > 0 && "cdeghkmnrt"u8.Contains(_word[start - 1]),
        SuffixCondition.BehindSOrT => start > 0 && _word[start - 1] is (byte)'s' or (byte)'t',
        SuffixCondition.InR2 => start >= _r2,
        _ => true,
    };

    // Step 4.
    private void RemoveDerivation()
    {
        foreach (var (suffix, _, condition) in EnglishSuffixes.Step4)
        {
            if (EndsWith(suffix))
            {
                var start = _length - suffix.Length;
                _length = start >= _r2 && Holds(condition, start) ? start : _length;
                return;
            }
        }
    }

    // Step 5.
    private void RemoveFinalLetter()
    {
        var start = _length - 1;
        if (start < 0)
        {
            return;
        }

        var removes = _word[start] switch
        {
            (byte)'e' => start >= _r2 || (start >= _r1 && !EndsInShortSyllable(start)),
            (byte)'l' => start >= _r2 && start > 0 && _word[start - 1] == 'l',
            _ => false,
        };
        _length -= removes ? 1 : 0;
    }
}
