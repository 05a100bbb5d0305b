using System.Text;
using Cairn.Text;

namespace Cairn.Domain.Tests.Text;

public sealed class WordReaderTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData(" \t\r\n.,;!?", "")]
    [InlineData("The quick (\"brown\") fox can't jump 32.3 feet, right?", "The|quick|brown|fox|can't|jump|32.3|feet|right")]
    [InlineData("don’t", "don’t")]
    [InlineData("'quoted' dogs' rock'n'roll", "quoted|dogs|rock'n'roll")]
    [InlineData("1,234.5 3.14. 1.", "1,234.5|3.14|1")]
    [InlineData("B52s 3D x2y", "B52s|3D|x2y")]
    [InlineData("config.json user:name a·b snake_case kebab-case a/b", "config|json|user|name|a|b|snake|case|kebab|case|a|b")]
    [InlineData("1.a a.1 a,b 1'a", "1|a|a|1|a|b|1|a")]
    [InlineData("Straße naïve Ελλάδα Москва", "Straße|naïve|Ελλάδα|Москва")]
    [InlineData("cafe\u0301 x\u00ADy a\u200Db", "cafe\u0301|x\u00ADy|a\u200Db")]
    [InlineData("a\u200Bb", "a|b")]
    [InlineData("中文字 ひらがな カタカナ テスト中", "中|文|字|ひ|ら|が|な|カタカナ|テスト|中")]
    [InlineData("한국어 문장", "한국어|문장")]
    [InlineData("กข", "ก|ข")]
    [InlineData("हिन्दी", "हिन्दी")]
    [InlineData("m² x½y 😀ok👍", "m²|x|y|ok")]
    public void MoveNext_WhenReadToTheEnd_GivesTheWords(string text, string expected) =>
        Assert.Equal(expected, string.Join('|', Words(Encoding.UTF8.GetBytes(text))));

    [Fact]
    public void MoveNext_WhenBytesAreNotUtf8_DividesThere() =>
        Assert.Equal(["ab", "cd", "e"], Words([.. "ab"u8, 0xFF, .. "cd"u8, 0xE2, 0x82, .. "e"u8, 0xC3]));

    [Fact]
    public void MoveNext_WhenBytesAreRandom_EndsWithWordsInOrder() => Properties.CheckRandom(300, random =>
    {
        var text = RandomTexts.Bytes(random, 200);
        var reader = new WordReader(text);
        var (end, words) = (0, 0);
        while (reader.MoveNext())
        {
            Assert.InRange(reader.Start, end, reader.End - 1);
            end = reader.End;
            words++;
        }

        Assert.InRange(end, 0, text.Length);
        Assert.InRange(words, 0, text.Length);
    });

    private static List<string> Words(byte[] text)
    {
        var words = new List<string>();
        var reader = new WordReader(text);
        while (reader.MoveNext())
        {
            words.Add(Encoding.UTF8.GetString(reader.Word));
        }

        return words;
    }
}
