using System.Globalization;
using System.Net;
using System.Text.Json;
using Cairn.Functions.Tests.Serving;
using Cairn.Primitives;
using Cairn.Reconciliation;

namespace Cairn.Functions.Tests.Endpoints;

public sealed class ChangesTests : ServerTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Changes_WhenCommitted_TellWhatWasAskedAndWhatItDid()
    {
        var space = NewSpace();
        await Server.PostAsync($"{space}/commits", """{"id":"c-1","meta":{"actor":"agent-7","note":"from the stand-up"},"operations":[{"op":"put","concept":{"id":"ada","attributes":{"born":1815}}}]}""");
        var committed = await Server.PostAsync($"{space}/commits", $$"""{"operations":[{"op":"delete","id":"nobody","onMissing":"skip"},{{Associate("ada", "knows", "babbage")}}]}""");

        var page = (await Server.GetAsync($"{space}/changes?since=0")).Require(HttpStatusCode.OK);

        var items = page["items"].EnumerateArray().ToArray();
        Assert.Equal(2, items.Length);
        Assert.Equal("c-1", items[0].GetProperty("id").GetString());
        Assert.Equal("""{"actor":"agent-7","note":"from the stand-up"}""", items[0].GetProperty("meta").GetRawText());
        Assert.Equal("""[{"op":"put","concept":{"id":"ada","attributes":{"born":1815}}}]""", items[0].GetProperty("operations").GetRawText());
        Assert.Equal($$"""[{"effect":"created","id":"ada","version":{{items[0].GetProperty("position").GetInt64()}}}]""", items[0].GetProperty("results").GetRawText());
        Assert.Equal(JsonValueKind.Null, items[1].GetProperty("meta").ValueKind);
        Assert.Equal(committed["position"].GetInt64(), items[1].GetProperty("position").GetInt64());
        Assert.Equal(committed["results"].GetRawText(), items[1].GetProperty("results").GetRawText());
        Assert.True(DateTimeOffset.TryParse(items[1].GetProperty("time").GetString(), CultureInfo.InvariantCulture, out _));
        Assert.Equal(page["items"][1].GetProperty("position").GetInt64().ToString(CultureInfo.InvariantCulture), page.Headers["Cairn-Position"]);
    }

    /// <summary>What a change tells of its operations is a request: sent to another space, it says the same there.</summary>
    [Theory]
    [InlineData("""{"op":"put","concept":{"id":"a","labels":["x","y"],"content":"text","mediaType":"text/plain","attributes":{"i":9007199254740993,"f":1.0,"n":null,"b":true,"$$v":{"$datetime":"2026-01-31T12:00:00Z"},"z":{"$bytes":"AAE="},"l":[1,{"$$o":2}]},"vector":[0.5,1.0],"strength":0.5,"confidence":0.25,"validFrom":"1815-12-10T00:00:00Z","validTo":null,"expiresAt":"2099-01-01T00:00:00Z"},"onExists":"merge"}""")]
    [InlineData("""{"op":"put","concept":{"id":"a","content":{"$bytes":"AAECAw=="}},"onExists":"fail"}""")]
    [InlineData("""{"op":"patch","id":"a","set":{"content":null,"mediaType":null,"labels":[],"attributes":{"k":{"$float64":1.0}}},"remove":{"vector":true,"attributes":["p","q"]},"add":{"attributes":{"observations":["one"]}},"removeItems":{"attributes":{"notes":["two"]}},"onMissing":"create"}""")]
    [InlineData("""{"op":"patch","id":"a","set":{"vector":[0.25],"expiresAt":null},"add":{"labels":["x"]},"removeItems":{"labels":["y"],"attributes":{"observations":[1,true]}},"onMissing":"create"}""")]
    [InlineData("""{"op":"patch","id":"a","remove":{"attributes":true,"content":true,"mediaType":true,"strength":true,"confidence":true,"validFrom":true,"validTo":true,"expiresAt":true},"onMissing":"skip"}""")]
    [InlineData("""{"op":"delete","id":"a","onMissing":"skip"}""")]
    [InlineData("""{"op":"reinforce","id":"a","amount":0.5,"onMissing":"skip"}""")]
    [InlineData("""{"op":"associate","association":{"source":"a","type":"t","target":"b","key":"k","attributes":{"since":2020},"strength":0.5,"validTo":"2030-01-01T00:00:00Z"},"onExists":"skip","missingEndpoints":"imply"}""")]
    [InlineData("""{"op":"dissociate","source":"a","type":"t","target":"b","key":"","onMissing":"skip"}""")]
    [InlineData("""{"op":"reinforceAssociation","source":"a","type":"t","target":"b","key":"k","amount":0.25,"onMissing":"skip"}""")]
    public async Task Operations_WhenSentAgain_AreTheSame(string operation)
    {
        var (first, second) = (NewSpace(), NewSpace());
        (await Server.PostAsync($"{first}/commits", $$"""{"operations":[{{operation}}]}""")).Require(HttpStatusCode.OK);
        var told = (await Server.GetAsync($"{first}/changes"))["items"][0].GetProperty("operations").GetRawText();
        using (var sent = JsonDocument.Parse(operation))
        {
            Assert.True(JsonElement.DeepEquals(Plain(sent.RootElement), JsonDocument.Parse(told).RootElement[0]), told);
        }

        (await Server.PostAsync($"{second}/commits", $$"""{"operations":{{told}}}""")).Require(HttpStatusCode.OK);

        Assert.Equal(told, (await Server.GetAsync($"{second}/changes"))["items"][0].GetProperty("operations").GetRawText());
    }

    [Fact]
    public async Task Changes_WhenPaged_ComeOnceEachInOrder()
    {
        var space = NewSpace();
        for (var i = 0; i < 25; i++)
        {
            await Server.PutAsync($"{space}/concepts/c{i}", "{}");
        }

        (await Server.PutAsync($"{space}/concepts/c1", "{}", ("If-None-Match", "*"))).RequireProblem(412, "precondition-failed");
        await Server.PutAsync(space, """{"halfLife":"P30D"}""");
        var (since, ids) = ("0", new List<string>());
        for (var pages = 0; pages < 10; pages++)
        {
            var page = (await Server.GetAsync($"{space}/changes?since={since}&limit=4")).Require(HttpStatusCode.OK);
            ids.AddRange(page["items"].EnumerateArray().Select(item => item.GetProperty("results")[0].GetProperty("id").GetString()!));
            since = page["next"].GetString()!;
        }

        Assert.Equal(Enumerable.Range(0, 25).Select(i => $"c{i}"), ids);
        await Server.PutAsync($"{space}/concepts/late", "{}");
        Assert.Equal("late", (await Server.GetAsync($"{space}/changes?since={since}"))["items"][0].GetProperty("results")[0].GetProperty("id").GetString());
    }

    [Fact]
    public async Task LongPoll_WhenACommitComes_ReturnsItAtOnce()
    {
        var space = await NewGraphAsync(Put("a"));
        var since = (await Server.GetAsync($"{space}/changes"))["next"].GetString();
        var polling = Server.GetAsync($"{space}/changes?since={since}&wait=60000");
        await UntilAsync(async () => await ReadersAsync(space) == 1);
        Assert.False(polling.IsCompleted);

        await Server.PutAsync($"{space}/concepts/b", "{}");

        var page = await polling.WaitAsync(TimeSpan.FromSeconds(30), Cancelled);
        Assert.Equal("b", Assert.Single(page["items"].EnumerateArray()).GetProperty("results")[0].GetProperty("id").GetString());
        await UntilAsync(async () => await ReadersAsync(space) == 0);
    }

    [Fact]
    public async Task LongPoll_WhenNothingComes_IsEmptyAfterItsWait()
    {
        var space = await NewGraphAsync(Put("a"));
        var since = (await Server.GetAsync($"{space}/changes"))["next"].GetString();

        var page = (await Server.GetAsync($"{space}/changes?since={since}&wait=30")).Require(HttpStatusCode.OK);

        Assert.Equal(0, page["items"].GetArrayLength());
        Assert.Equal(since, page["next"].GetString());
    }

    [Fact]
    public async Task Events_WhileWritersBurst_LoseAndRepeatNothingThroughReconnects()
    {
        const int Writers = 3, Commits = 120;
        var space = await NewGraphAsync(Put("first"));
        var following = Enumerable.Range(0, 6).Select(i => FollowAsync(space, new Random(i), 1 + (Writers * Commits))).ToArray();
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(async writer =>
        {
            for (var i = 0; i < Commits; i++)
            {
                Assert.True((int)(await Server.PutAsync($"{space}/concepts/w{writer}-{i % 10}", "{}")).Status < 300);
            }
        }));

        var all = new List<long>();
        for (var since = "0"; ;)
        {
            var page = await Server.GetAsync($"{space}/changes?since={since}&limit=1000");
            if (page["items"].GetArrayLength() == 0)
            {
                break;
            }

            all.AddRange(page["items"].EnumerateArray().Select(item => item.GetProperty("position").GetInt64()));
            since = page["next"].GetString();
        }

        Assert.Equal(1 + (Writers * Commits), all.Count);
        foreach (var follower in following)
        {
            Assert.Equal(all, await follower);
        }

        await UntilAsync(async () => await ReadersAsync(space) == 0);
    }

    [Fact]
    public async Task Events_WhenClientsGoAway_LeaveNothingBehind()
    {
        var space = await NewGraphAsync(Put("a"));
        var streams = new List<EventStream>();
        for (var i = 0; i < 40; i++)
        {
            streams.Add(await EventStream.OpenAsync(Server, space, null));
            Assert.Single(await streams[i].ReadAsync(1));
        }

        Assert.Equal(40, await ReadersAsync(space));
        streams.ForEach(stream => stream.Dispose());
        await UntilAsync(async () => await ReadersAsync(space) == 0);
    }

    [Fact]
    public async Task Events_WhenTheSpaceIsDeleted_End()
    {
        var space = await NewGraphAsync(Put("a"));
        using var stream = await EventStream.OpenAsync(Server, space, null);
        await stream.ReadAsync(1);

        (await Server.DeleteAsync(space)).Require(HttpStatusCode.NoContent);

        Assert.True(await stream.HasEndedAsync());
    }

    [Fact]
    public async Task Changes_WhenOutcomesAreNotRetained_Are410()
    {
        await using var server = await TestServer.StartAsync(options => options with { Engine = options.Engine with { Checkpoints = CheckpointOptions.Never } });
        const string Space = "/v1/spaces/forgetful";
        (await server.PostAsync($"{Space}/commits", $$"""{"operations":[{{Put("a")}}]}""")).Require(HttpStatusCode.OK);
        var since = (await server.GetAsync($"{Space}/changes"))["next"].GetString();
        var lines = string.Join('\n', Enumerable.Range(0, 12_000).Select(i => Put($"c{i % 100}")));
        (await server.SendAsync("POST", $"{Space}/ingest", lines, "application/x-ndjson", ("Prefer", "wait=60"))).Require(HttpStatusCode.OK);

        (await server.GetAsync($"{Space}/changes?since={since}")).RequireProblem(410, "not-retained");
        (await server.GetAsync($"{Space}/changes?since={since}", ("Accept", "text/event-stream"))).RequireProblem(410, "not-retained");
        Assert.NotEqual(0, (await server.GetAsync($"{Space}/changes?since=0"))["items"].GetArrayLength());
    }

    [Fact]
    public async Task Changes_WhenTheRequestIsWrong_SayWhy()
    {
        var (space, other) = (await NewGraphAsync(Put("a")), await NewGraphAsync(Put("a")));
        var reply = await Server.GetAsync($"{space}/changes");
        (await Server.GetAsync($"{other}/changes?since={reply["next"].GetString()}")).RequireProblem(400, "wrong-cursor");
        (await Server.GetAsync($"{space}/changes?since={reply.Token}")).RequireProblem(400, "wrong-cursor");
        (await Server.GetAsync($"{space}/changes?since=17")).RequireProblem(400, "wrong-cursor");
        (await Server.GetAsync($"{space}/changes", ("Last-Event-ID", "x"))).RequireProblem(400, "wrong-cursor");
        (await Server.GetAsync($"{space}/changes?limit=0")).RequireProblem(400, "limit");
        (await Server.GetAsync($"{space}/changes?cursor=x")).RequireProblem(400, "unknown-member");
        (await Server.GetAsync($"{NewSpace()}/changes")).RequireProblem(404, "unknown-space");
        (await Server.GetAsync($"{space}/changes", ("Accept", "text/html"))).RequireProblem(406, "not-acceptable");
    }

    // As the service writes what was sent: float64 has one form.
    private static JsonElement Plain(JsonElement operation) => JsonDocument.Parse(operation.GetRawText()
        .Replace("{\"$float64\":1.0}", "1.0", StringComparison.Ordinal)).RootElement;

    private async Task<List<long>> FollowAsync(string space, Random random, int wanted)
    {
        var (seen, last) = (new List<long>(), (string?)null);
        while (seen.Count < wanted)
        {
            using var stream = await EventStream.OpenAsync(Server, space, last);
            foreach (var (id, position) in await stream.ReadAsync(Math.Min(random.Next(1, 90), wanted - seen.Count)))
            {
                seen.Add(position);
                last = id;
            }
        }

        return seen;
    }

    private async Task<int> ReadersAsync(string space)
    {
        Assert.True(SpaceName.TryParse(space.Split('/')[^1], out var name));
        return (await Server.Service.Catalog.FindAsync(name, Cancelled))!.ChangeReaders;
    }

    private static async Task UntilAsync(Func<Task<bool>> holds)
    {
        for (var left = 1_500; !await holds(); left--)
        {
            Assert.True(left > 0, "it did not come to be within 30 s");
            await Task.Delay(20, Cancelled);
        }
    }
}
