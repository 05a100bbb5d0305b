using System.Net;
using Cairn.Functions.Hosting;
using Cairn.Functions.Tests.Serving;

namespace Cairn.Functions.Tests.Endpoints;

/// <summary>Updates among other writers.</summary>
public sealed class UpdateConflictTests : ServerTests
{
    private const string Space = "/v1/spaces/demo";
    private const string Close = """{"where":"state = 'open'","patch":{"set":{"attributes":{"state":"closed"}}}}""";

    private readonly FailingStore _store = new();
    private readonly TaskCompletionSource _hold = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public override ValueTask DisposeAsync()
    {
        _hold.TrySetResult();
        return base.DisposeAsync();
    }

    private protected override ServerOptions Options(ServerOptions options) => options with { Store = _store };

    [Theory]
    [InlineData(null)]
    [InlineData("wait=20")]
    public async Task Update_WhenAConceptChangesMeanwhile_LooksAgain(string? prefer)
    {
        await PutAsync("a", "open");
        await PutAsync("b", "open");
        _store.Hold = _hold.Task;
        var write = PutAsync("a", "new");
        await RequirePendingAsync(1);
        var update = UpdateAsync(Close, prefer);
        await RequirePendingAsync(3);

        _hold.SetResult();

        await write;
        var reply = (await update).Require(HttpStatusCode.OK);
        Assert.Equal((1, "b"), (reply["matched"].GetInt32(), reply["outcome"].GetProperty("results")[0].GetProperty("id").GetString()));
        Assert.Equal(("new", "closed"), (await StateAsync("a"), await StateAsync("b")));
    }

    [Fact]
    public async Task Update_WhenItsKeysFirstUseIsUnderWay_IsARepeat()
    {
        await PutAsync("a", "open");
        _store.Hold = _hold.Task;
        var write = PutAsync("b", "open");
        await RequirePendingAsync(1);
        var first = UpdateAsync(Close, key: "k");
        await RequirePendingAsync(2);
        var second = UpdateAsync("""{"where":"TRUE","patch":{"set":{"attributes":{"state":"lost"}}}}""", key: "k");
        await RequirePendingAsync(3);

        _hold.SetResult();

        await write;
        var (one, two) = ((await first).Require(HttpStatusCode.OK), (await second).Require(HttpStatusCode.OK));
        Assert.Equal((false, true), (one.Headers.ContainsKey("Cairn-Replayed"), two.Headers.ContainsKey("Cairn-Replayed")));
        Assert.Equal(one["outcome"].GetProperty("position").GetInt64(), two["outcome"].GetProperty("position").GetInt64());
        Assert.Equal(("closed", "open"), (await StateAsync("a"), await StateAsync("b")));
    }

    [Theory]
    [InlineData(1, "k~attempt-1")]
    [InlineData(4, "k~attempt-4")]
    [InlineData(5, null)]
    public async Task Update_WhenEarlierAttemptsOfItsKeyLost_GoesOnBehindThem(int lost, string? id)
    {
        await PutAsync("a", "open");
        for (var attempt = 0; attempt < lost; attempt++)
        {
            var body = $$"""{"id":"k{{(attempt == 0 ? "" : $"~attempt-{attempt}")}}","operations":[],"preconditions":[{"id":"a","ifVersion":1}]}""";
            (await Server.PostAsync($"{Space}/commits", body)).RequireProblem(409, "rejected");
        }

        var reply = await UpdateAsync(Close, key: "k");

        if (id is null)
        {
            Assert.Equal(("version", "true"), (reply.RequireProblem(409, "rejected").Member("reason"), reply.Headers["Cairn-Replayed"]));
            Assert.Equal("open", await StateAsync("a"));
        }
        else
        {
            Assert.Equal(id, reply.Require(HttpStatusCode.OK)["outcome"].GetProperty("id").GetString());
            Assert.Equal("true", (await UpdateAsync(Close, key: "k")).Require(HttpStatusCode.OK).Headers["Cairn-Replayed"]);
        }
    }

    [Fact]
    public async Task Update_WhenItsKeyWasAnotherRequests_IsRefused()
    {
        await PutAsync("a", "open");
        (await Server.SendAsync("PUT", $"{Space}/concepts/b", "{}", headers: ("Idempotency-Key", "taken"))).Require(HttpStatusCode.Created);

        (await UpdateAsync(Close, key: "taken")).RequireProblem(422, "idempotency-key-reused");

        Assert.Equal("open", await StateAsync("a"));
    }

    [Fact]
    public async Task Updates_WhenManyTakeWork_GiveEachPieceToOne()
    {
        var operations = Enumerable.Range(0, 60).Select(i => Put($"w{i:00}", """ "attributes":{"state":"open"} """));
        (await Server.PostAsync($"{Space}/commits", $$"""{"operations":[{{string.Join(',', operations)}}]}""")).Require(HttpStatusCode.OK);

        var taken = await Task.WhenAll(Enumerable.Range(0, 6).Select(TakeAllAsync));

        Assert.Equal(Enumerable.Range(0, 60).Select(i => $"w{i:00}"), taken.SelectMany(ids => ids).Order(StringComparer.Ordinal));
        foreach (var (worker, ids) in taken.Index())
        {
            foreach (var id in ids)
            {
                Assert.Equal($"taken by {worker}", await StateAsync(id));
            }
        }
    }

    [Fact]
    public async Task Updates_WhenReadersLook_AreSeenWholeOrNotAtAll()
    {
        var ids = Enumerable.Range(0, 50).Select(i => $"c{i}").ToArray();
        (await Server.PostAsync($"{Space}/commits", $$"""{"operations":[{{string.Join(',', ids.Select(id => Put(id, """ "attributes":{"state":"0"} """)))}}]}""")).Require(HttpStatusCode.OK);
        var writers = Enumerable.Range(1, 2).Select(writer => Task.Run(async () =>
        {
            for (var round = 0; round < 20; round++)
            {
                var reply = await UpdateAsync(Setting(""" "where":"TRUE" """, $"{writer} {round}"));
                Assert.True(reply.Status == HttpStatusCode.OK || reply.Member("reason") == "version", reply.Text);
            }
        }, TestContext.Current.CancellationToken)).ToArray();
        var body = $$"""{"ids":[{{string.Join(',', ids.Select(id => $"\"{id}\""))}}]}""";

        do
        {
            var items = (await Server.PostAsync($"{Space}/get", body)).Require(HttpStatusCode.OK)["items"].EnumerateArray();
            Assert.Single(items.Select(item => item.GetProperty("attributes").GetProperty("state").GetString()).Distinct());
        }
        while (!Task.WhenAll(writers).IsCompleted);

        await Task.WhenAll(writers);
    }

    private async Task<List<string>> TakeAllAsync(int worker)
    {
        var taken = new List<string>();
        while (true)
        {
            var reply = await UpdateAsync(Setting($""" "where":"state = 'open'","limit":{worker + 1} """, $"taken by {worker}"));
            if (reply.Status == HttpStatusCode.Conflict)
            {
                Assert.Equal("version", reply.Member("reason"));
                continue;
            }

            if (reply.Require(HttpStatusCode.OK)["matched"].GetInt32() == 0)
            {
                return taken;
            }

            taken.AddRange(reply["outcome"].GetProperty("results").EnumerateArray().Select(result => result.GetProperty("id").GetString()!));
        }
    }

    private static string Setting(string which, string state) => $$"""{ {{which}},"patch":{"set":{"attributes":{"state":"{{state}}"} } } }""";

    private async Task PutAsync(string id, string state) =>
        Assert.True((await Server.PutAsync($"{Space}/concepts/{id}", $$$"""{"attributes":{"state":"{{{state}}}"}}""")).Status is HttpStatusCode.OK or HttpStatusCode.Created);

    private Task<Reply> UpdateAsync(string body, string? prefer = null, string? key = null)
    {
        var headers = new List<(string, string)>();
        if (prefer is not null)
        {
            headers.Add(("Prefer", prefer));
        }

        if (key is not null)
        {
            headers.Add(("Idempotency-Key", key));
        }

        return Server.PostAsync($"{Space}/update", body, [.. headers]);
    }

    private async Task<string?> StateAsync(string id) => (await Server.GetAsync($"{Space}/concepts/{id}"))["attributes"].GetProperty("state").GetString();

    private async Task RequirePendingAsync(int operations)
    {
        for (var left = 500; left > 0; left--)
        {
            if ((await Server.GetAsync($"{Space}/stats"))["log"].GetProperty("pending").GetInt32() == operations)
            {
                return;
            }

            await Task.Delay(10, TestContext.Current.CancellationToken);
        }

        Assert.Fail($"there were never {operations} operations pending");
    }
}
