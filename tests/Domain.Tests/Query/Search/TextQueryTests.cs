using System.Text;
using Cairn.Model;
using Cairn.Query.Search;

namespace Cairn.Domain.Tests.Query.Search;

public sealed class TextQueryTests
{
    [Theory]
    [InlineData("running dogs", "run dog")]
    [InlineData("run runs the running", "run")]
    [InlineData("\"the red apples\"", "!red+0,appl+1")]
    [InlineData("\"apples of the tree\" apple", "!appl+0,tree+3 appl")]
    [InlineData("\"apples\" apple", "!appl appl")]
    [InlineData("compu* x*y *z", "compu* x* y z")]
    [InlineData("open \"quote never ends", "open quot never end")]
    [InlineData("\"\"a\"b\"", "!b")]
    [InlineData("the", "")]
    public void Parse_WhenTextIsGiven_TakesItApart(string text, string expected) => Assert.Equal(expected, Describe(text, TextLanguage.English));

    [Fact]
    public void Parse_WhenNoLanguageIsSet_KeepsWordsWhole() => Assert.Equal("the running", Describe("The RUNNING", TextLanguage.None));

    [Fact]
    public void Parse_WhenTextIsLong_TakesItsBeginning()
    {
        var words = string.Join(' ', Enumerable.Range(0, 10_000));

        Assert.Equal(TextQuery.MaxClauses, TextQuery.Parse(Encoding.UTF8.GetBytes(words), TextLanguage.None).Clauses.Count);
        Assert.Equal(
            TextQuery.MaxPhraseWords,
            Assert.Single(TextQuery.Parse(Encoding.UTF8.GetBytes($"\"{words}\""), TextLanguage.None).Clauses).Terms.Count);
    }

    private static string Describe(string text, TextLanguage language) => string.Join(' ', TextQuery.Parse(Encoding.UTF8.GetBytes(text), language).Clauses.Select(Describe));

    private static string Describe(TextClause clause)
    {
        var terms = clause.Terms.Select(item => Encoding.UTF8.GetString(item.Term) + (clause.Kind == ClauseKind.Phrase ? $"+{item.Offset}" : ""));
        return (clause.IsRequired ? "!" : "") + string.Join(',', terms) + (clause.Kind == ClauseKind.Prefix ? "*" : "");
    }
}
