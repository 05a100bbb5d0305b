using System.Net;
using System.Text.Json;
using Cairn.Functions.Tests.Serving;

namespace Cairn.Functions.Tests.Endpoints;

/// <summary>Conditions on lists and neighbours.</summary>
public sealed class WhereTests : ServerTests
{
    private string _space = "";

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        _space = await NewGraphAsync(
            Put("ada", """ "labels":["person"],"attributes":{"born":1815,"city":"London","fields":["mathematics"],"retired":false} """),
            Put("alan", """ "labels":["person"],"attributes":{"born":1912,"died":1954,"home":{"city":"Wilmslow"}} """),
            Put("engine", """ "content":"It weaves patterns.","strength":0.25,"attributes":{"born":1837.5} """),
            Associate("ada", "described", "engine"), Associate("ada", "knows", "alan"), Associate("ada", "knows", "nobody"));
    }

    [Theory]
    [InlineData("born >= 1815 AND born < 1912", "ada engine")]
    [InlineData("born = 1837.5 OR city = 'London'", "ada engine")]
    [InlineData("died IS NULL AND labels CONTAINS 'person'", "ada")]
    [InlineData("NOT retired", "ada")]
    [InlineData("home.city LIKE 'W%low'", "alan")]
    [InlineData("fields CONTAINS 'mathematics'", "ada")]
    [InlineData("content CONTAINS 'weaves' AND strength < 0.5", "engine")]
    [InlineData("id IN ('alan', 'nobody')", "alan")]
    [InlineData("createdAt > TIMESTAMP '2020-01-01' AND validTo IS NULL", "ada alan engine")]
    [InlineData("born = 'x'", "")]
    public async Task Concepts_WhenUnderACondition_AreThoseOfWhichItIsTrue(string where, string expected) =>
        Assert.Equal(expected, string.Join(' ', Ids(await ListAsync("concepts?fields=id&where=" + Uri.EscapeDataString(where)))));

    [Fact]
    public async Task Neighbors_WhenUnderACondition_AreThoseOfWhichItIsTrue()
    {
        var reply = await ListAsync("concepts/ada/neighbors?where=" + Uri.EscapeDataString("born > 1900 OR content IS NOT NULL"));

        Assert.Equal(["engine", "alan"], reply["items"].EnumerateArray().Select(item => item.GetProperty("concept").GetProperty("id").GetString()));
    }

    [Fact]
    public async Task Cursor_WhenOfAnotherCondition_IsRefused()
    {
        var first = await ListAsync("concepts?fields=id&limit=1&where=born%20%3E%201");
        Assert.Equal(["ada"], Ids(first));
        var cursor = first["cursor"].GetString();

        Assert.Equal(["alan", "engine"], Ids(await ListAsync($"concepts?fields=id&where=born%20%3E%201&cursor={cursor}")));
        (await Server.GetAsync($"{_space}/concepts?where=born%20%3E%202&cursor={cursor}")).RequireProblem(400, "wrong-cursor");
    }

    [Theory]
    [InlineData("born >", 7)]
    [InlineData("", 1)]
    [InlineData("lower(city) = 'london'", 1)]
    [InlineData("born = 9223372036854775808", 8)]
    public async Task Condition_WhenMalformed_IsRefusedWithItsColumn(string where, int column)
    {
        var reply = (await Server.GetAsync($"{_space}/concepts?where=" + Uri.EscapeDataString(where))).RequireProblem(400, "syntax");

        Assert.Equal(("where", column), (reply.Member("parameter"), reply["column"].GetInt32()));
    }

    [Fact]
    public async Task Condition_WhenTooDeep_IsRefusedWithTheLimit()
    {
        var reply = (await Server.GetAsync($"{_space}/concepts?where={new string('(', 1000)}a")).RequireProblem(400, "limit");

        Assert.Equal((100, "where"), (reply["limit"].GetInt32(), reply.Member("parameter")));
    }

    private async Task<Reply> ListAsync(string query) => (await Server.GetAsync($"{_space}/{query}")).Require(HttpStatusCode.OK);

    private static IEnumerable<string?> Ids(Reply reply) => reply["items"].EnumerateArray().Select(item => item.GetProperty("id").GetString());
}
