using System.Net;
using System.Text.Json;
using Cairn.Functions.Tests.Serving;

namespace Cairn.Functions.Tests.Endpoints;

/// <summary>Neighbours and paths.</summary>
public sealed class GraphTests : ServerTests
{
    private string _space = "";

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        _space = await NewGraphAsync(
            Put("hub", "\"labels\":[\"h\"]"), Put("a", "\"labels\":[\"x\"],\"attributes\":{\"n\":1}"), Put("b", "\"labels\":[\"x\",\"y\"]"), Put("c", "\"labels\":[\"y\"]"), Put("island"),
            Associate("hub", "t1", "b"), Associate("hub", "t1", "a"), Associate("hub", "t2", "c", "\"strength\":0.5"), Associate("c", "t1", "hub"), Associate("hub", "t1", "ghost"),
            Associate("hub", "t3", "hub"), Associate("a", "next", "b", "\"strength\":0.9"), Associate("b", "next", "c", "\"strength\":0.9"), Associate("a", "jump", "c", "\"strength\":0.1"),
            Associate("gone", "t1", "a"));
    }

    private async Task<string[]> NeighborsAsync(string query)
    {
        var reply = (await Server.GetAsync($"{_space}/concepts/hub/neighbors?{query}")).Require(HttpStatusCode.OK);
        return [.. reply["items"].EnumerateArray().Select(Describe)];
    }

    private static string Describe(JsonElement item) =>
        $"{item.GetProperty("direction").GetString()} {item.GetProperty("association").GetProperty("type").GetString()} {item.GetProperty("concept").GetProperty("id").GetString()}";

    [Fact]
    public async Task Neighbors_WhenAsked_ComeOutFirstThenByTypeAndId() =>
        Assert.Equal(["out t1 a", "out t1 b", "out t1 ghost", "out t2 c", "out t3 hub", "in t1 c"], await NeighborsAsync(""));

    [Theory]
    [InlineData("direction=out&type=t2", "out t2 c")]
    [InlineData("direction=in", "in t1 c|in t3 hub")]
    [InlineData("type=t1&type=t2", "out t1 a|out t1 b|out t1 ghost|out t2 c|in t1 c")]
    [InlineData("label=x", "out t1 a|out t1 b")]
    [InlineData("label=y&label=h", "out t1 b|out t2 c|out t3 hub|in t1 c")]
    [InlineData("type=never", "")]
    [InlineData("label=never", "")]
    public async Task Neighbors_WhenFiltered_AreThose(string query, string expected) =>
        Assert.Equal(expected, string.Join("|", await NeighborsAsync(query)));

    [Fact]
    public async Task Neighbors_WhenMembersAreNamed_HoldThoseOnly()
    {
        var reply = await Server.GetAsync($"{_space}/concepts/hub/neighbors?type=t2&fields=id&associationFields=type,strength");
        var wrong = await Server.GetAsync($"{_space}/concepts/hub/neighbors?associationFields=type..x");

        Assert.Equal("""[{"direction":"out","association":{"type":"t2","strength":0.5},"concept":{"id":"c"}}]""", reply["items"].GetRawText());
        Assert.Equal(HttpStatusCode.BadRequest, wrong.Status);
        Assert.Equal("associationFields", wrong["parameter"].GetString());
    }

    [Fact]
    public async Task Neighbors_WhenImplied_SaySo()
    {
        var reply = await Server.GetAsync($"{_space}/concepts/hub/neighbors");

        Assert.Equal("""{"id":"ghost","implied":true}""", reply["items"][2].GetProperty("concept").GetRawText());
        Assert.Equal("hub", reply["items"][2].GetProperty("association").GetProperty("source").GetString());
    }

    [Fact]
    public async Task Neighbors_WhenPaged_ComeOnceEach()
    {
        var (seen, cursor) = (new List<string>(), "");
        do
        {
            var page = (await Server.GetAsync($"{_space}/concepts/hub/neighbors?limit=2&fields=id{cursor}")).Require(HttpStatusCode.OK);
            seen.AddRange(page["items"].EnumerateArray().Select(Describe));
            cursor = page.Member("cursor") is { Length: > 0 } next ? $"&cursor={next}" : "";
            Assert.True(page.Member("cursor")!.Length <= 4096);
        }
        while (cursor.Length > 0);

        Assert.Equal(await NeighborsAsync(""), seen);
    }

    [Fact]
    public async Task Neighbors_WhenTheCursorIsOfAnotherQuery_SaysSo()
    {
        var cursor = (await Server.GetAsync($"{_space}/concepts/hub/neighbors?limit=1")).Member("cursor");

        foreach (var other in new[] { "/concepts/a/neighbors?limit=1", "/concepts/hub/neighbors?direction=out", "/concepts/hub/neighbors?type=t1", "/concepts/hub/neighbors?label=x" })
        {
            var reply = (await Server.GetAsync($"{_space}{other}&cursor={cursor}")).RequireProblem(400, "wrong-cursor");
            Assert.Contains("another query", reply.Member("detail"), StringComparison.Ordinal);
        }

        (await Server.GetAsync($"{_space}/concepts/hub/neighbors?limit=5&fields=id&cursor={cursor}")).Require(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Neighbors_WhenTheConceptIsUnknown_AreNotFound()
    {
        (await Server.GetAsync($"{_space}/concepts/nobody/neighbors")).RequireProblem(404, "unknown-concept");
        Assert.Equal("in t1 hub", Describe((await Server.GetAsync($"{_space}/concepts/ghost/neighbors")).Require(HttpStatusCode.OK)["items"][0]));
    }

    private async Task<Reply> PathsAsync(string body) => await Server.PostAsync($"{_space}/paths", body);

    [Fact]
    public async Task Paths_WhenShortest_GiveConceptsAssociationsAndScore()
    {
        var reply = (await PathsAsync("""{"from":"a","to":"c","direction":"out"}""")).Require(HttpStatusCode.OK);

        Assert.Equal(["paths", "expanded", "truncated"], reply.Json.EnumerateObject().Select(member => member.Name));
        var path = Assert.Single(reply["paths"].EnumerateArray());
        Assert.Equal("""["a","c"]""", path.GetProperty("concepts").GetRawText());
        Assert.Equal("jump", path.GetProperty("associations")[0].GetProperty("type").GetString());
        Assert.Equal(1, path.GetProperty("length").GetInt32());
        Assert.Equal(0.1, path.GetProperty("score").GetDouble(), 0.0001);
        Assert.False(reply["truncated"].GetBoolean());
    }

    [Fact]
    public async Task Paths_WhenStrongest_MayBeLonger()
    {
        var reply = (await PathsAsync("""{"from":"a","to":"c","mode":"strongest","direction":"out"}""")).Require(HttpStatusCode.OK);

        var path = Assert.Single(reply["paths"].EnumerateArray());
        Assert.Equal("""["a","b","c"]""", path.GetProperty("concepts").GetRawText());
        Assert.Equal(0.81, path.GetProperty("score").GetDouble(), 0.0001);
    }

    [Fact]
    public async Task Paths_WhenThereIsNone_AreEmpty()
    {
        Assert.Empty((await PathsAsync("""{"from":"a","to":"island"}""")).Require(HttpStatusCode.OK)["paths"].EnumerateArray());
        Assert.Empty((await PathsAsync("""{"from":"b","to":"a","direction":"out","types":["next"]}""")).Require(HttpStatusCode.OK)["paths"].EnumerateArray());
        Assert.Empty((await PathsAsync("""{"from":"b","to":"gone","maxDepth":1}""")).Require(HttpStatusCode.OK)["paths"].EnumerateArray());
    }

    [Fact]
    public async Task Paths_WhenSeveralAreAsked_GiveTheBestFirst()
    {
        var reply = (await PathsAsync("""{"from":"a","to":"c","direction":"out","limit":5}""")).Require(HttpStatusCode.OK);

        Assert.Equal(["""["a","c"]""", """["a","b","c"]"""], reply["paths"].EnumerateArray().Select(path => path.GetProperty("concepts").GetRawText()));
    }

    [Theory]
    [InlineData("""{"to":"a"}""", 400, "invalid", "")]
    [InlineData("""{"from":"a"}""", 400, "invalid", "")]
    [InlineData("""{"from":"a","to":1}""", 400, "invalid", "/to")]
    [InlineData("""{"from":"a","to":"."}""", 400, "invalid", "/to")]
    [InlineData("""{"from":"a","to":"nobody"}""", 404, "unknown-concept", "/to")]
    [InlineData("""{"from":"nobody","to":"a"}""", 404, "unknown-concept", "/from")]
    [InlineData("""{"from":"a","to":"b","mode":"fast"}""", 400, "invalid", "/mode")]
    [InlineData("""{"from":"a","to":"b","direction":"up"}""", 400, "invalid", "/direction")]
    [InlineData("""{"from":"a","to":"b","types":"t"}""", 400, "invalid", "/types")]
    [InlineData("""{"from":"a","to":"b","types":[1]}""", 400, "invalid", "/types/0")]
    [InlineData("""{"from":"a","to":"b","maxDepth":33}""", 400, "limit", "/maxDepth")]
    [InlineData("""{"from":"a","to":"b","maxDepth":0}""", 400, "limit", "/maxDepth")]
    [InlineData("""{"from":"a","to":"b","limit":101}""", 400, "limit", "/limit")]
    [InlineData("""{"from":"a","to":"b","depth":3}""", 400, "unknown-member", "/depth")]
    public async Task Paths_WhenTheRequestIsWrong_SayWhere(string body, int status, string kind, string pointer) =>
        Assert.Equal(pointer, (await PathsAsync(body)).RequireProblem(status, kind).Member("pointer"));
}
