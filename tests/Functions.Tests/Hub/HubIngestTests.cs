using System.Globalization;
using System.Net;
using System.Text.Json;
using Cairn.Functions.Hub;
using Cairn.Functions.Tests.Serving;
using Cairn.Functions.Tests.Triggers;
using Cairn.Infra.EventHubs;
using Cairn.Primitives;

namespace Cairn.Functions.Tests.Hub;

/// <summary>POST …/ingest where there is a hub: published, answered, handed out, applied once.</summary>
public sealed class HubIngestTests
{
    private static string Put(string id, int n = 0) => $$$"""{"op":"put","concept":{"id":"{{{id}}}","attributes":{"n":{{{n}}} } } }""";

    private static string Lines(int count, string prefix = "c") => string.Join('\n', Enumerable.Range(0, count).Select(i => Put($"{prefix}{i}", i)));

    private static async Task<long> WrittenAsync(HubServer server) => (await server.GetAsync("/stats"))["log"].GetProperty("written").GetInt64();

    [Fact]
    public async Task Ingest_WhenAccepted_IsInTheHubAndAppliedWhenTheHostHandsItOut()
    {
        await using var server = await HubServer.StartAsync();

        var reply = (await server.IngestAsync(Lines(250), "?ids=true")).Require(HttpStatusCode.Accepted);

        Assert.Equal(250, reply["accepted"].GetInt32());
        Assert.Equal(0, await WrittenAsync(server));
        Assert.Equal(250, server.Hub.Texts.Count);
        Assert.True(await server.Host.DeliverAsync());
        Assert.Equal(250, await WrittenAsync(server));
        var id = reply["ids"][249].GetString();
        Assert.Equal("committed", (await server.GetAsync($"/commits/{id}")).Require(HttpStatusCode.OK).Member("outcome"));
    }

    [Fact]
    public async Task Events_WhenLookedAt_AreMessagesOfOnePartitionInTheOrderOfTheRequest()
    {
        await using var server = await HubServer.StartAsync();
        await server.IngestAsync("""{"commits":[{"id":"own","operations":[ {"op":"delete","id":"x"} ]}, { "operations" : [] , "meta":{"note":"é"}},{"op":"put","concept":{"id":"a"}}]}""");

        var events = Enumerable.Range(0, 4).Select(each => server.Hub.Read(each)).Single(each => each.Count > 0).Select(each => JsonDocument.Parse(each.Text).RootElement).ToArray();

        Assert.All(events, each => Assert.Equal(["space", "incarnation", "sentAt", "commit"], each.EnumerateObject().Select(member => member.Name)));
        Assert.All(events, each => Assert.InRange(DateTimeOffset.UtcNow - each.GetProperty("sentAt").GetDateTimeOffset(), TimeSpan.Zero, TimeSpan.FromMinutes(1)));
        Assert.Equal("own", events[0].GetProperty("commit").GetProperty("id").GetString());
        Assert.Equal("é", events[1].GetProperty("commit").GetProperty("meta").GetProperty("note").GetString());
        Assert.Equal(32, events[1].GetProperty("commit").GetProperty("id").GetString()!.Length);
        Assert.Equal("a", events[2].GetProperty("commit").GetProperty("operations")[0].GetProperty("concept").GetProperty("id").GetString());
    }

    [Fact]
    public async Task Token_WhenItsCommitsAreOnTheirWay_LetsAReadWaitForThem()
    {
        await using var server = await HubServer.StartAsync();
        var token = (await server.IngestAsync(Lines(3))).Require(HttpStatusCode.Accepted).Member("token");

        (await server.GetAsync($"/concepts/c2?after={token}&wait=50")).RequireProblem(503, "not-yet-visible");
        var read = server.GetAsync($"/concepts/c2?after={token}&wait=30000");
        Assert.True(await server.Host.DeliverAsync());

        Assert.Equal(2, (await read).Require(HttpStatusCode.OK)["attributes"].GetProperty("n").GetInt32());
    }

    [Fact]
    public async Task Commit_WhenAskedForWithItsToken_IsPendingUntilItIsDecided()
    {
        await using var server = await HubServer.StartAsync();
        var reply = (await server.IngestAsync("""{"id":"mine","operations":[{"op":"delete","id":"nothing"}]}""")).Require(HttpStatusCode.Accepted);
        var path = $"/commits/mine?wait=50&after={reply.Member("token")}";

        var pending = (await server.GetAsync(path)).Require(HttpStatusCode.Accepted);
        Assert.Equal(("pending", reply.Member("token")), (pending.Member("outcome"), pending.Member("token")));
        (await server.GetAsync("/commits/mine")).RequireProblem(404, "not-seen");
        Assert.True(await server.Host.DeliverAsync());

        Assert.Equal("rejected", (await server.GetAsync(path)).Require(HttpStatusCode.OK).Member("outcome"));
    }

    [Fact]
    public async Task Ingest_WhenItsOutcomesAreAwaited_TellsThemOrThatTheyAreOnTheirWay()
    {
        await using var server = await HubServer.StartAsync();
        var late = await server.IngestAsync(Put("a"), headers: ("Prefer", "wait=0"));
        using var stop = new CancellationTokenSource();
        var host = server.Host.RunAsync(stop.Token);

        var reply = (await server.IngestAsync(Lines(120) + "\n" + """{"op":"delete","id":"nothing"}""", headers: ("Prefer", "wait=30"))).Require(HttpStatusCode.OK);
        await stop.CancelAsync();
        await host;

        Assert.False(late.Require(HttpStatusCode.Accepted).Json.TryGetProperty("outcomes", out _));
        Assert.Equal((121, 120, 1), (
            reply["accepted"].GetInt32(), reply["outcomes"].GetProperty("committed").GetInt32(), reply["outcomes"].GetProperty("rejected").GetInt32()));
    }

    [Fact]
    public async Task Ingest_WhenThePublishIsRepeated_IsAppliedOnce()
    {
        await using var server = await HubServer.StartAsync();
        server.Hub.LoseAnswer();
        server.Hub.KeepButAnswer(HttpStatusCode.InternalServerError);

        (await server.IngestAsync(Put("a"))).Require(HttpStatusCode.Accepted);

        Assert.Equal(3, server.Hub.Texts.Count);
        Assert.True(await server.Host.DeliverAsync());
        Assert.Equal(1, (await server.GetAsync("/changes?since=0"))["items"].GetArrayLength());
    }

    [Fact]
    public async Task Ingest_WhenItsKeyIsRepeated_PublishesOnlyWhatIsNotKnownYet()
    {
        await using var server = await HubServer.StartAsync();
        await server.IngestAsync(Lines(2), headers: ("Idempotency-Key", "k\"1"));
        await server.Host.DeliverAsync();

        var reply = (await server.IngestAsync(Lines(3), "?ids=true", ("Idempotency-Key", "k\"1"))).Require(HttpStatusCode.Accepted);

        Assert.Equal(["k\"1/1", "k\"1/2", "k\"1/3"], reply["ids"].EnumerateArray().Select(each => each.GetString()));
        Assert.Equal(3, server.Hub.Texts.Count);
        await server.Host.DeliverAsync();
        Assert.Equal(3, await WrittenAsync(server));
        Assert.Equal(1, (await server.IngestAsync(Put("other"), headers: ("Idempotency-Key", "k\"1")))["rejected"].GetArrayLength());
    }

    [Fact]
    public async Task Ingest_WhenACommitIsLarge_GoesByClaimCheckInItsPlace()
    {
        await using var server = await HubServer.StartAsync();
        string Large(int n) => $$$"""{"op":"put","concept":{"id":"large","content":"{{{new string('"', 200_000).Replace("\"", "\\\"", StringComparison.Ordinal)}}}","attributes":{"n":{{{n}}} } } }""";

        (await server.IngestAsync(string.Join('\n', Put("large", 1), Large(2), Put("large", 3), Large(4)))).Require(HttpStatusCode.Accepted);

        Assert.Equal(2, server.Triggers.Claims.Names.Count(name => name.StartsWith("hub/", StringComparison.Ordinal)));
        Assert.All(server.Hub.Texts, text => Assert.InRange(text.Length, 1, OutgoingEvent.MaxBytes));
        Assert.True(await server.Host.DeliverAsync());
        var concept = await server.GetAsync("/concepts/large");
        Assert.Equal((4, 200_000), (concept["attributes"].GetProperty("n").GetInt32(), concept["content"].GetString()!.Length));
        Assert.Empty(server.Triggers.Claims.Names);
    }

    [Fact]
    public async Task Ingest_WhenTheHubIsBusy_IsRefusedAndSaysWhenToComeAgain()
    {
        await using var server = await HubServer.StartAsync();
        server.Hub.Refuse(HttpStatusCode.TooManyRequests, retryAfter: "17");

        var reply = (await server.IngestAsync(Lines(10))).RequireProblem(429, "throttled");

        Assert.Equal("17", reply.Headers["Retry-After"]);
        Assert.Empty(server.Hub.Texts);
        server.Hub.Refuse(HttpStatusCode.Forbidden);
        (await server.IngestAsync(Lines(10))).RequireProblem(503, "unavailable");
        (await server.IngestAsync(Lines(10))).Require(HttpStatusCode.Accepted);
    }

    [Fact]
    public async Task Ingest_WhenALineCannotBeACommit_PublishesTheOthers()
    {
        await using var server = await HubServer.StartAsync();

        var reply = (await server.IngestAsync(string.Join('\n', Put("a"), "{\"op\":\"grow\"}", "nonsense", Put("b")))).Require(HttpStatusCode.Accepted);

        Assert.Equal((2, 2), (reply["accepted"].GetInt32(), reply["rejected"].GetArrayLength()));
        Assert.Equal(2, server.Hub.Texts.Count);
    }

    [Fact]
    public async Task Ingest_WhenMuchComesAtOnce_GoesInBatchesWithinTheLimit()
    {
        const int Count = 5_000;
        await using var server = await HubServer.StartAsync(options => options with
        {
            Hub = options.Hub! with { Hub = options.Hub.Hub with { MaxBatchBytes = EventHubOptions.LeastMaxBatchBytes } },
        });

        (await server.IngestAsync(Lines(Count))).Require(HttpStatusCode.Accepted);

        Assert.Equal(Count, server.Hub.Requests.Sum(each => each.Events));
        Assert.All(server.Hub.Requests, each => Assert.InRange(each.Bytes, 1, EventHubOptions.LeastMaxBatchBytes));
        Assert.InRange(server.Hub.Requests.Count, 4, Count / 50);
        Assert.Single(server.Hub.Requests.Select(each => each.Partition).Distinct());
        var events = server.Hub.Read(server.Hub.Requests[0].Partition).Select(each => JsonDocument.Parse(each.Text).RootElement);
        Assert.Equal(
            Enumerable.Range(0, Count).Select(i => $"c{i.ToString(CultureInfo.InvariantCulture)}"),
            events.Select(each => each.GetProperty("commit").GetProperty("operations")[0].GetProperty("concept").GetProperty("id").GetString()!));
    }

    [Fact]
    public async Task Batch_WhenTheProcessCannotApplyIt_ComesAgainAndTheTokenWaits()
    {
        var store = new FailingStore();
        await using var server = await HubServer.StartAsync(options => options with { Store = store, Tables = new Cairn.Storage.MemoryTableStore() });
        var token = (await server.IngestAsync(Lines(3))).Member("token");
        store.Failure = new CairnException(ErrorKind.Unavailable, "the disk is full");

        Assert.False(await server.Host.DeliverAsync());
        store.Failure = null;
        Assert.True(await server.Host.DeliverAsync());

        (await server.GetAsync($"/concepts/c2?after={token}")).Require(HttpStatusCode.OK);
        Assert.Equal(3, await WrittenAsync(server));
    }

    [Fact]
    public async Task Commit_WhenItIsRefusedBehindTheHub_IsToldUnderItsIdAndItsTokenWaitsNoLonger()
    {
        await using var server = await HubServer.StartAsync();
        var vectors = """{"id":"v","operations":[{"op":"put","concept":{"id":"a","vector":[1,2,3]}}]}""";
        var token = (await server.IngestAsync(vectors)).Require(HttpStatusCode.Accepted).Member("token");
        (await server.Triggers.Server.PutAsync("/v1/spaces/demo", """{"vector":{"dimensions":2}}""", ("x-api-key", TriggerServer.Key))).Require(HttpStatusCode.OK);

        Assert.True(await server.Host.DeliverAsync());

        var told = (await server.GetAsync($"/commits/v?after={token}")).Require(HttpStatusCode.OK);
        Assert.Equal(("rejected", "refused"), (told.Member("outcome"), told.Member("reason")));
        Assert.Contains("vector", told.Member("detail"), StringComparison.Ordinal);
        (await server.GetAsync($"/concepts/a?after={token}&wait=30000")).RequireProblem(404, "unknown-concept");
        Assert.Equal("v", JsonDocument.Parse(server.Triggers.SinglePoison().GetProperty("message").GetString()!).RootElement.GetProperty("commit").GetProperty("id").GetString());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Event_WhenItsSpaceWasDeletedMeanwhile_ComesIntoNoOther(bool isMadeAnew)
    {
        await using var server = await HubServer.StartAsync(options => options with { AutoCreate = true });
        (await server.IngestAsync("""{"id":"mine","operations":[{"op":"put","concept":{"id":"old"}}]}""")).Require(HttpStatusCode.Accepted);
        (await server.Triggers.Server.DeleteAsync("/v1/spaces/demo", ("x-api-key", TriggerServer.Key))).Require(HttpStatusCode.NoContent);
        if (isMadeAnew)
        {
            await server.Triggers.NewSpaceAsync();
        }

        Assert.True(await server.Host.DeliverAsync());

        (await server.GetAsync("/concepts/old")).RequireProblem(404, isMadeAnew ? "unknown-concept" : "unknown-space");
        (await server.GetAsync("/commits/mine")).RequireProblem(404, isMadeAnew ? "not-seen" : "unknown-space");
        Assert.Equal("unknown-space", server.Triggers.SinglePoison().GetProperty("reason").GetString());
    }

    [Fact]
    public async Task Message_WhenItIsRefused_IsToldUnderTheIdThatItWouldHaveHad()
    {
        await using var server = await HubServer.StartAsync();
        await server.Triggers.InvokeAsync("ingest-queue", """{"space":"demo","commit":{"operations":[{"op":"grow"}]}}""", "m1");
        await server.Triggers.InvokeAsync("ingest-queue", """{"space":"demo","claim":"gone.json","id":"claimed"}""", "m2");
        await server.Triggers.InvokeAsync("ingest-queue", """{"space":"nowhere","commit":{"operations":[]}}""", "m3");

        Assert.StartsWith("invalid: ", (await server.GetAsync("/commits/m1")).Require(HttpStatusCode.OK).Member("detail"), StringComparison.Ordinal);
        Assert.StartsWith("claim-missing: ", (await server.GetAsync("/commits/claimed")).Require(HttpStatusCode.OK).Member("detail"), StringComparison.Ordinal);
        Assert.Equal(3, server.Triggers.Poison.Texts.Count);
    }

    [Fact]
    public async Task Message_WhenThereIsAHub_IsForwardedWithItsIdAndItsTime()
    {
        await using var server = await HubServer.StartAsync();
        var sentAt = DateTimeOffset.UtcNow.AddHours(-5);
        await server.Triggers.Claims.WriteAsync("orders/1.json", """{"operations":[{"op":"put","concept":{"id":"claimed"}}]}"""u8.ToArray(), default);
        string[] messages =
        [
            """ { "commit" : { "operations":[{"op":"put","concept":{"id":"plain"}}] } , "space":"demo"}""",
            """{"space":"demo","claim":"orders/1.json"}""",
            """{"specversion":"1.0","type":"cairn.commit","source":"/shop","id":"7","subject":"demo","data":{"operations":[{"op":"put","concept":{"id":"cloud"}}]}}""",
        ];

        for (var i = 0; i < messages.Length; i++)
        {
            Assert.Equal("forwarded", (await server.Triggers.InvokeAsync("ingest-queue", messages[i], $"m{i}", sentAt: sentAt)).Member("ReturnValue"));
        }

        Assert.All(server.Hub.Texts, text => Assert.Equal(sentAt, JsonDocument.Parse(text).RootElement.GetProperty("sentAt").GetDateTimeOffset(), TimeSpan.FromSeconds(1)));
        Assert.True(await server.Host.DeliverAsync());
        foreach (var (id, concept) in new[] { ("m0", "plain"), ("m1", "claimed"), (Functions.Triggers.CloudEvent.NameOf("/shop"u8, "7"u8), "cloud") })
        {
            Assert.Equal("committed", (await server.GetAsync($"/commits/{id}")).Require(HttpStatusCode.OK).Member("outcome"));
            (await server.GetAsync($"/concepts/{concept}")).Require(HttpStatusCode.OK);
        }

        // The queue hands one out again after it was applied.
        Assert.Equal("duplicate", (await server.Triggers.InvokeAsync("ingest-queue", messages[0], "m0", deliveries: 2, sentAt: sentAt)).Member("ReturnValue"));
        Assert.Equal("poisoned", (await server.Triggers.InvokeAsync("ingest-queue", "nonsense", "m9")).Member("ReturnValue"));
    }
}
