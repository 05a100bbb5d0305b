using System.Buffers.Binary;
using System.Buffers.Text;
using System.Net;
using System.Text.Json;
using Cairn.Functions.Hosting;
using Cairn.Functions.Tests.Serving;
using Cairn.Primitives;

namespace Cairn.Functions.Tests.Endpoints;

/// <summary>What is found by words and by connection, in what order, and within which budget.</summary>
public sealed class SearchTests : ServerTests
{
    private string _space = "";

    // Found by words, it would be found by meaning too.
    private protected override ServerOptions Options(ServerOptions options) => options with { Embedding = ServerEmbedding.None };

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        _space = await NewGraphAsync(
            Put("ada", """ "labels":["person"],"content":"Wrote the first program for the engine.","attributes":{"born":1815} """),
            Put("grace", """ "labels":["person"],"content":"Wrote the first compiler.","attributes":{"born":1906},"validTo":"1992-01-01T00:00:00Z" """),
            Put("engine", """ "labels":["machine"],"content":"The analytical engine weaves patterns.","confidence":0.5 """),
            Put("loom", """ "labels":["machine"],"attributes":{"observations":["weaves patterns of flowers","is driven by cards"]},"strength":0.25 """),
            Associate("ada", "wrote_for", "engine"),
            Associate("engine", "inspired_by", "loom"));
    }

    [Theory]
    [InlineData("""{"text":"compilers"}""", "grace")]
    [InlineData("""{"text":"weaving"}""", "engine loom")]
    [InlineData("""{"text":"first program"}""", "ada grace")]
    [InlineData("""{"text":"\"first compiler\" engine"}""", "grace")]
    [InlineData("""{"text":"pro*"}""", "ada")]
    [InlineData("""{"text":"the of"}""", "")]
    [InlineData("""{"text":"nowhere"}""", "")]
    [InlineData("""{"text":"first","where":"born > 1900"}""", "grace")]
    [InlineData("""{"text":"engine","label":["machine","person"]}""", "engine ada")]
    [InlineData("""{"text":"engine","label":"person"}""", "ada")]
    [InlineData("""{"text":"engine","label":"nothing"}""", "")]
    [InlineData("""{"near":{"ids":["ada"]}}""", "engine")]
    [InlineData("""{"near":{"ids":["ada"],"hops":2}}""", "engine loom")]
    [InlineData("""{"near":{"ids":["ada","loom"]}}""", "engine")]
    [InlineData("""{"text":"first","near":{"ids":["loom"],"hops":2}}""", "ada engine grace")]
    [InlineData("""{"text":"weaves","boost":{"confidence":10}}""", "loom engine")]
    [InlineData("""{"text":"weaves","fusion":{"method":"weighted"},"limit":1}""", "engine")]
    [InlineData("""{"text":"weaves","fusion":{"weights":{"text":0}}}""", "")]
    public async Task Items_WhenAsked_AreTheBestFirst(string request, string expected) => Assert.Equal(expected, string.Join(' ', Ids(await SearchAsync(request))));

    [Fact]
    public async Task Items_WhenAskedForATime_AreOfWhatWasValidThen() =>
        Assert.Equal(["ada"], Ids(await SearchAsync("""{"text":"wrote"}""", "?validAt=2020-01-01T00:00:00Z")));

    [Fact]
    public async Task Items_WhenSomethingWasWritten_HaveItAtOnce()
    {
        await SearchAsync("""{"text":"engine"}""");
        (await Server.PutAsync($"{_space}/concepts/new", """{"content":"another engine"}""")).Require(HttpStatusCode.Created);
        (await Server.DeleteAsync($"{_space}/concepts/engine")).Require(HttpStatusCode.NoContent);

        Assert.Equal(["new", "ada"], Ids(await SearchAsync("""{"text":"engine"}""")));
    }

    [Fact]
    public async Task Items_WhenAskedOfAnEarlierState_AreThoseOfThen()
    {
        var before = (await SearchAsync("""{"text":"engine"}""")).Headers["Cairn-Position"];
        (await Server.DeleteAsync($"{_space}/concepts/engine")).Require(HttpStatusCode.NoContent);

        Assert.Equal(["ada"], Ids(await SearchAsync("""{"text":"engine"}""")));
        Assert.Equal(["engine", "ada"], Ids(await SearchAsync("""{"text":"engine"}""", $"?asOf={before}")));
    }

    [Fact]
    public async Task Explanation_WhenAskedFor_SaysHowEachCameToItsPlace()
    {
        var reply = await SearchAsync("""{"text":"first","near":{"ids":["engine"]},"boost":{"strength":1},"explain":true}""");

        var ada = reply["items"][0];
        var explain = ada.GetProperty("explain");
        Assert.Equal("ada", ada.GetProperty("concept").GetProperty("id").GetString());
        Assert.Equal(JsonValueKind.Null, explain.GetProperty("vector").ValueKind);
        Assert.Equal(1, explain.GetProperty("graph").GetProperty("rank").GetInt32());
        Assert.Equal(0.5, explain.GetProperty("graph").GetProperty("score").GetDouble());
        Assert.Equal(2, explain.GetProperty("boost").GetDouble());
        Assert.Equal(explain.GetProperty("fused").GetDouble() * 2, ada.GetProperty("score").GetDouble(), 12);
        Assert.False((await SearchAsync("""{"text":"first"}"""))["items"][0].TryGetProperty("explain", out _));
    }

    [Fact]
    public async Task Pages_WhenFollowed_GiveEachOnceAndStayWithTheirState()
    {
        for (var i = 0; i < 30; i++)
        {
            (await Server.PutAsync($"{_space}/concepts/n{i}", $$"""{"content":"number {{string.Concat(Enumerable.Repeat("again ", i % 7))}}"}""")).Require(HttpStatusCode.Created);
        }

        const string Request = """{"text":"number again","limit":7}""";
        var all = Ids(await SearchAsync("""{"text":"number again","limit":40}"""));
        var page = await SearchAsync(Request);
        var ids = Ids(page);
        for (var i = 0; page.Json.GetProperty("cursor").ValueKind != JsonValueKind.Null; i++)
        {
            (await Server.DeleteAsync($"{_space}/concepts/n{i}")).Require(HttpStatusCode.NoContent);
            page = await SearchAsync(Request, $"?cursor={page.Member("cursor")}");
            ids.AddRange(Ids(page));
        }

        Assert.Equal(all, ids);
        Assert.Equal(30, all.Count);
    }

    [Fact]
    public async Task Cursor_WhenOfAnotherSearch_IsRefused()
    {
        var cursor = (await SearchAsync("""{"text":"first","limit":1}""")).Member("cursor");

        Assert.Equal(["ada"], Ids(await SearchAsync("""{ "limit": 5, "text": "f\u0069rst" }""", $"?cursor={cursor}")));
        foreach (var other in new[] { """{"text":"engine"}""", """{"text":"first","diversity":0.5}""", """{"text":"first","label":"person"}""" })
        {
            (await Server.PostAsync($"{_space}/search?cursor={cursor}", other)).RequireProblem(400, "wrong-cursor");
        }

        (await Server.PostAsync($"{_space}/search?cursor={cursor}&validAt=2020-01-01T00:00:00Z", """{"text":"first"}""")).RequireProblem(400, "wrong-cursor");
        (await Server.PostAsync($"{_space}/search?cursor=abc", """{"text":"first"}""")).RequireProblem(400, "wrong-cursor");
        var list = (await Server.GetAsync($"{_space}/concepts?limit=1")).Member("cursor");
        (await Server.PostAsync($"{_space}/search?cursor={list}", """{"text":"first"}""")).RequireProblem(400, "wrong-cursor");
    }

    /// <summary>A cursor can be written by anybody: its time is one that there is.</summary>
    [Theory]
    [InlineData(long.MaxValue)]
    [InlineData(long.MinValue)]
    public async Task Cursor_WhenItsTimeIsNone_IsRefused(long microseconds)
    {
        var cursor = Base64Url.DecodeFromChars((await SearchAsync("""{"text":"first","limit":1}""")).Member("cursor"));
        const int ChecksumBytes = 4, PlaceBytes = 3;
        BinaryPrimitives.WriteInt64LittleEndian(cursor.AsSpan(cursor.Length - ChecksumBytes - PlaceBytes - sizeof(long)), microseconds);
        BinaryPrimitives.WriteUInt32LittleEndian(cursor.AsSpan(cursor.Length - ChecksumBytes), Crc32C.Compute(cursor.AsSpan(0, cursor.Length - ChecksumBytes)));

        (await Server.PostAsync($"{_space}/search?cursor={Base64Url.EncodeToString(cursor)}", """{"text":"first"}""")).RequireProblem(400, "wrong-cursor");
    }

    [Fact]
    public async Task Where_WhenItNamesAnAttributeThatNobodyHas_IsRefusedWithTheName()
    {
        var problem = (await Server.PostAsync($"{_space}/search", """{"text":"first","where":"bron > 1900"}""")).RequireProblem(400, "invalid");

        Assert.Contains("'bron'", problem.Member("detail"), StringComparison.Ordinal);
        (await Server.GetAsync($"{_space}/concepts?where=bron%20%3E%201900")).Require(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Budget_WhenGiven_IsNotExceededAndTheCursorGoesOnBehindIt()
    {
        var first = await SearchAsync("""{"text":"first"}""");
        var tokens = first["items"].EnumerateArray().Select(static item => (item.GetProperty("concept").GetRawText().Length + 3) / 4).ToList();
        Assert.Equal(tokens.Sum(), first["tokens"].GetInt32());

        var cut = await SearchAsync($$"""{"text":"first","maxTokens":{{tokens.Sum() - 1}}}""");
        Assert.Equal(tokens[0], cut["tokens"].GetInt32());
        Assert.Equal(["grace"], Ids(cut));
        Assert.Equal(["ada"], Ids(await SearchAsync("""{"text":"first"}""", $"?cursor={cut.Member("cursor")}")));

        var none = await SearchAsync("""{"text":"first","maxTokens":1}""");
        Assert.Equal((0, 0), (none["tokens"].GetInt32(), none["items"].GetArrayLength()));
        Assert.Equal(["grace", "ada"], Ids(await SearchAsync("""{"text":"first"}""", $"?cursor={none.Member("cursor")}")));
    }

    [Fact]
    public async Task Fields_WhenNamed_AreAllThatIsSent() =>
        Assert.Equal("""{"id":"grace","attributes":{"born":1906}}""", (await SearchAsync("""{"text":"compiler"}""", "?fields=id,born"))["items"][0].GetProperty("concept").GetRawText());

    [Theory]
    [InlineData("{}", "invalid", "")]
    [InlineData("[]", "invalid", "")]
    [InlineData("""{"text":""}""", "invalid", "/text")]
    [InlineData("""{"text":" \t "}""", "invalid", "/text")]
    [InlineData("""{"text":5}""", "invalid", "/text")]
    [InlineData("""{"text":"x","words":1}""", "unknown-member", "/words")]
    [InlineData("""{"vector":[]}""", "invalid", "/vector")]
    [InlineData("""{"vector":[0,0]}""", "invalid", "/vector")]
    [InlineData("""{"vector":["x"]}""", "invalid", "/vector/0")]
    [InlineData("""{"near":{"ids":["nobody"]}}""", "unknown-concept", "/near/ids/0")]
    [InlineData("""{"near":{"ids":["ada"],"hops":0}}""", "limit", "/near/hops")]
    [InlineData("""{"near":{"ids":["ada"],"hops":5}}""", "limit", "/near/hops")]
    [InlineData("""{"near":{"id":"ada"}}""", "unknown-member", "/near/id")]
    [InlineData("""{"near":{"ids":[]}}""", "invalid", "")]
    [InlineData("""{"text":"x","where":"born >"}""", "syntax", "/where")]
    [InlineData("""{"text":"x","where":"born > 1 AND NOT (retired OR id = 'x')"}""", "invalid", "/where")]
    [InlineData("""{"text":"x","label":[]}""", "invalid", "/label")]
    [InlineData("""{"text":"x","limit":0}""", "limit", "/limit")]
    [InlineData("""{"text":"x","limit":1001}""", "limit", "/limit")]
    [InlineData("""{"text":"x","maxTokens":0}""", "limit", "/maxTokens")]
    [InlineData("""{"text":"x","fusion":{"method":"sum"}}""", "invalid", "/fusion/method")]
    [InlineData("""{"text":"x","fusion":{"weights":{"text":-1}}}""", "invalid", "/fusion/weights/text")]
    [InlineData("""{"text":"x","fusion":{"weights":{"texts":1}}}""", "unknown-member", "/fusion/weights/texts")]
    [InlineData("""{"text":"x","boost":{"recency":1e9}}""", "invalid", "/boost/recency")]
    [InlineData("""{"text":"x","boost":{"recency":1e400}}""", "invalid", "/boost/recency")]
    [InlineData("""{"text":"x","diversity":1.5}""", "invalid", "/diversity")]
    [InlineData("""{"text":"x","explain":"yes"}""", "invalid", "/explain")]
    public async Task Request_WhenItMakesNoSense_IsRefusedWhereItDoesNot(string request, string kind, string pointer)
    {
        var status = kind == "unknown-concept" ? 404 : 400;
        Assert.Equal(pointer, (await Server.PostAsync($"{_space}/search", request)).RequireProblem(status, kind).Json.GetProperty("pointer").GetString());
    }

    [Theory]
    [InlineData("\\ud83d\\ude00 \\u202e\\u0000\\ufeff")]
    [InlineData("\\u0301\\u0301\\u0301")]
    [InlineData("\\\" \\\" * ** \\\"*\\\"")]
    public async Task Text_WhenItIsHostile_FindsNothing(string text) => Assert.Empty(Ids(await SearchAsync($$"""{"text":"{{text}}"}""")));

    [Fact]
    public async Task Text_WhenItIsLong_IsRefusedWithTheLimit()
    {
        var problem = (await Server.PostAsync($"{_space}/search", $$"""{"text":"{{new string('x', 100_000)}}"}""")).RequireProblem(400, "limit");

        Assert.Equal((8192, 100_000), (problem["limit"].GetInt32(), problem["actual"].GetInt32()));
        Assert.Empty(Ids(await SearchAsync($$"""{"text":"{{string.Concat(Enumerable.Repeat("ab ", 2700))}}"}""")));
    }

    private async Task<Reply> SearchAsync(string request, string query = "") => (await Server.PostAsync($"{_space}/search{query}", request)).Require(HttpStatusCode.OK);

    private static List<string> Ids(Reply reply) => [.. reply["items"].EnumerateArray().Select(static item => item.GetProperty("concept").GetProperty("id").GetString()!)];
}
