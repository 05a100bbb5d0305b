using System.Net;
using System.Text;
using Cairn.Functions.Tests.Serving;

namespace Cairn.Functions.Tests.Endpoints;

public sealed class IngestTests : ServerTests
{
    private Task<Reply> IngestAsync(string space, string lines, string query = "", string contentType = "application/x-ndjson", params (string, string)[] headers) =>
        Server.SendAsync("POST", $"{space}/ingest{query}", lines, contentType, headers);

    [Fact]
    public async Task Post_WhenLinesAreMixed_TakesTheGoodAndListsTheBad()
    {
        var space = NewSpace();

        var reply = await IngestAsync(space, """
            {"op":"put","concept":{"id":"a"}}

            {"operations":[{"op":"put","concept":{"id":"b"}},{"op":"put","concept":{"id":"c","labels":[1]}}]}
            not json
            {"id":"c1","operations":[{"op":"put","concept":{"id":"d"}}],"meta":{"actor":"x"}}
            {"operations":[],"wrong":1}
            7
            {"op":"associate","association":{"source":"a","type":"t","target":"z"},"missingEndpoints":"imply"}
            """);

        reply.Require(HttpStatusCode.Accepted);
        Assert.Equal(3, reply["accepted"].GetInt32());
        Assert.Equal(
            ["3 invalid /operations/1/concept/labels/0", "4 syntax ", "6 unknown-member /wrong", "7 invalid "],
            reply["rejected"].EnumerateArray().Select(item => $"{item.GetProperty("line")} {item.GetProperty("problem").GetProperty("type").GetString()!.Split(':')[^1]} "
                + (item.GetProperty("problem").TryGetProperty("pointer", out var pointer) ? pointer.GetString() : "")));
        Assert.Equal(reply.Token, reply.Member("token"));
        var found = await Server.PostAsync($"{space}/get?after={reply.Token}", """{"ids":["a","b","d"]}""");
        Assert.Equal("""["b"]""", found["missing"].GetRawText());
    }

    [Theory]
    [InlineData("application/jsonl")]
    [InlineData("application/x-ndjson; charset=utf-8")]
    [InlineData("")]
    public async Task Post_WhenLinesHaveAnotherName_ReadsThem(string contentType) =>
        Assert.Equal(1, (await IngestAsync(NewSpace(), """{"op":"put","concept":{"id":"a"}}""", contentType: contentType))["accepted"].GetInt32());

    [Fact]
    public async Task Post_WhenABatch_TakesEachCommit()
    {
        var space = NewSpace();

        var reply = await IngestAsync(
            space, """ { "commits" : [ {"operations":[{"op":"put","concept":{"id":"a","content":"]}\"["}}]} , {"nope":1}, {"op":"put","concept":{"id":"b"}} ] } """, "?ids=true", "application/json");

        reply.Require(HttpStatusCode.Accepted);
        Assert.Equal((2, 1, 2), (reply["accepted"].GetInt32(), reply["rejected"].GetArrayLength(), reply["ids"].GetArrayLength()));
        Assert.Equal(2, reply["rejected"][0].GetProperty("line").GetInt32());
        Assert.Equal("]}\"[", (await Server.GetAsync($"{space}/concepts/a?after={reply.Token}")).Member("content"));
    }

    [Theory]
    [InlineData("""{"commit":[]}""")]
    [InlineData("[]")]
    [InlineData("")]
    [InlineData("""{"commits":{}}""")]
    [InlineData("""{"commits":[,{}]}""")]
    [InlineData("""{"commits":[]""")]
    public async Task Post_WhenTheBatchIsNone_IsSyntax(string body) =>
        (await IngestAsync(NewSpace(), body, contentType: "application/json")).RequireProblem(400, "syntax");

    [Theory]
    [InlineData("""{"commits":[{"operations":[]} {"operations":[]}]}""")]
    [InlineData("""{"commits":[{"operations":[]},]}""")]
    [InlineData("""{"commits":[{"operations":[]}],"more":1}""")]
    [InlineData("""{"commits":[{"operations":[]},{"operations":[""")]
    public async Task Post_WhenTheBatchBreaksOff_KeepsWhatCameBefore(string body)
    {
        var reply = (await IngestAsync(NewSpace(), body, contentType: "application/json")).Require(HttpStatusCode.Accepted);

        Assert.Equal((1, 1), (reply["accepted"].GetInt32(), reply["rejected"].GetArrayLength()));
    }

    [Theory]
    [InlineData("application/json", "\uFEFF{\"commits\":[{\"operations\":[]}]}")]
    [InlineData("application/x-ndjson", "\uFEFF{\"operations\":[]}")]
    public async Task Post_WhenAByteOrderMarkComesFirst_PassesIt(string contentType, string body)
    {
        var reply = (await IngestAsync(NewSpace(), body, contentType: contentType)).Require(HttpStatusCode.Accepted);

        Assert.Equal((1, 0), (reply["accepted"].GetInt32(), reply["rejected"].GetArrayLength()));
    }

    [Fact]
    public async Task Post_WhenRepeatedWithTheSameKey_AcceptsAgainAndChangesNothing()
    {
        var space = NewSpace();
        const string Lines = "{\"op\":\"put\",\"concept\":{\"content\":\"x\"}}\n\n{\"op\":\"put\",\"concept\":{\"content\":\"y\"}}";

        var first = await IngestAsync(space, Lines, "?ids=true", headers: ("Idempotency-Key", "burst-7"));
        await Server.GetAsync($"{space}/stats?after={first.Token}");
        var second = await IngestAsync(space, Lines, "?ids=true", headers: ("Idempotency-Key", "burst-7"));
        var other = await IngestAsync(space, Lines.Replace("\"x\"", "\"z\"", StringComparison.Ordinal), headers: ("Idempotency-Key", "burst-7"));

        Assert.Equal("""["burst-7/1","burst-7/3"]""", first["ids"].GetRawText());
        Assert.Equal(first["ids"].GetRawText(), second["ids"].GetRawText());
        Assert.Equal(2, second["accepted"].GetInt32());
        Assert.Equal(2, (await Server.GetAsync($"{space}/stats?after={second.Token}"))["snapshot"].GetProperty("concepts").GetInt32());
        Assert.Equal((1, 1), (other["accepted"].GetInt32(), other["rejected"].GetArrayLength()));
        Assert.EndsWith("idempotency-key-reused", other["rejected"][0].GetProperty("problem").GetProperty("type").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Post_WhenTheKeyIsTooLong_IsRefused()
    {
        (await IngestAsync(NewSpace(), "", headers: ("Idempotency-Key", new('k', 112)))).Require(HttpStatusCode.Accepted);

        var reply = (await IngestAsync(NewSpace(), "", headers: ("Idempotency-Key", new('k', 113)))).RequireProblem(400, "limit");

        Assert.Equal((112, "Idempotency-Key"), (reply["limit"].GetInt32(), reply.Member("parameter")));
    }

    [Fact]
    public async Task Post_WhenTheCallerWaits_CountsOutcomes()
    {
        var space = await NewGraphAsync(Put("a"));

        var reply = await IngestAsync(
            space, "{\"op\":\"delete\",\"id\":\"a\"}\n{\"op\":\"delete\",\"id\":\"a\"}\n{\"op\":\"put\",\"concept\":{}}\n", headers: ("Prefer", "wait=10"));

        reply.Require(HttpStatusCode.OK);
        Assert.Equal("""{"committed":2,"rejected":1}""", reply["outcomes"].GetRawText());
        Assert.Equal(3, reply["accepted"].GetInt32());
    }

    [Fact]
    public async Task Post_WhenManyLines_KeepsTheirOrder()
    {
        var space = NewSpace();
        var lines = new StringBuilder();
        for (var i = 0; i < 20_000; i++)
        {
            lines.Append($$"""{"op":"put","concept":{"id":"c{{i % 100}}","attributes":{"n":{{i}} } } }""").Append('\n');
        }

        var reply = (await IngestAsync(space, lines.ToString())).Require(HttpStatusCode.Accepted);

        Assert.Equal(20_000, reply["accepted"].GetInt32());
        var concept = await Server.GetAsync($"{space}/concepts/c42?after={reply.Token}");
        Assert.Equal("19942", concept["attributes"].GetProperty("n").GetRawText());
    }

    [Fact]
    public async Task Post_WhenALineIsTooLong_PassesItOver()
    {
        var space = NewSpace();

        var reply = await IngestAsync(space, $"{{\"op\":\"put\",\"concept\":{{\"id\":\"a\"}}}}\n{new string('x', (8 << 20) + 1)}\n{{\"op\":\"put\",\"concept\":{{\"id\":\"b\"}}}}");

        Assert.Equal(2, reply.Require(HttpStatusCode.Accepted)["accepted"].GetInt32());
        var rejected = Assert.Single(reply["rejected"].EnumerateArray());
        Assert.Equal(2, rejected.GetProperty("line").GetInt32());
        Assert.EndsWith("too-large", rejected.GetProperty("problem").GetProperty("type").GetString(), StringComparison.Ordinal);
    }
}
