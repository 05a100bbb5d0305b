using System.Collections.Frozen;
using System.Text;

namespace Cairn.Text;

/// <summary>
/// English words that say nothing about what a text is about: articles, prepositions, conjunctions, pronouns, auxiliaries and question words. They are not indexed, but keep
/// their place in a text, so that phrases stay exact. Stateless; any thread.
/// </summary>
internal static class StopWords
{
    private static readonly FrozenSet<ulong> English = FrozenSet.ToFrozenSet(
        """
        a an and are as at be been but by can did do does for from had has have he her him his how i if in into is it its me my no not of on or our she so such
        than that the their them then there these they this those to us was we were what when where which who whom whose why will with would you your
        """.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries).Select(static word => PackedWord.Of(Encoding.ASCII.GetBytes(word))));

    /// <summary>Whether a word, folded, is one.</summary>
    public static bool Contains(ReadOnlySpan<byte> word) => word.Length <= PackedWord.MaxBytes && English.Contains(PackedWord.Of(word));
}
