using System.Buffers;
using System.Text;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Text;

namespace Cairn.Domain.Tests.Text;

/// <summary>
/// Checkpoints hold terms, and a search compares them with those that it makes of its words: what makes other ones must raise the version of the stored index, so that stored ones are
/// made anew. The runtime's tables of characters are part of it.
/// </summary>
public sealed class StoredAnalysisTests
{
    private const string Sentences =
        "The agent's memories were running; generously connected relations, hoping (nationally) that dying skies stay cried. It is not what we had been doing: e-mail v1.2.3 foo_bar.baz 3,141.59 naïve Ångström ﬁne ｆｕｌｌ ";

    [Theory]
    [InlineData(TextLanguage.English, 1_334_432_831u)]
    [InlineData(TextLanguage.None, 889_614_308u)]
    public void Terms_OfAllCharacters_AreThoseOfTheStoredVersion(TextLanguage language, uint expected)
    {
        var terms = new ArrayBufferWriter<byte>();
        Add(Sentences, language, terms);
        for (var codePoint = 0; codePoint <= 0x10FFFF; codePoint++)
        {
            if (Rune.IsValid(codePoint))
            {
                Add($"a{new Rune(codePoint)}b {new Rune(codePoint)}", language, terms);
            }
        }

        Assert.Equal(expected, Crc32C.Compute(terms.WrittenSpan));
    }

    private static void Add(string text, TextLanguage language, ArrayBufferWriter<byte> terms)
    {
        Span<byte> buffer = stackalloc byte[Terms.MaxBytes];
        var reader = new TermReader(Encoding.UTF8.GetBytes(text), language, buffer);
        while (reader.MoveNext())
        {
            terms.Write(reader.Term);
            terms.Write(" "u8);
        }
    }
}
