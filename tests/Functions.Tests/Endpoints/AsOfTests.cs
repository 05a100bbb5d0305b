using System.Globalization;
using System.Net;
using Cairn.Domain.Tests;
using Cairn.Functions.Hosting;
using Cairn.Functions.Tests.Serving;
using Cairn.Primitives;
using Cairn.Reconciliation;

namespace Cairn.Functions.Tests.Endpoints;

/// <summary>Reads of a memory as it was.</summary>
public sealed class AsOfTests : ServerTests
{
    private readonly ManualTime _time = new();
    private readonly FailingStore _store = new();
    private string _space = "";
    private long _then;
    private string _thenTime = "";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private protected override ServerOptions Options(ServerOptions options) => options with { Time = _time, Store = _store };

    // What was: three concepts, two associations, one of them to an implied end. What is: nearly all of it another.
    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        _space = await NewGraphAsync(
            Put("ada", """ "labels":["person"],"attributes":{"born":1815} """),
            Put("bob", """ "labels":["person"],"attributes":{"born":1900} """),
            Put("tea", """ "expiresAt":"2026-01-01T00:00:10Z" """),
            Associate("ada", "knows", "bob"),
            Associate("ada", "knows", "nobody"));
        _then = await PositionAsync();
        _thenTime = "2026-01-01T00:00:00Z";
        _time.Advance(TimeSpan.FromSeconds(20));
        await CommitAsync(
            """{"op":"delete","id":"bob"}""",
            """{"op":"patch","id":"ada","set":{"attributes":{"born":1816}}}""",
            Put("eve", """ "labels":["person"],"attributes":{"died":1} """),
            Associate("eve", "likes", "ada"));
    }

    [Fact]
    public async Task Reads_WhenAskedForThen_ShowWhatWasThen()
    {
        foreach (var asOf in new[] { $"asOf={_then}", $"asOf={_then + 1}", $"asOf={_thenTime}", "asOf=2026-01-01T01:00:19%2B01:00" })
        {
            var ada = (await Server.GetAsync($"{_space}/concepts/ada?{asOf}")).Require(HttpStatusCode.OK);
            Assert.Equal(1815, ada["attributes"].GetProperty("born").GetInt32());
            Assert.Equal(_then, Position(ada));
            Assert.Equal("0", ada.Headers["Cairn-Lag-Ms"]);
            (await Server.GetAsync($"{_space}/concepts/eve?{asOf}")).RequireProblem(404, "unknown-concept");
            (await Server.GetAsync($"{_space}/associations/ada/knows/bob?{asOf}")).Require(HttpStatusCode.OK);
            Assert.Equal("ada bob tea", Ids((await GetAsync($"concepts?fields=id&{asOf}"))["items"], "id"));
            Assert.Equal("ada", Ids((await GetAsync($"concepts?where=born<1850&{asOf}"))["items"], "id"));
            Assert.Equal("bob nobody", Ids((await GetAsync($"associations?{asOf}"))["items"], "target"));
            Assert.Equal(2, (await GetAsync($"concepts/ada/neighbors?{asOf}"))["items"].GetArrayLength());
            Assert.Contains("knows", (await GetAsync($"schema?{asOf}")).Text, StringComparison.Ordinal);
            Assert.DoesNotContain("likes", (await GetAsync($"schema?{asOf}")).Text, StringComparison.Ordinal);
            Assert.Contains("\"tea\"", (await GetAsync($"export?format=ndjson&{asOf}")).Text, StringComparison.Ordinal);
            var got = await PostAsync($"get?{asOf}", """{"ids":["eve","bob"]}""");
            Assert.Equal((1, 1), (got["items"].GetArrayLength(), got["missing"].GetArrayLength()));
            Assert.Equal(1, (await PostAsync($"paths?{asOf}", """{"from":"ada","to":"bob"}"""))["paths"].GetArrayLength());
            Assert.Equal(3715, (await PostAsync($"aggregate?{asOf}", """{"select":[{"fn":"sum","of":"born","as":"n"}]}"""))["rows"][0].GetProperty("n").GetInt32());
        }

        Assert.Equal("ada eve", Ids((await GetAsync("concepts?fields=id"))["items"], "id"));
    }

    [Fact]
    public async Task Now_WhenAskedForThen_IsTheLogsTimeThere()
    {
        // Expired by now, and not by then.
        (await Server.GetAsync($"{_space}/concepts/tea")).RequireProblem(404, "unknown-concept");
        (await Server.GetAsync($"{_space}/concepts/tea?asOf={_then}")).Require(HttpStatusCode.OK);
        var now = await PositionAsync();
        (await Server.GetAsync($"{_space}/concepts/tea?asOf={now}")).RequireProblem(404, "unknown-concept");
    }

    [Fact]
    public async Task Settings_WhenAskedForThen_AreThoseOfThen()
    {
        (await Server.PutAsync(_space, """{"halfLife":"P1D"}""")).Require(HttpStatusCode.OK);

        Assert.Equal("PT24H", (await GetAsync(""))["halfLife"].GetString());
        Assert.Null((await GetAsync($"?asOf={_then}"))["halfLife"].GetString());
    }

    [Fact]
    public async Task Etag_WhenAskedForThen_IsThatOfTheVersionThen()
    {
        var then = await GetAsync($"concepts/ada?asOf={_then}");
        var now = await GetAsync("concepts/ada");

        Assert.NotEqual(now.Headers["ETag"], then.Headers["ETag"]);
        Assert.EndsWith($"-{_then}\"", then.Headers["ETag"], StringComparison.Ordinal);
        (await Server.GetAsync($"{_space}/concepts/ada?asOf={_then}", ("If-None-Match", then.Headers["ETag"]))).Require(HttpStatusCode.NotModified);
        (await Server.GetAsync($"{_space}/concepts/ada?asOf={_then}", ("If-None-Match", now.Headers["ETag"]))).Require(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Token_WhenAskedForThen_IsOfNow()
    {
        var then = await GetAsync($"concepts/ada?asOf={_then}");

        Assert.Equal((await GetAsync("concepts/ada")).Token, then.Token);
        Assert.Equal(_then, Position(await GetAsync($"concepts?asOf={_then}&consistency=strong&after={then.Token}")));
    }

    [Theory]
    [InlineData("concepts?limit=2&fields=id")]
    [InlineData("concepts?limit=2&fields=id&orderBy=born desc")]
    [InlineData("associations?limit=1")]
    [InlineData("concepts/ada/neighbors?limit=1")]
    public async Task List_WhenItIsOfThen_GoesOnFrozen(string list)
    {
        foreach (var asOf in new[] { _then.ToString(CultureInfo.InvariantCulture), _thenTime, "live" })
        {
            var asked = asOf == "live" ? (await PositionAsync()).ToString(CultureInfo.InvariantCulture) : asOf;
            var (path, items) = ($"{list}&asOf={asked}", new List<string>());
            var whole = (await GetAsync(path.Replace("limit=", "limit=10", StringComparison.Ordinal)))["items"];
            string? cursor = null;
            do
            {
                var page = await GetAsync(cursor is null ? path : $"{path}&cursor={cursor}");
                items.AddRange(page["items"].EnumerateArray().Select(item => item.GetRawText()));
                cursor = page["cursor"].GetString();
                await CommitAsync(Put("aaa"), Put("bbb"), Associate("ada", "aaa", "zzz"), Associate("ada", "zzz", "zzz"));
                _time.Advance(TimeSpan.FromSeconds(1));
            }
            while (cursor is not null);

            Assert.Equal(whole.EnumerateArray().Select(item => item.GetRawText()), items);
            await CommitAsync(
                """{"op":"delete","id":"aaa"}""", """{"op":"delete","id":"bbb"}""",
                """{"op":"dissociate","source":"ada","type":"aaa","target":"zzz"}""", """{"op":"dissociate","source":"ada","type":"zzz","target":"zzz"}""");
        }
    }

    [Fact]
    public async Task Cursor_WhenItIsOfAnotherState_IsRefused()
    {
        var ofThen = (await GetAsync($"concepts?limit=1&asOf={_then}"))["cursor"].GetString();
        var ofThenTime = (await GetAsync($"concepts?limit=1&asOf={_thenTime}"))["cursor"].GetString();
        var ofNow = (await GetAsync("concepts?limit=1"))["cursor"].GetString();

        foreach (var (cursor, asOf) in new[]
        {
            (ofThen, ""), (ofThen, $"&asOf={_then + 1}"), (ofThen, $"&asOf={_thenTime}"), (ofThenTime, $"&asOf={_then}"),
            (ofThenTime, "&asOf=2026-01-01T00:00:01Z"), (ofNow, $"&asOf={_then}"), (ofNow, $"&asOf={_thenTime}"),
        })
        {
            var refused = (await Server.GetAsync($"{_space}/concepts?limit=1&cursor={cursor}{asOf}")).RequireProblem(400, "wrong-cursor");
            Assert.Contains("another query", refused.Member("detail"), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task AsOf_WhenItIsAhead_IsRefusedWithTheNewestPosition()
    {
        var newest = await PositionAsync();

        var ahead = (await Server.GetAsync($"{_space}/concepts?asOf={newest + 1}")).RequireProblem(400, "invalid");

        Assert.Equal(("asOf", $"{newest}", $"{newest + 1}"), (ahead.Member("parameter"), ahead.Member("limit"), ahead.Member("actual")));
        Assert.Contains($"{newest}", ahead.Member("detail"), StringComparison.Ordinal);
        (await Server.GetAsync($"{_space}/concepts?asOf=2026-01-01T00:00:21Z")).RequireProblem(400, "invalid");
        Assert.Equal(newest, Position(await GetAsync("concepts?asOf=2026-01-01T00:00:20Z")));
    }

    [Fact]
    public async Task AsOf_WhenItIsTheBeginning_ShowsAnEmptyMemory()
    {
        var empty = await GetAsync("concepts?asOf=0");

        Assert.Equal((0, 0L), (empty["items"].GetArrayLength(), Position(empty)));
        (await Server.GetAsync($"{_space}/concepts?asOf=2025-12-31T23:59:59Z")).RequireProblem(410, "not-retained");
    }

    [Fact]
    public async Task AsOf_WhenTheStateIsNotLoadedInTime_IsATimeoutAndLaterThere()
    {
        var hold = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _store.HoldReads = hold.Task;
        var reply = Server.GetAsync($"{_space}/concepts/ada?asOf={_then}");
        while (!reply.IsCompleted)
        {
            await Task.Delay(10, Cancelled);
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        (await reply).RequireProblem(503, "timeout");
        (await Server.GetAsync($"{_space}/concepts/ada")).Require(HttpStatusCode.OK);
        hold.SetResult();
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => GetAsync($"concepts/ada?asOf={_then}")));
        Assert.All(answers, answer => Assert.Equal(_then, Position(answer)));
    }

    [Fact]
    public async Task AsOf_WhenItIsNoLongerRetained_IsGoneAndNamesTheOldest()
    {
        var options = EngineOptions.Default with { Checkpoints = CheckpointOptions.Default with { TailOperations = long.MaxValue, ClosingOperations = long.MaxValue } };
        await using var server = await TestServer.StartAsync(
            given => given with { Time = _time, Engine = options, Store = new Cairn.Storage.MemorySpaceStore(maxFileBytes: 4096) });
        var space = "/v1/spaces/rolls";
        var positions = new List<long>();
        for (var i = 0; i < 100; i++)
        {
            positions.Add(Position((await server.PutAsync($"{space}/concepts/c{i}", """{"content":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}""")).Require(HttpStatusCode.Created)));
            if (i % 30 == 29)
            {
                await (await server.Service.Catalog.FindAsync(SpaceName.Parse("rolls"), Cancelled))!.CheckpointAsync(Cancelled);

                // Not behind the last one: what is too old by then would go without a next checkpoint.
                _time.Advance(i < 89 ? TimeSpan.FromDays(8) : TimeSpan.Zero);
            }
        }

        var gone = (await server.GetAsync($"{space}/concepts?asOf={positions[3]}")).RequireProblem(410, "not-retained");

        Assert.Equal($"{positions[59]}", gone.Member("limit"));
        Assert.Equal(positions[60], Position((await server.GetAsync($"{space}/concepts/c60?asOf={positions[60]}")).Require(HttpStatusCode.OK)));
        (await server.GetAsync($"{space}/concepts/c61?asOf={positions[60]}")).RequireProblem(404, "unknown-concept");
    }

    [Fact]
    public async Task AsOf_WhenAnotherProcessGaveItOut_IsLookedForInTheLog()
    {
        var store = new Cairn.Storage.MemorySpaceStore(isShared: true);
        var engine = EngineOptions.Default with { TailInterval = TimeSpan.FromHours(1) };
        await using var one = await TestServer.StartAsync(given => given with { Time = _time, Store = store, Engine = engine });
        await using var other = await TestServer.StartAsync(given => given with { Time = _time, Store = store, Engine = engine });
        const string Concept = "/v1/spaces/shared/concepts/a";
        (await one.PutAsync(Concept, "{}")).Require(HttpStatusCode.Created);
        (await other.GetAsync(Concept)).Require(HttpStatusCode.OK);

        var second = Position((await one.PutAsync(Concept, """{"content":"2"}""")).Require(HttpStatusCode.OK));
        Assert.Equal("2", (await other.GetAsync($"{Concept}?asOf={second}")).Require(HttpStatusCode.OK)["content"].GetString());
        (await one.PutAsync(Concept, """{"content":"3"}""")).Require(HttpStatusCode.OK);
        Assert.Equal("3", (await other.GetAsync($"{Concept}?asOf=2026-01-01T00:00:20Z")).Require(HttpStatusCode.OK)["content"].GetString());
        Assert.Equal("2", (await other.GetAsync($"{Concept}?asOf={second}")).Require(HttpStatusCode.OK)["content"].GetString());
    }

    private static long Position(Reply reply) => reply.Headers.TryGetValue("Cairn-Position", out var position)
        ? long.Parse(position, CultureInfo.InvariantCulture)
        : reply["position"].GetInt64();

    private static string Ids(System.Text.Json.JsonElement items, string member) =>
        string.Join(' ', items.EnumerateArray().Select(item => item.GetProperty(member).GetString()));

    private async Task<long> PositionAsync() => Position(await GetAsync("stats"));

    private async Task CommitAsync(params string[] operations) =>
        (await Server.PostAsync($"{_space}/commits", $$"""{"operations":[{{string.Join(",", operations)}}]}""")).Require(HttpStatusCode.OK);

    private async Task<Reply> GetAsync(string path) =>
        (await Server.GetAsync(path is "" or ['?', ..] ? _space + path : $"{_space}/{path}")).Require(HttpStatusCode.OK);

    private async Task<Reply> PostAsync(string path, string body) => (await Server.PostAsync($"{_space}/{path}", body)).Require(HttpStatusCode.OK);
}
