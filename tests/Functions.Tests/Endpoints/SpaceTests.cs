using System.Net;
using Cairn.Functions.Tests.Serving;

namespace Cairn.Functions.Tests.Endpoints;

public sealed class SpaceTests : ServerTests
{
    [Fact]
    public async Task Put_WhenNew_CreatesWithDefaults()
    {
        var space = NewSpace();

        var reply = await Server.SendAsync("PUT", space, "{}");

        reply.Require(HttpStatusCode.Created);
        Assert.Equal(space, reply.Headers["Location"]);
        Assert.Equal(space.Split('/')[^1], reply.Member("space"));
        Assert.Matches("^[a-z2-7]{26}$", reply.Member("incarnation")!);
        Assert.EndsWith("Z", reply.Member("createdAt")!, StringComparison.Ordinal);
        Assert.Equal("""[null,"english",null,null,"PT24H"]""",
            $"[{string.Join(",", new[] { "halfLife", "language", "vector", "ttl", "idempotencyWindow" }.Select(name => reply[name].GetRawText()))}]");
    }

    [Fact]
    public async Task Put_WhenItExists_ChangesOnlyWhatIsGiven()
    {
        var space = NewSpace();
        var first = await Server.PutAsync(space, """{"halfLife":"P30D","vector":{"dimensions":384,"metric":"dot"},"ttl":"P90D","idempotencyWindow":"PT1H","language":"none"}""");

        var second = (await Server.PutAsync(space, """{"halfLife":null,"vector":{"metric":"l2"}}""")).Require(HttpStatusCode.OK);

        Assert.Equal(first.Member("incarnation"), second.Member("incarnation"));
        Assert.Equal("null", second["halfLife"].GetRawText());
        Assert.Equal("""{"dimensions":384,"metric":"l2"}""", second["vector"].GetRawText());
        Assert.Equal(("P90D", "PT1H", "none"), (second.Member("ttl"), second.Member("idempotencyWindow"), second.Member("language")));
        Assert.Equal(second.Text, (await Server.GetAsync(space)).Text);
    }

    [Theory]
    [InlineData("""{"halfLife":"P1M"}""", "invalid", "/halfLife")]
    [InlineData("""{"halfLife":"30 days"}""", "invalid", "/halfLife")]
    [InlineData("""{"halfLife":"PT0S"}""", "invalid", "/halfLife")]
    [InlineData("""{"ttl":7}""", "invalid", "/ttl")]
    [InlineData("""{"language":"french"}""", "invalid", "/language")]
    [InlineData("""{"vector":{"dimensions":0}}""", "limit", "/vector/dimensions")]
    [InlineData("""{"vector":{"dimensions":4097}}""", "limit", "/vector/dimensions")]
    [InlineData("""{"vector":{"metric":"hamming"}}""", "invalid", "/vector/metric")]
    [InlineData("""{"vector":{"size":3}}""", "unknown-member", "/vector/size")]
    [InlineData("""{"idempotencyWindow":"PT59M"}""", "invalid", "/idempotencyWindow")]
    [InlineData("""{"idempotencyWindow":"P4D"}""", "invalid", "/idempotencyWindow")]
    [InlineData("""{"idempotencyWindow":null}""", "invalid", "/idempotencyWindow")]
    [InlineData("""{"name":"x"}""", "unknown-member", "/name")]
    [InlineData("[]", "invalid", "")]
    public async Task Put_WhenASettingIsWrong_SaysWhich(string body, string kind, string pointer)
    {
        var space = NewSpace();

        Assert.Equal(pointer, (await Server.PutAsync(space, body)).RequireProblem(400, kind).Member("pointer"));
        (await Server.GetAsync(space)).RequireProblem(404, "unknown-space");
    }

    [Fact]
    public async Task TimeToLive_WhenSet_ExpiresWhatIsCreatedWithout()
    {
        var space = NewSpace();
        await Server.PutAsync(space, """{"ttl":"PT1H"}""");

        await Server.PutAsync($"{space}/concepts/a", "{}");

        var concept = await Server.GetAsync($"{space}/concepts/a");
        Assert.Equal(concept["createdAt"].GetDateTimeOffset().AddHours(1), concept["expiresAt"].GetDateTimeOffset());
    }

    [Fact]
    public async Task Delete_WhenRecreated_IsAnotherLife()
    {
        var space = NewSpace();
        var first = await Server.PutAsync(space, "{}");
        await Server.PutAsync($"{space}/concepts/a", "{}");

        (await Server.DeleteAsync(space)).Require(HttpStatusCode.NoContent);
        (await Server.DeleteAsync(space)).RequireProblem(404, "unknown-space");
        var second = (await Server.PutAsync(space, "{}")).Require(HttpStatusCode.Created);

        Assert.NotEqual(first.Member("incarnation"), second.Member("incarnation"));
        (await Server.GetAsync($"{space}/concepts/a")).RequireProblem(404, "unknown-concept");
        var stale = (await Server.GetAsync($"{space}/concepts/a?after={first.Token}")).RequireProblem(400, "wrong-token");
        Assert.Contains("another life", stale.Member("detail"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task List_WhenPaged_GivesEverySpaceOnceByName()
    {
        await using var server = await TestServer.StartAsync();
        foreach (var name in new[] { "beta", "alpha", "delta", "gamma", "epsilon" })
        {
            await server.PutAsync($"/v1/spaces/{name}", "{}");
        }

        var first = await server.GetAsync("/v1/spaces?limit=2");
        var second = await server.GetAsync($"/v1/spaces?limit=2&cursor={first.Member("cursor")}");
        var third = await server.GetAsync($"/v1/spaces?limit=2&cursor={second.Member("cursor")}");

        Assert.Equal(
            ["alpha", "beta", "delta", "epsilon", "gamma"],
            new[] { first, second, third }.SelectMany(page => page["items"].EnumerateArray()).Select(item => item.GetProperty("space").GetString()));
        Assert.Equal(System.Text.Json.JsonValueKind.Null, third["cursor"].ValueKind);
    }

    [Theory]
    [InlineData("limit=0", "limit")]
    [InlineData("limit=1001", "limit")]
    [InlineData("limit=few", "invalid")]
    [InlineData("cursor=abc", "wrong-cursor")]
    [InlineData("page=2", "unknown-member")]
    public async Task List_WhenAParameterIsWrong_SaysWhich(string query, string kind)
    {
        var reply = (await Server.GetAsync($"/v1/spaces?{query}")).RequireProblem(400, kind);

        Assert.Equal(query.Split('=')[0], reply.Member("parameter"));
    }

    [Fact]
    public async Task Write_WhenSpacesAreNotCreatedByIt_IsUnknownSpace()
    {
        await using var server = await TestServer.StartAsync(options => options with { AutoCreate = false });

        (await server.PutAsync("/v1/spaces/demo/concepts/a", "{}")).RequireProblem(404, "unknown-space");
        (await server.PostAsync("/v1/spaces/demo/commits", """{"operations":[]}""")).RequireProblem(404, "unknown-space");
        (await server.SendAsync("POST", "/v1/spaces/demo/ingest", "{}", "application/x-ndjson")).RequireProblem(404, "unknown-space");
        (await server.SendAsync("POST", "/v1/spaces/demo/import", "{}", "application/x-ndjson")).RequireProblem(404, "unknown-space");
        Assert.Empty((await server.GetAsync("/v1/spaces"))["items"].EnumerateArray());
    }

    [Theory]
    [InlineData("PUT", "/concepts/a", "{", "syntax")]
    [InlineData("PUT", "/concepts/a", """{"lables":[]}""", "unknown-member")]
    [InlineData("PUT", "/concepts/a", "{}", "invalid", "If-Match", "no tag")]
    [InlineData("PUT", "/concepts/a", "{}", "invalid", "Idempotency-Key", "two words")]
    [InlineData("PATCH", "/concepts/a", """{"set":{"strength":2}}""", "invalid")]
    [InlineData("PUT", "/associations/a/t/b", """{"source":"b"}""", "invalid")]
    [InlineData("POST", "/commits", """{"operations":[{"op":"upsert"}]}""", "invalid")]
    [InlineData("POST", "/ingest", """{"lines":[]}""", "syntax")]
    [InlineData("POST", "/ingest", "not gzip", "invalid", "Content-Encoding", "gzip")]
    [InlineData("POST", "/import", "not gzip", "invalid", "Content-Encoding", "gzip")]
    public async Task Write_WhenItCannotBeRead_CreatesNothing(string method, string path, string body, string kind, string header = "X-None", string value = "")
    {
        var space = NewSpace();

        (await Server.SendAsync(method, space + path, body, headers: (header, value))).RequireProblem(400, kind);

        (await Server.GetAsync(space)).RequireProblem(404, "unknown-space");
    }

    [Fact]
    public async Task Write_WhenItCanBeRead_CreatesTheSpace()
    {
        foreach (var (method, path, body) in new[]
        {
            ("PUT", "/concepts/a", """{"vector":[1,2]}"""),
            ("POST", "/commits", """{"operations":[{"op":"put","concept":{}}]}"""),
            ("POST", "/ingest", """{"commits":[]}"""),
            ("POST", "/import", ""),
        })
        {
            var space = NewSpace();
            Assert.True((int)(await Server.SendAsync(method, space + path, body)).Status < 300, path);
            (await Server.GetAsync(space)).Require(HttpStatusCode.OK);
        }
    }
}
