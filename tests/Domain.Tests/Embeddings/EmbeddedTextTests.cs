using System.Text;
using Cairn.Embeddings;

namespace Cairn.Domain.Tests.Embeddings;

public sealed class EmbeddedTextTests
{
    [Fact]
    public void Written_WhenPartsAreAdded_HasALineForEach() => Assert.Equal("ada\nperson\nWrote programs.", Write("ada", "person", "", "Wrote programs."));

    [Theory]
    [InlineData("ae889a96-7ce5-89aa-ab08-2a8d20251137", "")]
    [InlineData("AE889A96-7CE5-89AA-AB08-2A8D20251137", "")]
    [InlineData("ae889a967ce589aaab082a8d20251137", "ae889a967ce589aaab082a8d20251137")]
    [InlineData("ae889a96-7ce5-89aa-ab08-2a8d2025113x", "ae889a96-7ce5-89aa-ab08-2a8d2025113x")]
    [InlineData("customer/42", "customer/42")]
    public void AddId_WhenItIsAUuid_LeavesNoTrace(string id, string expected)
    {
        var text = new EmbeddedText(new byte[EmbeddedText.MaxBytes]);
        text.AddId(Encoding.UTF8.GetBytes(id));

        Assert.Equal(expected, Encoding.UTF8.GetString(text.Written));
    }

    [Theory]
    [InlineData(7_998, "é", 8_000)]
    [InlineData(7_999, "é", 7_999)]
    [InlineData(7_997, "☕", 8_000)]
    [InlineData(7_998, "☕", 7_998)]
    [InlineData(8_000, "é", 8_000)]
    public void Written_WhenAPartPassesTheLimit_EndsBetweenCharacters(int before, string character, int expected)
    {
        var written = Write(new string('a', before) + character + "rest", "more");

        Assert.Equal(expected, Encoding.UTF8.GetByteCount(written));
        Assert.DoesNotContain('\uFFFD', written);
    }

    [Fact]
    public void Written_WhenThereIsNoRoomForASecondPart_EndsWithTheFirst()
    {
        Assert.Equal(new string('a', 8_000), Write(new string('a', 8_000), "b"));
        Assert.Equal(new string('a', 7_999), Write(new string('a', 7_999), "b", "c"));
        Assert.Equal(new string('a', 7_998) + "\nb", Write(new string('a', 7_998), "bc"));
    }

    [Fact]
    public void HashOf_WhenTheTextIsKnown_IsTheBeginningOfItsSha256() => Assert.Equal(0xEACF018FBF1678BAu, EmbeddedText.HashOf("abc"u8));

    private static string Write(params string[] parts)
    {
        var text = new EmbeddedText(new byte[EmbeddedText.MaxBytes]);
        foreach (var part in parts)
        {
            text.Add(Encoding.UTF8.GetBytes(part));
        }

        return Encoding.UTF8.GetString(text.Written);
    }
}
