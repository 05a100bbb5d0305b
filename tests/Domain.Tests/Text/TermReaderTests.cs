using System.Text;
using Cairn.Model;
using Cairn.Text;

namespace Cairn.Domain.Tests.Text;

public sealed class TermReaderTests
{
    [Theory]
    [InlineData("CamelCase", "camelcase")]
    [InlineData("Café CAFÉ cafe\u0301", "cafe|cafe|cafe")]
    [InlineData("Straße STRASSE ẞ", "strasse|strasse|ss")]
    [InlineData("Ærø Œuvre Łódź İstanbul ısı", "aero|oeuvre|lodz|istanbul|isi")]
    [InlineData("ﬁne oﬃce", "fine|office")]
    [InlineData("ＦＵＬＬ１２", "full12")]
    [InlineData("m² x₃ ٣٤", "m2|x3|34")]
    [InlineData("Ἀθήνα ΑΘΗΝΑ άσος ΆΣΟΣ", "αθηνα|αθηνα|ασοσ|ασοσ")]
    [InlineData("Ёлка елка й и\u0306", "елка|елка|и|и")]
    [InlineData("Tiếng Việt", "tieng|viet")]
    [InlineData("ԱԲ 𐐀", "աբ|𐐨")]
    [InlineData("हिन्दी", "हिन्दी")]
    [InlineData("don’t don't", "don't|don't")]
    [InlineData("co\u00ADop", "coop")]
    public void Term_WhenNoLanguageIsSet_IsTheFoldedWord(string text, string expected) =>
        Assert.Equal(expected, string.Join('|', Terms(text, TextLanguage.None).Select(static item => item.Term)));

    [Fact]
    public void Term_WhenEnglish_IsTheStemAndKeepsThePlaceOfStopWords() => Assert.Equal(
        [("run", 1), ("dog", 2), ("jump", 5), ("fenc", 7)],
        Terms("The running dog's have been jumping the fences", TextLanguage.English));

    [Fact]
    public void Term_WhenNoLanguageIsSet_IsNeitherReducedNorLeftOut() =>
        Assert.Equal([("the", 0), ("dogs", 1)], Terms("The dogs", TextLanguage.None));

    [Theory]
    [InlineData("naïve's", "naiv")]
    [InlineData("3ds", "3ds")]
    [InlineData("Москвы", "москвы")]
    public void Term_WhenEnglishMeetsOtherWords_ReducesOnlyLetters(string text, string expected) =>
        Assert.Equal(expected, Assert.Single(Terms(text, TextLanguage.English)).Term);

    [Fact]
    public void Term_WhenTheWordIsLong_IsCutBetweenCharacters()
    {
        Assert.Equal(new string('a', 64), Assert.Single(Terms(new string('A', 5000), TextLanguage.English)).Term);
        Assert.Equal("a" + new string('б', 31), Assert.Single(Terms("a" + new string('Б', 5000), TextLanguage.English)).Term);
    }

    [Fact]
    public void MoveNext_WhenBytesAreRandom_GivesBoundedTermsThatFoldToThemselves() => Properties.CheckRandom(300, random =>
    {
        Span<byte> buffer = stackalloc byte[Cairn.Text.Terms.MaxBytes];
        Span<byte> again = stackalloc byte[Cairn.Text.Terms.MaxBytes];
        foreach (var language in Enum.GetValues<TextLanguage>())
        {
            var reader = new TermReader(RandomTexts.Bytes(random, 200), language, buffer);
            var before = -1;
            while (reader.MoveNext())
            {
                Assert.InRange(reader.Term.Length, 1, Cairn.Text.Terms.MaxBytes);
                Assert.True(reader.Position > before);
                before = reader.Position;
                Assert.True(again[..Cairn.Text.Terms.Fold(reader.Term, again)].SequenceEqual(reader.Term));
            }
        }
    });

    [Fact]
    public void MoveNext_WhenATextIsLong_AllocatesNothing()
    {
        var text = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("The naïve Universities' consolidated 3.5 中文 measures. ", 500)));

        var allocated = AllocatedBytes.Least(() =>
        {
            Span<byte> buffer = stackalloc byte[Cairn.Text.Terms.MaxBytes];
            var reader = new TermReader(text, TextLanguage.English, buffer);
            while (reader.MoveNext())
            {
            }
        });

        Assert.Equal(0, allocated);
    }

    private static List<(string Term, int Position)> Terms(string text, TextLanguage language)
    {
        var terms = new List<(string, int)>();
        var reader = new TermReader(Encoding.UTF8.GetBytes(text), language, new byte[Cairn.Text.Terms.MaxBytes]);
        while (reader.MoveNext())
        {
            terms.Add((Encoding.UTF8.GetString(reader.Term), reader.Position));
        }

        return terms;
    }
}
