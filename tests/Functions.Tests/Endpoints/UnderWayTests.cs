using System.Net;
using Cairn.Functions.Tests.Serving;

namespace Cairn.Functions.Tests.Endpoints;

/// <summary>What is told of a commit whose key another one has that is still under way, and streams that meet known lines.</summary>
public sealed class UnderWayTests : IAsyncLifetime
{
    private const string Space = "/v1/spaces/demo";

    private readonly FailingStore _store = new();
    private readonly TaskCompletionSource _hold = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TestServer? _server;

    private TestServer Server => _server!;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _server = await TestServer.StartAsync(options => options with { Store = _store });
        (await Server.PutAsync($"{Space}/concepts/known", "{}")).Require(HttpStatusCode.Created);
    }

    public ValueTask DisposeAsync()
    {
        _hold.TrySetResult();
        return Server.DisposeAsync();
    }

    [Theory]
    [InlineData(null)]
    [InlineData("wait=20")]
    public async Task Commit_WhenTheKeysFirstUseIsUnderWay_IsARepeatOrReused(string? prefer)
    {
        _store.Hold = _hold.Task;
        var first = CommitAsync("x", prefer);
        await RequirePendingAsync(1);
        Task<Reply>[] later = [CommitAsync("x", prefer), CommitAsync("y", prefer)];
        await RequirePendingAsync(3);

        _hold.SetResult();

        var (decided, repeat, reused) = (await first, await later[0], await later[1]);
        Assert.Equal(decided.Require(HttpStatusCode.OK).Text, repeat.Require(HttpStatusCode.OK).Text);
        Assert.Equal((false, true), (decided.Headers.ContainsKey("Cairn-Replayed"), repeat.Headers.ContainsKey("Cairn-Replayed")));
        reused.RequireProblem(422, "idempotency-key-reused");
    }

    [Fact]
    public async Task Ingest_WhenLinesRepeat_DoesNotHoldUpTheOthers()
    {
        const string Known = """{"id":"r1","operations":[]}""";
        (await Server.PostAsync($"{Space}/commits", Known)).Require(HttpStatusCode.OK);
        _store.Hold = _hold.Task;
        var lines = string.Join('\n', Enumerable.Range(0, 5).Select(i => $$"""{"op":"put","concept":{"id":"c{{i}}"} }""" + "\n" + Known));

        var sending = Server.SendAsync("POST", $"{Space}/ingest?ids=true", lines, "application/x-ndjson");
        await RequirePendingAsync(5);
        _hold.SetResult();

        var reply = (await sending).Require(HttpStatusCode.Accepted);
        Assert.Equal(10, reply["accepted"].GetInt32());
        Assert.Equal([1, 3, 5, 7, 9], reply["ids"].EnumerateArray().Index().Where(id => id.Item.GetString() == "r1").Select(id => id.Index));
    }

    private Task<Reply> CommitAsync(string content, string? prefer)
    {
        var body = $$"""{"id":"c1","operations":[{"op":"put","concept":{"id":"a","content":"{{content}}"} }]}""";
        return prefer is null ? Server.PostAsync($"{Space}/commits", body) : Server.PostAsync($"{Space}/commits", body, ("Prefer", prefer));
    }

    private async Task RequirePendingAsync(int operations)
    {
        for (var left = 500; left > 0; left--)
        {
            if ((await Server.GetAsync($"{Space}/stats"))["log"].GetProperty("pending").GetInt32() == operations)
            {
                return;
            }

            await Task.Delay(10, Cancelled);
        }

        Assert.Fail($"there never were {operations} operations pending");
    }
}
