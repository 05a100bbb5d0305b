using System.Net;
using System.Text.Json;
using Cairn.Functions.Tests.Serving;

namespace Cairn.Functions.Tests.Endpoints;

/// <summary>One change to all that matches.</summary>
public sealed class UpdateTests : ServerTests
{
    private string _space = "";

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        _space = await NewGraphAsync(
            Put("ada", """ "labels":["person"],"attributes":{"born":1815,"city":"London"} """),
            Put("alan", """ "labels":["person"],"attributes":{"born":1912,"city":"London"} """),
            Put("engine", """ "labels":["machine"],"attributes":{"born":1837} """),
            Associate("ada", "described", "engine"), Associate("ada", "knows", "nobody"));
    }

    [Theory]
    [InlineData(""" "label":"person" """, "ada alan")]
    [InlineData(""" "where":"born < 1900" """, "ada engine")]
    [InlineData(""" "label":"person","where":"born < 1900" """, "ada")]
    [InlineData(""" "where":"TRUE" """, "ada alan engine")]
    [InlineData(""" "where":"TRUE","limit":2 """, "ada alan")]
    [InlineData(""" "where":"TRUE","limit":10000 """, "ada alan engine")]
    public async Task Update_WhenConceptsMatch_ChangesThoseInOneCommit(string which, string expected)
    {
        var reply = (await UpdateAsync(which + """,  "patch":{"set":{"attributes":{"seen":true}},"add":{"labels":["x"]}}""")).Require(HttpStatusCode.OK);

        var outcome = reply["outcome"];
        var position = outcome.GetProperty("position").GetInt64();
        Assert.Equal(expected, string.Join(' ', outcome.GetProperty("results").EnumerateArray().Select(result => result.GetProperty("id").GetString())));
        Assert.All(outcome.GetProperty("results").EnumerateArray(), result =>
            Assert.Equal(("updated", position), (result.GetProperty("effect").GetString(), result.GetProperty("version").GetInt64())));
        Assert.Equal(("committed", expected.Split(' ').Length), (outcome.GetProperty("outcome").GetString(), reply["matched"].GetInt32()));
        Assert.Equal((reply.Token, outcome.GetProperty("token").GetString()), (outcome.GetProperty("token").GetString(), reply.Token));
        Assert.Equal(expected, await IdsAsync("seen AND labels CONTAINS 'x'"));
        Assert.Equal(1815, (await Server.GetAsync($"{_space}/concepts/ada"))["attributes"].GetProperty("born").GetInt32());
    }

    [Fact]
    public async Task Update_WhenItDeletes_TakesTheAssociationsToo()
    {
        var reply = (await UpdateAsync(""" "label":"machine","delete":true """)).Require(HttpStatusCode.OK);

        var result = Assert.Single(reply["outcome"].GetProperty("results").EnumerateArray());
        Assert.Equal(("deleted", "engine"), (result.GetProperty("effect").GetString(), result.GetProperty("id").GetString()));
        Assert.Equal("ada alan", await IdsAsync("TRUE"));
        Assert.Equal("nobody", Assert.Single((await Server.GetAsync($"{_space}/associations"))["items"].EnumerateArray()).GetProperty("target").GetString());
    }

    [Theory]
    [InlineData(""" "where":"born = 1" """)]
    [InlineData(""" "label":"robot" """)]
    [InlineData(""" "where":"id = 'nobody'" """)]
    public async Task Update_WhenNothingMatches_CommitsNothing(string which)
    {
        var before = (await Server.GetAsync($"{_space}/stats"))["log"].GetProperty("position").GetInt64();

        var reply = (await UpdateAsync(which + """, "delete":true """, ("Idempotency-Key", "k"))).Require(HttpStatusCode.OK);

        Assert.Equal((0, JsonValueKind.Null), (reply["matched"].GetInt32(), reply["outcome"].ValueKind));
        Assert.Equal(before, (await Server.GetAsync($"{_space}/stats"))["log"].GetProperty("position").GetInt64());
        Assert.Equal(1, (await UpdateAsync(""" "label":"machine","delete":true """, ("Idempotency-Key", "k")))["matched"].GetInt32());
    }

    [Theory]
    [InlineData("", 3, "ada alan engine")]
    [InlineData(""","limit":2""", 2, "ada alan")]
    public async Task DryRun_WhenAsked_CountsAndChangesNothing(string limit, int matched, string sample)
    {
        var reply = (await UpdateAsync($$""" "where":"TRUE","delete":true,"dryRun":true{{limit}} """, ("Idempotency-Key", "dry"))).Require(HttpStatusCode.OK);

        Assert.Equal((matched, sample), (reply["matched"].GetInt32(), string.Join(' ', reply["sample"].EnumerateArray().Select(id => id.GetString()))));
        Assert.False(reply.Json.TryGetProperty("outcome", out _));
        Assert.Equal("ada alan engine", await IdsAsync("TRUE"));
        Assert.False((await UpdateAsync(""" "where":"TRUE","delete":true """, ("Idempotency-Key", "dry"))).Headers.ContainsKey("Cairn-Replayed"));
    }

    [Fact]
    public async Task Update_WhenMoreThanACommitTakes_NeedsALimit()
    {
        var lines = string.Join('\n', Enumerable.Range(0, 10_001).Select(i => $$"""{"op":"put","concept":{"id":"n{{i:00000}}","labels":["many"]} }"""));
        var token = (await Server.SendAsync("POST", $"{_space}/ingest", lines, "application/x-ndjson")).Require(HttpStatusCode.Accepted).Token;
        const string Patch = """ "label":"many","patch":{"remove":{"labels":true}} """;

        var dry = (await Server.PostAsync($"{_space}/update?after={token}", $"{{{Patch},\"dryRun\":true}}")).Require(HttpStatusCode.OK);
        Assert.Equal((10_001, 10, "n00000"), (dry["matched"].GetInt32(), dry["sample"].GetArrayLength(), dry["sample"][0].GetString()));
        var refused = (await UpdateAsync(Patch)).RequireProblem(400, "limit");
        Assert.Equal(("/limit", 10_000), (refused.Member("pointer"), refused["limit"].GetInt32()));
        var first = (await UpdateAsync(Patch + ",\"limit\":10000")).Require(HttpStatusCode.OK);
        Assert.Equal((10_000, "n09999"), (first["matched"].GetInt32(), first["outcome"].GetProperty("results")[9_999].GetProperty("id").GetString()));
        Assert.Equal(1, (await UpdateAsync(Patch))["matched"].GetInt32());
        Assert.Equal(0, (await UpdateAsync(Patch))["matched"].GetInt32());
    }

    [Fact]
    public async Task Update_WhenItsCommitIsTooLarge_IsRefusedAndChangesNothing()
    {
        var operations = Enumerable.Range(0, 5).Select(i => Put($"big{i}", """ "labels":["big"] """)).ToArray();
        (await Server.PostAsync($"{_space}/commits", $$"""{"operations":[{{string.Join(',', operations)}}]}""")).Require(HttpStatusCode.OK);

        var reply = (await UpdateAsync($$""" "label":"big","patch":{"set":{"content":"{{new string('x', 1_000_000)}}"} } """)).RequireProblem(413, "too-large");

        Assert.Equal((4 * 1024 * 1024) - (4 * 1024), reply["limit"].GetInt32());
        Assert.Equal("", await IdsAsync("content IS NOT NULL"));
    }

    [Fact]
    public async Task Update_WhenAConceptWouldPassALimit_ChangesNone()
    {
        var labels = string.Join(',', Enumerable.Range(0, 15).Select(i => $"\"l{i}\""));
        (await Server.PutAsync($"{_space}/concepts/full", $$"""{"labels":[{{labels}},"person"]}""")).Require(HttpStatusCode.Created);

        var reply = (await UpdateAsync(""" "label":"person","patch":{"add":{"labels":["extra"]}} """)).RequireProblem(409, "rejected");

        Assert.Equal(("limit", 2), (reply.Member("reason"), reply["operation"].GetInt32()));
        Assert.Equal("", await IdsAsync("labels CONTAINS 'extra'"));
    }

    [Fact]
    public async Task Key_WhenRepeated_GivesTheFirstOutcome()
    {
        const string Body = """ "where":"city = 'London'","patch":{"set":{"attributes":{"city":"Paris"}}} """;
        var first = (await UpdateAsync(Body, ("Idempotency-Key", "u1"))).Require(HttpStatusCode.OK);
        (await Server.SendAsync("PATCH", $"{_space}/concepts/engine", """{"set":{"attributes":{"city":"London"}}}""")).Require(HttpStatusCode.OK);

        var second = (await UpdateAsync(Body, ("Idempotency-Key", "u1"))).Require(HttpStatusCode.OK);

        Assert.Equal((2, 2, "true"), (first["matched"].GetInt32(), second["matched"].GetInt32(), second.Headers["Cairn-Replayed"]));
        foreach (var member in new[] { "id", "outcome", "position", "token" })
        {
            Assert.Equal(first["outcome"].GetProperty(member).ToString(), second["outcome"].GetProperty(member).ToString());
        }

        Assert.Equal("u1", second["outcome"].GetProperty("id").GetString());
        Assert.All(second["outcome"].GetProperty("results").EnumerateArray(), result => Assert.Equal("updated", result.GetProperty("effect").GetString()));
        Assert.Equal("engine", await IdsAsync("city = 'London'"));
    }

    [Fact]
    public async Task Key_WhenItsUpdateWasRejected_IsRejectedAgain()
    {
        var labels = string.Join(',', Enumerable.Range(0, 15).Select(i => $"\"l{i}\""));
        (await Server.PutAsync($"{_space}/concepts/full", $$"""{"labels":[{{labels}},"person"]}""")).Require(HttpStatusCode.Created);
        for (var i = 0; i < 2; i++)
        {
            var reply = (await UpdateAsync(""" "label":"person","patch":{"add":{"labels":["extra"]}} """, ("Idempotency-Key", "u2"))).RequireProblem(409, "rejected");
            Assert.Equal((i == 1, "u2", "limit"), (reply.Headers.ContainsKey("Cairn-Replayed"), reply.Member("id"), reply.Member("reason")));
        }
    }

    [Theory]
    [InlineData("respond-async", HttpStatusCode.Accepted)]
    [InlineData("wait=20", HttpStatusCode.OK)]
    public async Task Update_WhenItPrefers_IsAnsweredSo(string prefer, HttpStatusCode status)
    {
        var reply = (await UpdateAsync(""" "label":"person","patch":{"set":{"content":"x"}} """, ("Prefer", prefer))).Require(status);

        Assert.Equal((2, prefer), (reply["matched"].GetInt32(), reply.Headers["Preference-Applied"]));
        Assert.Equal(status == HttpStatusCode.OK ? "committed" : "pending", reply["outcome"].GetProperty("outcome").GetString());
        if (status == HttpStatusCode.Accepted)
        {
            var later = (await Server.GetAsync($"{reply.Headers["Location"]}?after={reply.Token}")).Require(HttpStatusCode.OK);
            Assert.Equal(("committed", 2), (later.Member("outcome"), later["results"].GetArrayLength()));
        }
    }

    [Fact]
    public async Task Space_WhenThereIsNone_IsNotMade()
    {
        var space = NewSpace();

        (await Server.PostAsync($"{space}/update", """{"where":"TRUE","delete":true}""")).RequireProblem(404, "unknown-space");
        (await Server.GetAsync(space)).RequireProblem(404, "unknown-space");
    }

    [Theory]
    [InlineData("[]", "invalid", "")]
    [InlineData("{}", "invalid", "")]
    [InlineData("""{"delete":true}""", "invalid", "")]
    [InlineData("""{"where":"TRUE"}""", "invalid", "")]
    [InlineData("""{"where":"TRUE","delete":false}""", "invalid", "")]
    [InlineData("""{"where":"TRUE","delete":true,"patch":{}}""", "invalid", "")]
    [InlineData("""{"where":"TRUE","delete":1}""", "invalid", "/delete")]
    [InlineData("""{"where":"TRUE","delete":true,"dryRun":"no"}""", "invalid", "/dryRun")]
    [InlineData("""{"where":"","delete":true}""", "syntax", "/where")]
    [InlineData("""{"where":"born >","delete":true}""", "syntax", "/where")]
    [InlineData("""{"where":null,"delete":true}""", "invalid", "/where")]
    [InlineData("""{"where":["TRUE"],"delete":true}""", "invalid", "/where")]
    [InlineData("""{"label":"","delete":true}""", "invalid", "/label")]
    [InlineData("""{"label":["person"],"delete":true}""", "invalid", "/label")]
    [InlineData("""{"where":"TRUE","delete":true,"limit":0}""", "limit", "/limit")]
    [InlineData("""{"where":"TRUE","delete":true,"limit":10001}""", "limit", "/limit")]
    [InlineData("""{"where":"TRUE","delete":true,"limit":1.5}""", "invalid", "/limit")]
    [InlineData("""{"where":"TRUE","delete":true,"limit":null}""", "invalid", "/limit")]
    [InlineData("""{"where":"TRUE","delete":true,"orderBy":"id"}""", "unknown-member", "/orderBy")]
    [InlineData("""{"where":"TRUE","patch":[]}""", "invalid", "/patch")]
    [InlineData("""{"where":"FALSE","patch":{"id":"x"}}""", "unknown-member", "/patch/id")]
    [InlineData("""{"where":"FALSE","patch":{"onMissing":"create"}}""", "unknown-member", "/patch/onMissing")]
    [InlineData("""{"where":"FALSE","patch":{"op":"patch"}}""", "unknown-member", "/patch/op")]
    [InlineData("""{"where":"FALSE","patch":{"set":{"strength":2}}}""", "invalid", "/patch/set/strength")]
    [InlineData("""{"where":"FALSE","patch":{"set":{"colour":"red"}},"dryRun":true}""", "unknown-member", "/patch/set/colour")]
    [InlineData("""{"where":"FALSE","patch":{"add":{"attributes":{"a":1}}}}""", "invalid", "/patch/add/attributes/a")]
    public async Task Body_WhenWrong_IsRefusedWhereItIs(string body, string kind, string pointer)
    {
        var reply = (await Server.PostAsync($"{_space}/update", body)).RequireProblem(400, kind);

        Assert.Equal(pointer, reply.Member("pointer"));
        Assert.Equal("ada alan engine", await IdsAsync("TRUE"));
    }

    [Fact]
    public async Task Label_WhenTooLong_IsRefusedWithTheLimit()
    {
        var reply = (await UpdateAsync($$""" "label":"{{new string('l', 129)}}","delete":true """)).RequireProblem(400, "limit");

        Assert.Equal((128, 129), (reply["limit"].GetInt32(), reply["actual"].GetInt32()));
    }

    [Theory]
    [InlineData(119, "limit")]
    [InlineData(0, "invalid")]
    public async Task Key_WhenItIsNone_IsRefused(int length, string kind) => Assert.Equal(
        "Idempotency-Key",
        (await UpdateAsync(""" "where":"TRUE","delete":true """, ("Idempotency-Key", new string('k', length)))).RequireProblem(400, kind).Member("parameter"));

    [Fact]
    public async Task Key_WhenItIsAsLongAsCanBe_IsTaken() =>
        (await UpdateAsync(""" "where":"TRUE","delete":true """, ("Idempotency-Key", new string('k', 118)))).Require(HttpStatusCode.OK);

    private Task<Reply> UpdateAsync(string members, params (string Name, string Value)[] headers) => Server.PostAsync($"{_space}/update", $"{{{members}}}", headers);

    private async Task<string> IdsAsync(string where)
    {
        var reply = (await Server.GetAsync($"{_space}/concepts?fields=id&where={Uri.EscapeDataString(where)}")).Require(HttpStatusCode.OK);
        return string.Join(' ', reply["items"].EnumerateArray().Select(item => item.GetProperty("id").GetString()));
    }
}
