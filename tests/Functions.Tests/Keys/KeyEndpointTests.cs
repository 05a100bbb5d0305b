using System.Net;
using Cairn.Domain.Tests;
using Cairn.Functions.Hosting;
using Cairn.Functions.Keys;
using Cairn.Functions.Tests.Serving;
using Cairn.Primitives;
using Cairn.Storage;

namespace Cairn.Functions.Tests.Keys;

/// <summary>Making, listing and revoking keys, and when they begin and cease to count.</summary>
public sealed class KeyEndpointTests
{
    private const string Admin = """{"name":"me","spaces":["*"],"scope":"admin"}""";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Key_WhenMade_IsShownOnceAndClosesTheService()
    {
        await using var server = await TestServer.StartAsync();
        (await server.GetAsync("/v1/spaces")).Require(HttpStatusCode.OK);

        var made = (await server.PostAsync("/v1/keys", Admin)).Require(HttpStatusCode.Created);

        var key = made["key"].GetString()!;
        Assert.StartsWith($"cairn_{made["id"].GetString()}_", key, StringComparison.Ordinal);
        Assert.Equal("no-store", made.Headers["Cache-Control"]);
        (await server.GetAsync("/v1/spaces")).RequireProblem(401, "unauthenticated");
        (await server.GetAsync("/v1/spaces", ("Authorization", $"Bearer {key}"))).Require(HttpStatusCode.OK);
        var listed = (await server.GetAsync("/v1/keys", ("x-api-key", key))).Require(HttpStatusCode.OK);
        Assert.DoesNotContain(key[^43..], listed.Text, StringComparison.Ordinal);
        Assert.Equal("me", Assert.Single(listed["items"].EnumerateArray()).GetProperty("name").GetString());
        Assert.NotNull(Assert.Single(listed["items"].EnumerateArray()).GetProperty("lastUsedAt").GetString());
    }

    [Theory]
    [InlineData("""{"name":"a","spaces":["demo"],"scope":"admin"}""")]
    [InlineData("""{"name":"a","spaces":["*"],"scope":"write"}""")]
    public async Task FirstKey_WhenItCouldMakeNoOther_IsRefused(string body)
    {
        await using var server = await TestServer.StartAsync();

        (await server.PostAsync("/v1/keys", body)).RequireProblem(400, "invalid");
        (await server.GetAsync("/v1/spaces")).Require(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("{}", "invalid")]
    [InlineData("[]", "invalid")]
    [InlineData("""{"name":"","spaces":["*"],"scope":"admin"}""", "invalid")]
    [InlineData("""{"name":"a","spaces":[],"scope":"admin"}""", "invalid")]
    [InlineData("""{"name":"a","spaces":["A"],"scope":"admin"}""", "invalid")]
    [InlineData("""{"name":"a","spaces":["*"],"scope":"root"}""", "invalid")]
    [InlineData("""{"name":"a","spaces":["*"],"scope":"admin","expiresAt":"2001-01-01T00:00:00Z"}""", "invalid")]
    [InlineData("""{"name":"a","spaces":["*"],"scope":"admin","expiresAt":"soon"}""", "invalid")]
    [InlineData("""{"name":"a","spaces":["*"],"scope":"admin","secret":"x"}""", "unknown-member")]
    public async Task Key_WhenTheRequestIsWrong_IsRefused(string body, string problem)
    {
        await using var server = await TestServer.StartAsync();

        (await server.PostAsync("/v1/keys", body)).RequireProblem(400, problem);
    }

    [Fact]
    public async Task Key_WhenRevokedHere_StopsAtOnceAndOpensNothing()
    {
        await using var server = await TestServer.StartAsync();
        var made = await server.PostAsync("/v1/keys", Admin);
        var key = ("x-api-key", made["key"].GetString()!);

        (await server.DeleteAsync($"/v1/keys/{made["id"].GetString()}", key)).Require(HttpStatusCode.NoContent);

        (await server.GetAsync("/v1/spaces", key)).RequireProblem(401, "unauthenticated");
        (await server.GetAsync("/v1/spaces")).RequireProblem(401, "unauthenticated");
    }

    [Fact]
    public async Task Key_WhenThereIsNone_IsUnknown()
    {
        await using var server = await TestServer.StartAsync();

        (await server.DeleteAsync("/v1/keys/abcdefghijklmnop")).RequireProblem(404, "unknown-key");
        (await server.DeleteAsync("/v1/keys/what")).RequireProblem(404, "unknown-key");
    }

    [Fact]
    public async Task List_WhenPaged_GivesEachOnce()
    {
        await using var server = await TestServer.StartAsync(options => options with { ApiKey = "root" });
        for (var i = 0; i < 5; i++)
        {
            (await server.PostAsync("/v1/keys", $$"""{"name":"k{{i}}","spaces":["demo"],"scope":"read"}""", ("x-api-key", "root"))).Require(HttpStatusCode.Created);
        }

        var (names, cursor) = (new List<string>(), "");
        do
        {
            var page = (await server.GetAsync($"/v1/keys?limit=2{cursor}", ("x-api-key", "root"))).Require(HttpStatusCode.OK);
            names.AddRange(page["items"].EnumerateArray().Select(item => item.GetProperty("name").GetString()!));
            cursor = page["cursor"].GetString() is { } next ? $"&cursor={next}" : "";
        }
        while (cursor.Length > 0);
        Assert.Equal(["k0", "k1", "k2", "k3", "k4"], names.Order());
    }

    /// <summary>What another process did is known within the named time, for keys that were known and for those that were not.</summary>
    [Fact]
    public async Task Key_WhenAnotherProcessChangesIt_CountsWithinTheTimeToLive()
    {
        var (time, tables) = (new ManualTime(), new MemoryTableStore());
        await using var server = await TestServer.StartAsync(options => options with { Time = time, Store = new MemorySpaceStore(), Tables = tables, RequiresKeys = true });
        var elsewhere = new KeyRegistry(tables, time);
        var (record, text) = await elsewhere.CreateAsync("a", [SpacePattern.All], AccessScope.Admin, Timestamp.From(time.GetUtcNow()).Plus(TimeSpan.FromHours(1)), Token);
        async Task<HttpStatusCode> StatusAsync() => (await server.GetAsync("/v1/spaces", ("x-api-key", text))).Status;
        Assert.Equal(HttpStatusCode.OK, await StatusAsync());

        await elsewhere.RevokeAsync(record.Id, Token);
        time.Advance(KeyCache.TimeToLive - TimeSpan.FromMilliseconds(1));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync());
        time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync());

        // Back again: also that there is none is believed for no longer.
        Assert.NotNull(await tables.PutAsync(new("keys", record.Id), record.Encode(), null, Token));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync());
        time.Advance(KeyCache.TimeToLive);
        Assert.Equal(HttpStatusCode.OK, await StatusAsync());

        // An end needs no look.
        time.Advance(TimeSpan.FromHours(1) - (2 * KeyCache.TimeToLive));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync());
    }

    [Fact]
    public async Task Service_WhenAnotherProcessMakesTheFirstKey_ClosesWithinTheTimeToLive()
    {
        var (time, tables) = (new ManualTime(), new MemoryTableStore());
        await using var server = await TestServer.StartAsync(options => options with { Time = time, Store = new MemorySpaceStore(), Tables = tables });
        (await server.GetAsync("/v1/spaces")).Require(HttpStatusCode.OK);
        await new KeyRegistry(tables, time).CreateAsync("a", [SpacePattern.All], AccessScope.Admin, null, Token);

        time.Advance(KeyCache.TimeToLive);

        (await server.GetAsync("/v1/spaces")).RequireProblem(401, "unauthenticated");
        (await server.PutAsync("/v1/spaces/demo/concepts/a", "{}")).RequireProblem(401, "unauthenticated");
    }

    [Fact]
    public async Task Tables_WhenTheyDoNotAnswer_LetNobodyIn()
    {
        await using var server = await TestServer.StartAsync(options => options with { Store = new MemorySpaceStore(), Tables = new SilentTables() });
        await using var asking = await TestServer.StartAsync(options => options with { Store = new MemorySpaceStore(), Tables = new SilentTables(), ApiKey = "root" });

        Reply[] refused = [await server.GetAsync("/v1/spaces"), await asking.GetAsync("/v1/spaces", ("x-api-key", ApiKey.New().Text))];

        // Nobody knows yet who asks: what the tables said is not for him.
        Assert.All(refused, reply => Assert.DoesNotContain("no answer", reply.RequireProblem(503, "unavailable").Text, StringComparison.Ordinal));
        (await server.GetAsync("/health")).Require(HttpStatusCode.OK);
        (await asking.GetAsync("/v1/spaces", ("x-api-key", "root"))).Require(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Start_OnAnOpenAddress_NeedsAKeyOrToBeTold()
    {
        var tables = new MemoryTableStore();
        Task<TestServer> StartAsync(bool requires) => TestServer.StartAsync(
            options => options with { Urls = ["http://0.0.0.0:0"], Store = new MemorySpaceStore(), Tables = tables, RequiresKeys = requires });

        await Assert.ThrowsAsync<StartFailure>(() => StartAsync(false));
        await (await StartAsync(true)).DisposeAsync();
        await new KeyRegistry(tables, TimeProvider.System).CreateAsync("a", [SpacePattern.All], AccessScope.Admin, null, Token);
        await (await StartAsync(false)).DisposeAsync();
    }

    [Fact]
    public async Task Cache_WhenKeysAreGuessed_StaysBoundedAndKeepsThoseInUse()
    {
        var keys = new KeyRegistry(new MemoryTableStore(), TimeProvider.System);
        var cache = new KeyCache(keys, TimeProvider.System, _ => { });
        var (_, text) = await keys.CreateAsync("a", [SpacePattern.All], AccessScope.Admin, null, Token);
        Assert.NotNull(await cache.FindAsync(text, Token));

        for (var i = 0; i < KeyCache.MaxEntries + 100; i++)
        {
            Assert.Null(await cache.FindAsync(ApiKey.New().Text, Token));
        }

        Assert.InRange(cache.Count, 1, KeyCache.MaxEntries);
        Assert.True(cache.TryFind(text, out var caller));
        Assert.NotNull(caller);
    }

    [Fact]
    public async Task Cache_WhenTooManyUnknownKeysComeAtOnce_RefusesThemAndNotTheKnown()
    {
        var (time, tables) = (new ManualTime(), new SlowTables());
        var keys = new KeyRegistry(tables, time);
        var cache = new KeyCache(keys, time, _ => { });
        var (_, text) = await keys.CreateAsync("a", [SpacePattern.All], AccessScope.Admin, null, Token);
        Assert.NotNull(await cache.FindAsync(text, Token));
        time.Advance(KeyCache.TimeToLive);
        tables.Gate = new();

        var looks = Enumerable.Range(0, KeyCache.MaxLooks).Select(_ => cache.FindAsync(ApiKey.New().Text, Token).AsTask()).ToArray();
        var refused = await Assert.ThrowsAsync<Cairn.Functions.Problems.ProblemException>(async () => await cache.FindAsync(ApiKey.New().Text, Token));
        var known = cache.FindAsync(text, Token).AsTask();
        tables.Gate.SetResult();

        Assert.Equal("throttled", refused.Problem.Kind);
        Assert.NotNull(await known);
        Assert.All(await Task.WhenAll(looks), Assert.Null);
    }

    [Fact]
    public async Task Find_WhenTheKeyIsKnown_AllocatesNothing()
    {
        var keys = new KeyRegistry(new MemoryTableStore(), TimeProvider.System);
        var cache = new KeyCache(keys, TimeProvider.System, _ => { });
        var (_, text) = await keys.CreateAsync("a", [SpacePattern.All], AccessScope.Read, null, Token);
        await cache.FindAsync(text, Token);
        Assert.Equal(0, AllocatedBytes.Least(() => Assert.True(cache.TryFind(text, out var caller) && caller!.May(AccessScope.Read, "demo"))));
    }

    /// <summary>Tables that are not there.</summary>
    private sealed class SilentTables : ITableStore
    {
        private static CairnException Silence => new(ErrorKind.Unavailable, "no answer") { Problem = "unavailable" };

        public ValueTask<TableRecord?> FindAsync(RecordKey key, CancellationToken cancellationToken) => throw Silence;

        public ValueTask<VersionTag?> PutAsync(RecordKey key, ReadOnlyMemory<byte> bytes, VersionTag? expected, CancellationToken cancellationToken) => throw Silence;

        public ValueTask<IReadOnlyList<TableRecord>> ListAsync(string partition, string? after, int limit, CancellationToken cancellationToken) => throw Silence;

        public ValueTask<bool> DeleteAsync(RecordKey key, CancellationToken cancellationToken) => throw Silence;

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    /// <summary>Tables whose reads wait at a gate, once there is one.</summary>
    private sealed class SlowTables : ITableStore
    {
        private readonly MemoryTableStore _tables = new();

        public TaskCompletionSource? Gate { get; set; }

        public async ValueTask<TableRecord?> FindAsync(RecordKey key, CancellationToken cancellationToken)
        {
            await (Gate?.Task ?? Task.CompletedTask);
            return await _tables.FindAsync(key, cancellationToken);
        }

        public ValueTask<VersionTag?> PutAsync(RecordKey key, ReadOnlyMemory<byte> bytes, VersionTag? expected, CancellationToken cancellationToken) =>
            _tables.PutAsync(key, bytes, expected, cancellationToken);

        public ValueTask<IReadOnlyList<TableRecord>> ListAsync(string partition, string? after, int limit, CancellationToken cancellationToken) =>
            _tables.ListAsync(partition, after, limit, cancellationToken);

        public ValueTask<bool> DeleteAsync(RecordKey key, CancellationToken cancellationToken) => _tables.DeleteAsync(key, cancellationToken);

        public ValueTask DisposeAsync() => _tables.DisposeAsync();
    }
}
