using System.Diagnostics;
using System.Net;
using System.Text.Json;
using Azure.Storage.Queues;
using Cairn.Functions.Tests.Serving;

namespace Cairn.Functions.Tests.Triggers;

/// <summary>Two processes over one account take a burst of messages; one is killed in the midst of it. Nothing runs beside: requests are counted in the whole process.</summary>
[Collection(nameof(QueueProcessTests))]
[CollectionDefinition(nameof(QueueProcessTests), DisableParallelization = true)]
public sealed class QueueProcessTests(AzuriteFixture azurite) : IDisposable
{
    private const int Messages = 2_000, Spaces = 5, Large = 10;

    private readonly string _folder = Directory.CreateTempSubdirectory("cairn-test-").FullName;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Burst_WhenAProcessIsKilled_IsAppliedExactlyOnce()
    {
        var account = await azurite.AccountWithQueuesAsync();
        var (ingest, poison) = (await QueueProducer.StartAsync(account), new QueueClient(account, "cairn-ingest-poison"));
        var expected = await SendAsync(ingest);
        await ingest.SendTextAsync("not json");

        (string, string)[] settings = [("AzureWebJobsStorage", account), ("CAIRN_CONTAINER", $"test-{Guid.NewGuid():N}"), ("CAIRN_CACHE", _folder)];
        await using var first = await ServerProcess.StartAsync(settings);
        await using var second = await ServerProcess.StartAsync(settings);
        var watch = Stopwatch.StartNew();
        await Eventually.HoldsAsync(async () => await ingest.LeftAsync() < Messages * 3 / 4);
        var (took, left) = (watch.Elapsed, await ingest.LeftAsync());
        await first.KillAsync();
        await Eventually.HoldsAsync(async () => await ingest.LeftAsync() == 0);
        TestContext.Current.SendDiagnosticMessage($"{Messages - left} messages in {took.TotalSeconds:0.0} s by two processes");

        for (var space = 0; space < Spaces; space++)
        {
            var applied = await AppliedAsync(second, $"space-{space}");
            Assert.Equal(expected[space].Order(StringComparer.Ordinal), applied.Order(StringComparer.Ordinal));
        }

        var record = JsonDocument.Parse(Assert.Single((await poison.ReceiveMessagesAsync(32, cancellationToken: Cancelled)).Value).MessageText).RootElement;
        Assert.Equal(("syntax", "not json"), (record.GetProperty("reason").GetString(), record.GetProperty("message").GetString()));
        Assert.Equal(0, await ingest.ClaimsAsync("burst/"));
    }

    [Fact]
    public async Task Messages_WhenTheyAreTaken_CostADeletionEachAndAShareOfAReceive()
    {
        const int Count = 960;
        var account = await azurite.AccountWithQueuesAsync();
        var ingest = new QueueClient(account, "cairn-ingest");
        await ingest.CreateIfNotExistsAsync(cancellationToken: Cancelled);
        await Parallel.ForAsync(0, Count, new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = Cancelled }, async (i, token) =>
            await ingest.SendMessageAsync($$$"""{"space":"space-{{{i % Spaces}}}","commit":{"operations":[{"op":"put","concept":{"id":"{{{i}}}"} }] } }""", token));
        using var requests = new QueueRequestCount();
        var options = AzuriteFixture.Options(account, _folder);

        var watch = Stopwatch.StartNew();
        await using (await TestServer.StartAsync(each => each with { Azure = options, AzureQueues = new() { ConnectionString = account } }))
        {
            await Eventually.HoldsAsync(() => requests["delete"] == Count);
        }

        TestContext.Current.SendDiagnosticMessage($"{Count} messages in {watch.Elapsed.TotalSeconds:0.00} s, {requests}");
        Assert.Equal((Count, 0), (requests["delete"], requests["send"]));

        // None is held longer, unless the machine takes 10 s for one.
        Assert.InRange(requests["renew"], 0, Count * (int)(watch.Elapsed.TotalSeconds / 10));

        // Some come back empty: at the end, and from the other queue.
        Assert.InRange(requests["receive"], Count / 32, (Count / 32) + 40);
    }

    // Of each space what must be in it: ids of concepts. Some messages are base64, some have their commit in a claim check.
    private static async Task<List<string>[]> SendAsync(QueueProducer ingest)
    {
        await Parallel.ForAsync(0, Messages, new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = Cancelled }, async (i, _) =>
        {
            var commit = $$$"""{"operations":[{"op":"put","concept":{"id":"{{{i}}}","content":"{{{(i < Large ? new string('x', 60_000) : "")}}}"},"onExists":"fail"}]}""";
            await ingest.SendAsync($"space-{i % Spaces}", commit, i < Large ? $"burst/{i}.json" : null, isBase64: i % 3 == 0);
        });
        return [.. Enumerable.Range(0, Spaces).Select(space => Enumerable.Range(0, Messages).Where(i => i % Spaces == space).Select(i => $"{i}").ToList())];
    }

    // Every commit that was applied is here once for each time that it was.
    private static async Task<List<string>> AppliedAsync(ServerProcess server, string space)
    {
        // What the other process wrote last is looked for.
        using var strong = await server.Client.GetAsync($"/v1/spaces/{space}/concepts?limit=1&consistency=strong", Cancelled);
        Assert.Equal(HttpStatusCode.OK, strong.StatusCode);
        return await server.ReadChangedAsync(space);
    }
}
