using System.Net;
using Cairn.Domain.Tests;
using Cairn.Functions.Hosting;
using Cairn.Functions.Queries;
using Cairn.Functions.Tests.Serving;
using Cairn.Primitives;

namespace Cairn.Functions.Tests.Queries;

/// <summary>Queries of a server whose places are all taken.</summary>
public sealed class QueryLimitTests : ServerTests
{
    private const string Paths = """{"from":"a","to":"c","limit":2}""";
    private static readonly SpaceName Other = SpaceName.Parse("other");

    private readonly ManualTime _time = new();
    private string _space = "";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private protected override ServerOptions Options(ServerOptions options) => options with { Time = _time };

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        _space = await NewGraphAsync(Put("a"), Put("b"), Put("c"), Associate("a", "to", "b"), Associate("b", "to", "c"));
    }

    [Fact]
    public async Task PointReads_WhileNoPlaceIsFree_AreAnswered()
    {
        using var taken = await TakeAllAsync(Server.Service.Scans, Server.Service.Searches);

        (await Server.GetAsync($"{_space}/concepts/a")).Require(HttpStatusCode.OK);
        (await Server.GetAsync($"{_space}/concepts/a/neighbors")).Require(HttpStatusCode.OK);
        (await Server.PostAsync($"{_space}/get", """{"ids":["a"]}""")).Require(HttpStatusCode.OK);
        (await Server.PostAsync($"{_space}/paths", """{"from":"a","to":"c"}""")).Require(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("concepts")]
    [InlineData("associations")]
    public async Task Lists_WhenAPlaceBecomesFree_AreAnswered(string list)
    {
        Task<Reply> reply;
        using (await TakeAllAsync(Server.Service.Scans))
        {
            reply = Server.GetAsync($"{_space}/{list}");
            await WaitUntilWaitingAsync(Server.Service.Scans);
            Assert.False(reply.IsCompleted);
        }

        Assert.NotEmpty((await reply).Require(HttpStatusCode.OK)["items"].EnumerateArray());
    }

    [Theory]
    [InlineData("concepts?where=TRUE")]
    [InlineData("associations")]
    public async Task Lists_WhenNoPlaceIsFreeInTime_AreATimeout(string list)
    {
        using var taken = await TakeAllAsync(Server.Service.Scans);
        var reply = Server.GetAsync($"{_space}/{list}");
        await WaitUntilWaitingAsync(Server.Service.Scans);

        _time.Advance(TimeSpan.FromSeconds(10));

        Assert.Equal(0, (await reply).RequireProblem(503, "timeout")["rowsVisited"].GetInt32());
    }

    [Fact]
    public async Task Paths_WhenNoPlaceIsFreeInTime_AreATimeout()
    {
        using var taken = await TakeAllAsync(Server.Service.Searches);
        var search = Server.PostAsync($"{_space}/paths", Paths);
        await WaitUntilWaitingAsync(Server.Service.Searches);

        _time.Advance(TimeSpan.FromSeconds(10));

        var reply = (await search).RequireProblem(503, "timeout");
        Assert.Equal(0, reply["rowsVisited"].GetInt32());
        Assert.Contains("10 s", reply.Member("detail"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Paths_WhenAPlaceBecomesFree_AreFound()
    {
        Task<Reply> search;
        using (await TakeAllAsync(Server.Service.Searches))
        {
            search = Server.PostAsync($"{_space}/paths", Paths);
            await WaitUntilWaitingAsync(Server.Service.Searches);
        }

        Assert.Single((await search).Require(HttpStatusCode.OK)["paths"].EnumerateArray());
    }

    [Fact]
    public async Task Stopping_WhenAQueryWaits_LetsItFinish()
    {
        Task<Reply> search;
        Task stopping;
        using (await TakeAllAsync(Server.Service.Searches))
        {
            search = Server.PostAsync($"{_space}/paths", Paths);
            await WaitUntilWaitingAsync(Server.Service.Searches);
            stopping = Server.StopAsync();
            Assert.False(stopping.IsCompleted);
        }

        (await search).Require(HttpStatusCode.OK);
        await stopping;
    }

    [Fact]
    public async Task Client_WhenItGoesWhileItWaits_LeavesTheLine()
    {
        using var taken = await TakeAllAsync(Server.Service.Searches);
        using var client = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        using var content = new StringContent(Paths, null, "application/json");
        var search = Server.Client.PostAsync($"{_space}/paths", content, client.Token);
        await WaitUntilWaitingAsync(Server.Service.Searches);

        await client.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => search);
        await UntilAsync(() => Server.Service.Searches.Waiting == 0);
    }

    [Theory]
    [InlineData("2.5", 2.5)]
    [InlineData("PT1M", 60)]
    [InlineData(null, 10)]
    public void Setting_WhenRead_IsALengthOfTime(string? value, double seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), Settings.Read(null, null, name => name == "CAIRN_QUERY_TIMEOUT" ? value : null).QueryTimeLimit);

    [Theory]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("NaN")]
    [InlineData("181")]
    [InlineData("1e3")]
    [InlineData("99999999999999999999999999")]
    [InlineData("PT")]
    [InlineData("P1000000W")]
    [InlineData("soon")]
    public void Setting_WhenItIsNone_IsRefusedByName(string value)
    {
        var failure = Assert.Throws<StartFailure>(() => Settings.Read(null, null, name => name == "CAIRN_QUERY_TIMEOUT" ? value : null));

        Assert.Contains("CAIRN_QUERY_TIMEOUT", failure.Message, StringComparison.Ordinal);
    }

    private static async Task<Taken> TakeAllAsync(params ScanQueue[] queues)
    {
        var places = new List<ScanQueue.Place>();
        foreach (var queue in queues)
        {
            for (var i = 0; i < ScanQueue.PlacesOfMachine; i++)
            {
                places.Add(await queue.EnterAsync(Other, queue.NewDeadline(), Cancelled));
            }
        }

        return new(places);
    }

    private static Task WaitUntilWaitingAsync(ScanQueue queue) => UntilAsync(() => queue.Waiting > 0);

    private static async Task UntilAsync(Func<bool> condition)
    {
        while (!condition())
        {
            await Task.Delay(1, Cancelled);
        }
    }

    private sealed class Taken(List<ScanQueue.Place> places) : IDisposable
    {
        public void Dispose() => places.ForEach(place => place.Dispose());
    }
}
