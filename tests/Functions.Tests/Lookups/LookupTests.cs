using System.Globalization;
using System.Net;
using System.Text;
using Cairn.Domain.Tests.Query.Expressions;
using Cairn.Formats;
using Cairn.Functions.Hosting;
using Cairn.Functions.Tests.Serving;
using Cairn.Functions.Tokens;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Query;
using Cairn.Reconciliation;
using Cairn.Storage;
using Cairn.Storage.Lookups;

namespace Cairn.Functions.Tests.Lookups;

/// <summary>
/// One process writes; another one, which has not loaded the space, answers from the lookups index what a third one, which has no index, answers from the space: the same bytes.
/// Runs over the index in memory and over the one in Cosmos DB.
/// </summary>
public abstract class LookupTests : IAsyncLifetime
{
    private const string Space = "/v1/spaces/demo";
    private readonly MemorySpaceStore _store = new(isShared: true);
    private readonly List<TestServer> _servers = [];
    private TestServer _writer = null!;
    private TestServer _warm = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _writer = await StartAsync(NewIndex());
        _warm = await StartAsync(null);
    }

    public virtual async ValueTask DisposeAsync()
    {
        foreach (var server in _servers)
        {
            await server.DisposeAsync();
        }

        GC.SuppressFinalize(this);
    }

    /// <summary>Another process's view of the same index.</summary>
    protected abstract ILookupsIndex NewIndex();

    [Fact]
    public async Task Get_OfAConcept_IsTheSameWithItsTag()
    {
        await CommitAsync(Put("ada", """
            "labels":["person","a\"b"],"content":"Wrote the first program.","mediaType":"text/plain","vector":[0.5,-1e-40],"strength":0.3,"confidence":0.25,
            "validFrom":"1815-12-10T00:00:00Z","expiresAt":"2990-01-01T00:00:00Z",
            "attributes":{"born":1815,"big":9007199254740993,"x":1.0,"no":null,"at":{"$datetime":"2026-01-31T12:00:00.000001Z"},"raw":{"$bytes":"AAEC"},"deep":{"a":[1,{"b":[]}]}}
            """));
        await CommitAsync("""{"op":"reinforce","id":"ada","amount":0.5}""");
        await ProjectedAsync();
        var cold = await ColdAsync();

        foreach (var query in new[] { "", "?fields=id,vector,born,deep.a", "?validAt=1900-01-01T00:00:00Z" })
        {
            var (expected, reply) = (await _warm.GetAsync($"{Space}/concepts/ada{query}"), await cold.GetAsync($"{Space}/concepts/ada{query}"));
            Same(expected, reply);
            Assert.Equal((expected.Headers["ETag"], expected.Headers["Cairn-Position"]), (reply.Headers["ETag"], reply.Headers["Cairn-Position"]));
            Assert.Equal(expected.Token, reply.Token);
            Assert.InRange(long.Parse(reply.Headers["Cairn-Lag-Ms"], CultureInfo.InvariantCulture), 0, 600_000);
        }

        var tag = (await cold.GetAsync($"{Space}/concepts/ada")).Headers["ETag"];
        Assert.Equal(HttpStatusCode.NotModified, (await cold.GetAsync($"{Space}/concepts/ada", ("If-None-Match", tag))).Status);
        FromIndex((await cold.GetAsync($"{Space}/concepts/nobody")).RequireProblem(404, "unknown-concept"));
        FromIndex((await cold.GetAsync($"{Space}/concepts/ada?validAt=1700-01-01T00:00:00Z")).RequireProblem(404, "unknown-concept"));
        FromIndex((await cold.GetAsync($"{Space}/concepts/ada?after={tag}")).RequireProblem(400, "wrong-token"), isSaid: false);
        (await cold.GetAsync($"{Space}/concepts/ada?nonsense=1")).RequireProblem(400, "unknown-member");
    }

    [Fact]
    public async Task Get_OfManyConcepts_IsTheSame()
    {
        await CommitAsync(Put("a"), Put("a/b?#"), Put("é"), Put("gone"), """{"op":"associate","association":{"source":"a","type":"is","target":"implied"},"missingEndpoints":"imply"}""");
        await CommitAsync("""{"op":"delete","id":"gone"}""", Put("past", "\"expiresAt\":\"2001-01-01T00:00:00Z\""));
        await ProjectedAsync();
        var cold = await ColdAsync();

        foreach (var ids in new[] { "[]", "[\"é\"]", "[\"nobody\",\"a/b?#\",\"a\",\"gone\",\"a\",\"é\",\"implied\",\"past\"]" })
        {
            Same(await _warm.PostAsync($"{Space}/get", $$"""{"ids":{{ids}}}"""), await cold.PostAsync($"{Space}/get", $$"""{"ids":{{ids}}}"""));
        }
    }

    [Fact]
    public async Task List_WhenPaged_GivesTheSamePagesAndCursors()
    {
        await CommitAsync([.. Enumerable.Range(0, 230).Select(i => Put($"c{i * 7 % 230}", $"\"labels\":[\"l{i % 3}\"],\"attributes\":{{\"n\":{i},\"city\":\"{(i % 2 == 0 ? "London" : "Paris")}\"}}"))]);
        await ProjectedAsync();
        var cold = await ColdAsync();

        foreach (var query in new[] { "", "label=l1", "label=l1&label=l2", "where=n >= 100", "where=city = 'London' AND n < 150 AND content IS NULL", "where=id LIKE 'c1%25'", "where=n IN (3,5,7)&orderBy=id", "label=none", "where=n = 1e9" })
        {
            var (pages, cursor) = (0, "");
            for (string? next = ""; next is not null; pages++)
            {
                var path = $"{Space}/concepts?limit=20&fields=id,n&{query}{cursor}";
                var expected = await _warm.GetAsync(path);
                Same(expected, await cold.GetAsync(path));
                (next, cursor) = (expected.Member("cursor") is { Length: > 0 } text ? text : null, $"&cursor={expected.Member("cursor")}");
            }

            Assert.InRange(pages, 1, 12);
        }
    }

    /// <summary>Whatever is asked, the answer is that of the space, from the index where that is sure to have it.</summary>
    [Fact]
    public async Task List_WhenDataAndConditionsAreRandom_IsTheSame()
    {
        var random = new Random(11);
        var conditions = new RandomCondition(random);
        var space = (await _writer.Service.Catalog.CreateAsync(SpaceName.Parse("demo"), Token)).Space;
        for (var round = 0; round < 3; round++)
        {
            await CommitAsync(space, writer =>
            {
                for (var i = 0; i < 60; i++)
                {
                    writer.Put(
                        new Concept
                        {
                            Id = $"c{random.Next(120)}",
                            Labels = random.Next(3) == 0 ? ["x"] : [],
                            Attributes = new[] { "a", "b", "c" }.Where(_ => random.Next(3) > 0).ToDictionary(name => name, _ => conditions.NextValue()),
                        },
                        OnExists.Replace);
                    writer.Delete(Encoding.ASCII.GetBytes($"c{random.Next(120)}"), OnMissing.Skip);
                }
            });
            await ProjectedAsync();
            var (cold, looked) = (await ColdAsync(), 0);
            for (var i = 0; i < 60; i++)
            {
                var where = WhereClause.Parse(conditions.Next(random.Next(3)).Text, "where");
                var path = $"{Space}/concepts?limit={random.Next(1, 20)}&where={Uri.EscapeDataString(where.Text)}";
                if (where.ToLookup() is not null)
                {
                    looked++;
                    Same(await _warm.GetAsync(path), await cold.GetAsync(path));
                }
            }

            Assert.InRange(looked, 5, 59);
        }
    }

    [Theory]
    [InlineData("concepts/ada?consistency=strong")]
    [InlineData("concepts?asOf=0")]
    [InlineData("concepts?orderBy=born")]
    [InlineData("concepts?count=true")]
    [InlineData("concepts?where=name < 'b'")]
    [InlineData("concepts?where=born = 9007199254740993")]
    [InlineData("concepts/large")]
    [InlineData("concepts?limit=3")]
    [InlineData("stats")]
    public async Task Read_WhenTheIndexIsNotEnough_LoadsTheSpace(string path)
    {
        await CommitAsync(Put("ada", "\"attributes\":{\"born\":1815,\"name\":\"Ada\"}"), Put("large", $"\"content\":\"{new string('x', 1_040_000)}\""));
        await ProjectedAsync();
        var cold = await ColdAsync();

        var reply = await cold.GetAsync($"{Space}/{path}");

        Assert.Equal((HttpStatusCode.OK, false), (reply.Require(HttpStatusCode.OK).Status, reply.Headers.ContainsKey("Cairn-Source")));
        if (path.StartsWith("concepts", StringComparison.Ordinal))
        {
            Assert.Equal((await _warm.GetAsync($"{Space}/{path}")).Text, reply.Text);
        }

        Assert.False((await cold.GetAsync($"{Space}/concepts/ada")).Headers.ContainsKey("Cairn-Source"));
    }

    [Fact]
    public async Task Get_WithAToken_IsLookedUpOnlyIfTheIndexIsThatFar()
    {
        var early = (await CommitAsync(Put("ada"))).Token;
        await ProjectedAsync();
        var life = _writer.Service.Catalog.Open.Single().Record.Incarnation;
        var beyond = CommitToken.Of(SpaceName.Parse("demo"), life, LogPosition.Max);

        FromIndex((await (await ColdAsync()).GetAsync($"{Space}/concepts/ada?after={early}")).Require(HttpStatusCode.OK));
        FromIndex((await (await ColdAsync()).GetAsync($"{Space}/concepts/ada?after={early}&after={beyond}&wait=0")).RequireProblem(503, "not-yet-visible"), isSaid: false);
    }

    [Fact]
    public async Task Get_WhenTheSpaceIsLoadedMeanwhile_ComesFromTheSpaceSoon()
    {
        await CommitAsync(Put("ada"));
        await ProjectedAsync();
        var server = await StartAsync(NewIndex(), loads: true);

        FromIndex(await server.GetAsync($"{Space}/concepts/ada"));
        Reply reply;
        var tries = 0;
        do
        {
            await Task.Delay(10, Token);
            reply = await server.GetAsync($"{Space}/concepts/ada");
        }
        while (reply.Headers.ContainsKey("Cairn-Source") && ++tries < 2000);

        Assert.False(reply.Require(HttpStatusCode.OK).Headers.ContainsKey("Cairn-Source"));
    }

    [Fact]
    public async Task Delete_OfASpace_DropsItFromTheIndex()
    {
        await CommitAsync(Put("ada"));
        await ProjectedAsync();
        var index = NewIndex();
        var life = Assert.Single(await index.ListAsync(Token));

        (await _writer.DeleteAsync(Space)).Require(HttpStatusCode.NoContent);

        (await (await ColdAsync()).GetAsync($"{Space}/concepts/ada")).RequireProblem(404, "unknown-space");
        for (var tries = 0; (await index.QueryAsync(life, new(null, default, 1), Token)).Documents.Count > 0 || !(await index.FindWatermarkAsync(life, Token))!.IsDropped; tries++)
        {
            Assert.InRange(tries, 0, 2000);
            await Task.Delay(10, Token);
        }

        await index.DisposeAsync();
    }

    [Fact]
    public async Task Sweep_WhenALifeHasEndedElsewhere_DropsIt()
    {
        await CommitAsync(Put("ada"));
        await ProjectedAsync();
        var index = NewIndex();
        var (ended, alive) = (new Incarnation(77), Assert.Single(await index.ListAsync(Token)));
        await index.TryAdvanceAsync(ended, new() { Position = new(1) }, Token);

        await (await ColdAsync()).Service.LookupsUpkeep!.SweepAsync(Token);

        Assert.True((await index.FindWatermarkAsync(ended, Token))!.IsDropped);
        Assert.False((await index.FindWatermarkAsync(alive, Token))!.IsDropped);
        await index.DisposeAsync();
    }

    [Fact]
    public async Task Stats_OfAWriter_TellHowFarTheIndexIs()
    {
        await CommitAsync(Put("ada"));
        var stats = await ProjectedAsync();

        Assert.Equal(stats["snapshot"].GetProperty("position").GetInt64(), stats["lookups"].GetProperty("position").GetInt64());
        Assert.False((await _warm.GetAsync($"{Space}/stats")).Json.TryGetProperty("lookups", out _));
    }

    private protected static void FromIndex(Reply reply, bool isSaid = true) => Assert.Equal(isSaid ? "lookups" : null, reply.Headers.GetValueOrDefault("Cairn-Source"));

    private static string Put(string id, string members = "") => $$"""{"op":"put","concept":{"id":"{{id}}"{{(members.Length > 0 ? "," + members : "")}} } }""";

    private static void Same(Reply expected, Reply reply)
    {
        FromIndex(reply);
        Assert.Equal(expected.Status, reply.Status);
        Assert.Equal(expected.Text, reply.Text);
        Assert.Equal(expected.Headers["Content-Type"], reply.Headers["Content-Type"]);
    }

    private static async Task CommitAsync(Space space, Action<CommitWriter> write)
    {
        var writer = new CommitWriter(space.Record.Incarnation);
        writer.Begin("made"u8, givenByCaller: false, space.Now());
        write(writer);
        Assert.Equal(OutcomeKind.Committed, (await space.CommitAsync(writer.Finish(), Token)).Kind);
    }

    private async Task<Reply> CommitAsync(params string[] operations) =>
        (await _writer.PostAsync($"{Space}/commits", $$"""{"operations":[{{string.Join(",", operations)}}]}""")).Require(HttpStatusCode.OK);

    // Until the index has all that the writer sees, and the warm process too.
    private async Task<Reply> ProjectedAsync()
    {
        for (var tries = 0; ; tries++)
        {
            var stats = (await _writer.GetAsync($"{Space}/stats")).Require(HttpStatusCode.OK);
            if (stats.Json.TryGetProperty("lookups", out var lookups) && lookups.GetProperty("position").GetInt64() == stats["snapshot"].GetProperty("position").GetInt64())
            {
                (await _warm.GetAsync($"{Space}/stats?consistency=strong")).Require(HttpStatusCode.OK);
                return stats;
            }

            Assert.InRange(tries, 0, 3000);
            await Task.Delay(10, Token);
        }
    }

    /// <summary>A process that has loaded nothing, and does so only if it must.</summary>
    private Task<TestServer> ColdAsync() => StartAsync(NewIndex());

    private async Task<TestServer> StartAsync(ILookupsIndex? index, bool loads = false)
    {
        var server = await TestServer.StartAsync(options => options with
        {
            Store = _store,
            AutoCreate = true,
            LookupsIndex = index,
            LoadsLookedUp = loads,
            Engine = EngineOptions.Default with { Lookups = LookupsOptions.Default with { Interval = TimeSpan.FromMilliseconds(20) } },
        });
        _servers.Add(server);
        return server;
    }
}
