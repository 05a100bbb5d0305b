using System.Net;
using System.Text.Json;
using Cairn.Functions.Tests.Serving;

namespace Cairn.Functions.Tests.Endpoints;

/// <summary>Lists of concepts in an order of their own.</summary>
public sealed class OrderTests : ServerTests
{
    private string _space = "";

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        _space = await NewGraphAsync(
            Put("a", """ "labels":["x"],"attributes":{"born":1815,"name":"Ada","home":{"city":"London"},"any \"name\"":2} """),
            Put("b", """ "labels":["x"],"attributes":{"born":1815.5,"name":"Bob","any \"name\"":1} """),
            Put("c", """ "attributes":{"born":"unknown","home":{"city":"Bath"},"list":[1]} """),
            Put("d", """ "attributes":{"born":{"$datetime":"2026-01-01T00:00:00Z"},"flag":true} """),
            Put("e", """ "attributes":{"born":true},"strength":0.25 """),
            Put("f", """ "attributes":{"born":{"$bytes":"AA=="}} """),
            Put("g", """ "attributes":{"born":null} """));
    }

    [Theory]
    [InlineData("born", "e a b d c f g")]
    [InlineData("born desc", "f c d b a e g")]
    [InlineData("born ASC, id DESC", "e a b d c f g")]
    [InlineData("id desc", "g f e d c b a")]
    [InlineData("home.city,name desc", "c a b d e f g")]
    [InlineData("attributes.\"any \"\"name\"\"\"", "b a c d e f g")]
    [InlineData("strength,missing", "e a b c d f g")]
    [InlineData("currentStrength , \"flag\" , id", "e d a b c f g")]
    public async Task Concepts_WhenOrdered_ComeInThatOrderOnAllPages(string orderBy, string expected)
    {
        var query = "concepts?fields=id&orderBy=" + Uri.EscapeDataString(orderBy);

        Assert.Equal(expected, string.Join(' ', Ids(await ListAsync(query))));
        Assert.Equal(expected, string.Join(' ', await PagesAsync(query + "&limit=2")));
    }

    [Fact]
    public async Task Concepts_WhenOrderedAndSelected_AreThoseThatMatch() =>
        Assert.Equal(["b", "a"], Ids(await ListAsync("concepts?fields=id&label=x&where=born%20%3E%200&orderBy=born%20desc")));

    [Theory]
    [InlineData("", 7)]
    [InlineData("&label=x", 2)]
    [InlineData("&where=born%20%3E%200", 2)]
    [InlineData("&orderBy=born&where=born%20%3E%200", 2)]
    [InlineData("&orderBy=home.city", 7)]
    [InlineData("&where=born%20%3E%2099999", 0)]
    public async Task Concepts_WhenCounted_AreCountedOnEachPage(string query, int expected)
    {
        for (var use = 0; use < 3; use++)
        {
            var first = await ListAsync("concepts?fields=id&limit=1&count=true" + query);
            Assert.Equal(expected, first["count"].GetInt32());
            if (first["cursor"].GetString() is { } cursor)
            {
                Assert.Equal(expected, (await ListAsync($"concepts?fields=id&limit=1&count=true{query}&cursor={cursor}"))["count"].GetInt32());
            }
        }

        Assert.False((await ListAsync("concepts?fields=id&count=false" + query)).Json.TryGetProperty("count", out _));
    }

    [Theory]
    [InlineData("yes")]
    [InlineData("TRUE")]
    [InlineData("")]
    public async Task Count_WhenNeitherTrueNorFalse_IsRefused(string value) =>
        Assert.Equal("count", (await Server.GetAsync($"{_space}/concepts?count={value}")).RequireProblem(400, "invalid").Member("parameter"));

    [Fact]
    public async Task Cursor_WhenOfAnotherOrder_IsRefused()
    {
        var cursor = (await ListAsync("concepts?fields=id&limit=2&orderBy=born"))["cursor"].GetString();

        foreach (var other in new[] { "&orderBy=born%20desc", "&orderBy=name", "", "&orderBy=born&where=born%20%3E%201", "&orderBy=born&label=x" })
        {
            (await Server.GetAsync($"{_space}/concepts?cursor={cursor}{other}")).RequireProblem(400, "wrong-cursor");
        }
    }

    [Theory]
    [InlineData("", 1)]
    [InlineData("born,", 6)]
    [InlineData("born down", 6)]
    [InlineData("labels", 1)]
    [InlineData("lower(name)", 1)]
    [InlineData("born desc name", 11)]
    public async Task Order_WhenMalformed_IsRefusedWithItsColumn(string orderBy, int column)
    {
        var reply = (await Server.GetAsync($"{_space}/concepts?orderBy=" + Uri.EscapeDataString(orderBy))).RequireProblem(400, "syntax");

        Assert.Equal(("orderBy", column), (reply.Member("parameter"), reply["column"].GetInt32()));
    }

    [Fact]
    public async Task Order_WhenItHasNineTerms_IsRefusedWithTheLimit()
    {
        var reply = (await Server.GetAsync($"{_space}/concepts?orderBy=a,b,c,d,e,f,g,h,i")).RequireProblem(400, "limit");

        Assert.Equal(("orderBy", 8, 9), (reply.Member("parameter"), reply["limit"].GetInt32(), reply["actual"].GetInt32()));
    }

    [Theory]
    [InlineData("list")]
    [InlineData("name,home")]
    public async Task Order_WhenAValueHasNone_IsRefusedWithTheConcept(string orderBy)
    {
        var reply = (await Server.GetAsync($"{_space}/concepts?orderBy={orderBy}&limit=1")).RequireProblem(400, "invalid");

        Assert.Equal("orderBy", reply.Member("parameter"));
        Assert.Contains(orderBy == "list" ? "list of 'c' is an array" : "home of 'a' is an object", reply.Member("detail"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cursor_WhenTheValueIsLong_IsNoLongerThanTheContractSays()
    {
        await Server.PostAsync(
            $"{_space}/commits",
            $$$"""{"operations":[{"op":"put","concept":{"id":"{{{new string('i', 512)}}}","content":"{{{new string('é', 1100)}}}"}},{"op":"put","concept":{"id":"long","content":"{{{new string('z', 9000)}}}"}}]}""");

        foreach (var (order, first) in new[] { ("content", "long"), ("content%20desc", new string('i', 512)) })
        {
            var page = await ListAsync($"concepts?fields=id&limit=1&orderBy={order}");
            Assert.Equal([first], Ids(page));
            Assert.InRange(page["cursor"].GetString()!.Length, 1, 4096);
            Assert.NotEqual([first], Ids(await ListAsync($"concepts?fields=id&limit=1&orderBy={order}&cursor={page["cursor"].GetString()}")));
        }

        var cursor = (await ListAsync("concepts?limit=1&orderBy=content"))["cursor"].GetString();
        await Server.PutAsync($"{_space}/concepts/long", """{"content":"short"}""");
        Assert.Equal("cursor", (await Server.GetAsync($"{_space}/concepts?limit=1&orderBy=content&cursor={cursor}")).RequireProblem(410, "not-retained").Member("parameter"));
    }

    private async Task<List<string?>> PagesAsync(string query)
    {
        var ids = new List<string?>();
        for (string? cursor = ""; cursor is not null;)
        {
            var page = await ListAsync(query + (cursor.Length > 0 ? "&cursor=" + cursor : ""));
            ids.AddRange(Ids(page));
            cursor = page["cursor"].GetString();
        }

        return ids;
    }

    private async Task<Reply> ListAsync(string query) => (await Server.GetAsync($"{_space}/{query}")).Require(HttpStatusCode.OK);

    private static IEnumerable<string?> Ids(Reply reply) => reply["items"].EnumerateArray().Select(item => item.GetProperty("id").GetString());
}
