using System.Text;
using System.Text.RegularExpressions;
using Cairn.Query.Expressions;

namespace Cairn.Domain.Tests.Query.Expressions;

public sealed class LikePatternTests
{
    [Theory]
    [InlineData("", "", true)]
    [InlineData("", "a", false)]
    [InlineData("%", "", true)]
    [InlineData("A%", "Ada", true)]
    [InlineData("A%", "ada", false)]
    [InlineData("%a", "Ada", true)]
    [InlineData("%d%", "Ada", true)]
    [InlineData("_d_", "Ada", true)]
    [InlineData("__", "Ada", false)]
    [InlineData("_", "é", true)]
    [InlineData("_", "😀", true)]
    [InlineData("%😀", "x😀", true)]
    [InlineData("a%a", "a", false)]
    [InlineData("%ab%ab", "xabab", true)]
    [InlineData("%ab%ab", "xab", false)]
    [InlineData(@"100\%", "100%", true)]
    [InlineData(@"100\%", "1000", false)]
    [InlineData(@"a\_b\\", @"a_b\", true)]
    public void IsMatch_WhenGiven_Is(string pattern, string text, bool expected) => Assert.Equal(expected, Match(pattern, text));

    [Fact]
    public void IsMatch_WhenRandom_AgreesWithARegularExpression() => Properties.CheckRandom(3000, random =>
    {
        string[] parts = ["a", "b", "ab", "é", "😀", "%", "%", "_", @"\%", @"\_"];
        var pattern = string.Concat(Enumerable.Range(0, random.Next(7)).Select(_ => parts[random.Next(parts.Length)]));
        string[] letters = ["a", "b", "é", "😀", "%", "_"];
        var text = string.Concat(Enumerable.Range(0, random.Next(9)).Select(_ => letters[random.Next(letters.Length)]));

        var expression = Regex.Replace(Regex.Escape(pattern.Replace("😀", "E", StringComparison.Ordinal)), @"\\\\%|\\\\_|%|_", match => match.Value switch
        {
            "%" => ".*",
            "_" => ".",
            _ => match.Value[^1..],
        });

        Assert.Equal(Regex.IsMatch(text.Replace("😀", "E", StringComparison.Ordinal), $"^(?:{expression})$", RegexOptions.Singleline | RegexOptions.CultureInvariant), Match(pattern, text));
    });

    [Fact]
    public void IsMatch_WhenAPatternIsBuiltToBlowUp_Ends()
    {
        var text = new string('a', 200_000);

        Assert.False(Match(string.Concat(Enumerable.Repeat("a%", 30_000)) + "b", text));
        Assert.False(Match("%" + string.Concat(Enumerable.Repeat("a_%", 20_000)) + "b", text));
    }

    private static bool Match(string pattern, string text)
    {
        Assert.True(LikePattern.TryParse(pattern, out var parsed));
        return parsed.IsMatch(Encoding.UTF8.GetBytes(text));
    }
}
