using System.Net;
using Cairn.Functions.Tests.Serving;

namespace Cairn.Functions.Tests.Endpoints;

/// <summary>What every read does with tokens, waits and consistency; POST …/get; stats.</summary>
public sealed class ReadTests : ServerTests
{
    [Fact]
    public async Task After_WhenTheTokenIsReached_Answers()
    {
        var space = NewSpace();
        var one = await Server.PutAsync($"{space}/concepts/a", "{}");
        var two = await Server.PutAsync($"{space}/concepts/b", "{}");

        var reply = await Server.GetAsync($"{space}/concepts/a?after={one.Token}&after={two.Token}&consistency=strong&wait=1000");

        Assert.True(reply.Require(HttpStatusCode.OK).Headers["Cairn-Position"] == two["position"].ToString());
    }

    [Fact]
    public async Task After_WhenTheTokenIsNotReachedInTime_IsNotYetVisible()
    {
        var space = await NewGraphAsync(Put("a"));
        var name = Cairn.Primitives.SpaceName.Parse(space.Split('/')[^1]);
        var open = await Server.Service.Catalog.FindAsync(name, TestContext.Current.CancellationToken);
        var ahead = Cairn.Functions.Tokens.CommitToken.Of(name, open!.Record.Incarnation, Cairn.Primitives.LogPosition.Max);

        var reply = (await Server.GetAsync($"{space}/concepts/a?after={ahead}&wait=20")).RequireProblem(503, "not-yet-visible");

        Assert.Equal("1", reply.Headers["Retry-After"]);
    }

    [Fact]
    public async Task After_WhenTheTokenIsOfAnotherSpace_SaysSo()
    {
        var (one, two) = (await NewGraphAsync(Put("a")), await NewGraphAsync(Put("a")));
        var token = (await Server.GetAsync(one)).Token;

        var reply = (await Server.GetAsync($"{two}/concepts/a?after={token}")).RequireProblem(400, "wrong-token");

        Assert.Contains("another space", reply.Member("detail"), StringComparison.Ordinal);
        Assert.Contains("cut or changed", (await Server.GetAsync($"{one}/concepts/a?after={token[..^1]}")).RequireProblem(400, "wrong-token").Member("detail"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Strong_WhenIngestedBefore_SeesIt()
    {
        var space = NewSpace();
        for (var i = 0; i < 20; i++)
        {
            await Server.SendAsync("POST", $"{space}/ingest", $$"""{"op":"put","concept":{"id":"c{{i}}"} }""", "application/x-ndjson");
            (await Server.GetAsync($"{space}/concepts/c{i}?consistency=strong")).Require(HttpStatusCode.OK);
        }
    }

    [Fact]
    public async Task Get_WhenManyAreAsked_AnswersInTheOrderAsked()
    {
        var space = await NewGraphAsync(Put("a"), Put("b/c"), Put("d", "\"expiresAt\":\"2001-01-01T00:00:00Z\""), Associate("a", "t", "implied"));

        var reply = await Server.PostAsync($"{space}/get?fields=id", """{"ids":["b/c","nobody","a","d","a","implied"]}""");

        reply.Require(HttpStatusCode.OK);
        Assert.Equal("""{"items":[{"id":"b/c"},{"id":"a"},{"id":"a"}],"missing":["nobody","d","implied"]}""", reply.Text);
    }

    [Fact]
    public async Task Get_WhenTheAnswerIsLong_ComesWhole()
    {
        var space = NewSpace();
        var content = new string('x', 100_000);
        for (var i = 0; i < 30; i++)
        {
            await Server.PutAsync($"{space}/concepts/c{i}", $$"""{"content":"{{content}}"}""");
        }

        var reply = await Server.PostAsync($"{space}/get", $$"""{"ids":[{{string.Join(",", Enumerable.Range(0, 30).Select(i => $"\"c{i}\""))}}]}""");

        Assert.Equal(30, reply.Require(HttpStatusCode.OK)["items"].GetArrayLength());
        Assert.Equal("application/json", reply.Headers["Content-Type"]);
        Assert.All(reply["items"].EnumerateArray(), item => Assert.Equal(content, item.GetProperty("content").GetString()));
    }

    [Fact]
    public async Task Stats_WhenAsked_HaveTheirShape()
    {
        var space = await NewGraphAsync(Put("a"), Put("b"), Associate("a", "t", "b"));

        var reply = (await Server.GetAsync($"{space}/stats")).Require(HttpStatusCode.OK);

        Assert.Equal(["space", "incarnation", "log", "reconciler", "snapshot", "memory", "health"], reply.Json.EnumerateObject().Select(member => member.Name));
        Assert.Equal(["written", "dropped", "pending", "throttled", "bytes", "position"], reply["log"].EnumerateObject().Select(member => member.Name));
        Assert.Equal(["rounds", "operations", "checkpoints", "checkpointPosition"], reply["reconciler"].EnumerateObject().Select(member => member.Name));
        Assert.Equal(["concepts", "associations", "position", "ageMs"], reply["snapshot"].EnumerateObject().Select(member => member.Name));
        Assert.Equal("""{"status":"ok","reasons":[]}""", reply["health"].GetRawText());
        Assert.Equal((3, 2, 1), (reply["log"].GetProperty("written").GetInt32(), reply["snapshot"].GetProperty("concepts").GetInt32(), reply["snapshot"].GetProperty("associations").GetInt32()));
        Assert.Equal(reply.Headers["Cairn-Position"], reply["snapshot"].GetProperty("position").ToString());
    }

    [Fact]
    public async Task Head_WhenItExists_AnswersHeadersOnly()
    {
        var space = await NewGraphAsync(Put("a"));

        var reply = (await Server.SendAsync("HEAD", $"{space}/concepts/a")).Require(HttpStatusCode.OK);

        Assert.Empty(reply.Bytes);
        Assert.NotEmpty(reply.Headers["ETag"]);
    }

    [Fact]
    public async Task Decay_WhenTheSpaceHasAHalfLife_ShowsInCurrentStrengthOnly()
    {
        var space = NewSpace();
        await Server.PutAsync(space, """{"halfLife":"PT1H"}""");
        await Server.SendAsync(
            "POST", $"{space}/import?format=ndjson",
            $$"""{"concept":{"id":"a","strength":0.8,"reinforcedAt":"{{DateTimeOffset.UtcNow.AddHours(-1):yyyy-MM-ddTHH:mm:ssZ}}"} }""", "application/x-ndjson");

        var reply = await Server.GetAsync($"{space}/concepts/a?fields=strength,currentStrength");

        Assert.Equal("0.8", reply["strength"].GetRawText());
        Assert.Equal(0.4, reply["currentStrength"].GetDouble(), 0.01);
    }
}
