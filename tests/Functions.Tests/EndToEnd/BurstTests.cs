using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Cairn.Functions.Tests.Hub;
using Cairn.Functions.Tests.Serving;
using Cairn.Functions.Tests.Triggers;
using Cairn.Functions.Triggers;
using Cairn.Infra.Tests.Cosmos.StandIn;
using Cairn.Infra.Tests.EventHubs;

namespace Cairn.Functions.Tests.EndToEnd;

/// <summary>
/// Bursts by HTTP, by the queue and by the hub come to the same spaces through three processes over one storage account. The hub loses answers and hands batches out twice;
/// one process is killed in the midst of it and another one started. What was acknowledged is there once, for every process, and the lookups index tells the same.
/// </summary>
[Collection(nameof(QueueProcessTests))]
public sealed class BurstTests(AzuriteFixture azurite) : IDisposable
{
    private const int Spaces = 4, Puts = 320, Commits = 160, Deleted = 40, Ingests = 24, Lines = 50, Messages = 240, Events = 200;
    private const int Clients = 8, ClaimedBytes = 100_000, MaxColdProcesses = 4;

    // As many as may be acknowledged: one deleted has two.
    private const int All = Puts + Commits + (2 * Deleted) + (Ingests * Lines) + Messages + Events;

    private readonly string _folder = Directory.CreateTempSubdirectory("cairn-test-").FullName;
    private readonly AcknowledgedCommits _acknowledged = new();

    private static IEnumerable<string> SpaceNames => Enumerable.Range(0, Spaces).Select(SpaceOf);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Bursts_WhenAProcessIsKilled_AreAppliedOnceAndCanBeLookedUp()
    {
        await using var hub = await HubStandIn.StartAsync();
        await using var lookups = new StandInServer(new(TimeProvider.System));
        var account = await azurite.AccountWithTablesAsync();
        var queue = await QueueProducer.StartAsync(account);
        await using var processes = await BurstProcesses.StartAsync(account, _folder, hub, lookups);

        await BurstAsync(processes, hub, queue);

        Assert.Equal(All, _acknowledged.Count);
        var expected = new Dictionary<string, byte[]>();
        foreach (var space in SpaceNames)
        {
            expected.Add(space, await RequireAppliedAsync(processes, space));
        }

        foreach (var space in SpaceNames)
        {
            await Eventually.HoldsAsync(() => processes.Alone.IsProjectedAsync(space));
        }

        await RequireLookedUpAsync(processes, expected);
    }

    // To its end: all is acknowledged, and nothing is under way in the queue or the hub.
    private async Task BurstAsync(BurstProcesses processes, HubStandIn hub, QueueProducer queue)
    {
        hub.LoseAnswer(3);
        hub.Refuse(HttpStatusCode.ServiceUnavailable, 2);
        var client = new BurstClient(processes, _acknowledged);
        var host = new HubHost(hub, processes.NextBehindHost) { RepeatsEach = 3 };
        using var stop = new CancellationTokenSource();
        var running = host.RunAsync(stop.Token);
        try
        {
            var bursts = Task.WhenAll(RequestAsync(client), SendAsync(queue), PublishAsync(hub));
            await Eventually.HoldsAsync(() => bursts.IsCompleted || (_acknowledged.Count > All / 3 && host.Batches > 3));
            await processes.KillOneAsync();
            Assert.False(bursts.IsCompletedSuccessfully, "it was killed too late");
            await processes.ReplaceAsync();
            await bursts;
            await Eventually.HoldsAsync(async () => host.IsDone && await queue.LeftAsync() == 0);
        }
        finally
        {
            await stop.CancelAsync();
            await running;
        }

        TestContext.Current.SendDiagnosticMessage($"{All} commits, {client.Unanswered} requests without an answer, {hub.Texts.Count} events in {host.Batches} batches");
        Assert.True(client.Unanswered > 0);
    }

    // Each space gets some of all, by each process, in an order that is mixed and the same each time.
    private static async Task RequestAsync(BurstClient client)
    {
        var requests = new List<Func<Task>>();
        requests.AddRange(Enumerable.Range(0, Puts).Select<int, Func<Task>>(i => () => client.PutAsync(i / Spaces, SpaceOf(i), $"p{i}")));
        requests.AddRange(Enumerable.Range(0, Commits).Select<int, Func<Task>>(i => () => client.CommitAsync(i / Spaces, SpaceOf(i), $"c{i}")));
        requests.AddRange(Enumerable.Range(0, Deleted).Select<int, Func<Task>>(i => () => client.PutAndDeleteAsync(i / Spaces, SpaceOf(i), $"d{i}")));
        requests.AddRange(Enumerable.Range(0, Ingests).Select<int, Func<Task>>(i => () => client.IngestAsync(
            i / Spaces, SpaceOf(i), $"ingest-{i}", [.. Enumerable.Range(0, Lines).Select(line => $"i{i}-{line}")], ClaimedBytes)));
        new Random(7).Shuffle(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(requests));
        await Parallel.ForEachAsync(requests, new ParallelOptions { MaxDegreeOfParallelism = Clients, CancellationToken = Cancelled }, async (request, _) => await request());
    }

    // Every second message leaves it to the queue to name its commit; so do those with a claim check.
    private Task SendAsync(QueueProducer queue) => Parallel.ForAsync(0, Messages, new ParallelOptions { MaxDegreeOfParallelism = 2, CancellationToken = Cancelled }, async (i, _) =>
    {
        var (own, isClaimed) = (i % 8 < 4 ? null : $"message-{i}", i % 24 < Spaces);
        var commit = CommitText.Commit(own, CommitText.Put($"m{i}", isClaimed ? 60_000 : 10));
        var id = await queue.SendAsync(SpaceOf(i), commit, isClaimed ? $"{Path.GetFileName(_folder).ToLowerInvariant()}/{i}.json" : null, isBase64: i % 3 == 0);
        _acknowledged.AddPut(SpaceOf(i), own ?? id, $"m{i}");
    });

    // A producer that knows nothing of Cairn's partitions, and sends some events twice: those whose commits have names of its own.
    private async Task PublishAsync(HubStandIn hub)
    {
        for (var i = 0; i < Events; i++)
        {
            var (space, concept, kind) = (SpaceOf(i), $"e{i}", i / Spaces % 3);
            var commit = CommitText.Commit(kind == 0 ? concept : null, CommitText.Put(concept));
            var text = kind == 1
                ? $$"""{"specversion":"1.0","type":"cairn.commit","source":"/shop","id":"{{i}}","subject":"{{space}}","data":{{commit}}}"""
                : $$"""{"space":"{{space}}","commit":{{commit}}}""";
            hub.Publish(i % hub.PartitionCount, i % 5 == 0 && kind < 2 ? [text, text] : [text]);
            _acknowledged.AddPut(
                space, kind == 0 ? concept : kind == 1 ? CloudEvent.NameOf("/shop"u8, Encoding.ASCII.GetBytes($"{i}")) : AcknowledgedCommits.NamedByTheHub, concept);
            await Task.Delay(10, Cancelled);
        }
    }

    // Returns what the space answers.
    private async Task<byte[]> RequireAppliedAsync(BurstProcesses processes, string space)
    {
        var concepts = await ListAsync(processes.Alone, space, "&consistency=strong");
        var items = concepts["items"].EnumerateArray().ToList();
        Assert.Equal(_acknowledged.ConceptsOf(space), items.Select(static item => item.GetProperty("id").GetString()));
        Assert.All(items, static item => Assert.Equal(item.GetProperty("id").GetString(), item.GetProperty("attributes").GetProperty("name").GetString()));
        var changes = await processes.Alone.ReadChangesAsync(space);
        _acknowledged.RequireOnce(space, changes);
        foreach (var process in processes.Running.Skip(1))
        {
            Assert.Equal(concepts.Bytes, (await ListAsync(process, space, "&consistency=strong")).Bytes);
            Assert.Equal(changes.Select(static change => change.GetRawText()), (await process.ReadChangesAsync(space)).Select(static change => change.GetRawText()));
        }

        return concepts.Bytes;
    }

    // The first read of each space in a process that has loaded nothing comes from the index, unless this machine was too busy for it to answer in time: then another process is asked.
    private static async Task RequireLookedUpAsync(BurstProcesses processes, Dictionary<string, byte[]> expected)
    {
        var left = expected.Keys.ToHashSet();
        for (var tries = 0; left.Count > 0; tries++)
        {
            Assert.InRange(tries, 0, MaxColdProcesses);
            await using var cold = await processes.StartColdAsync();
            foreach (var space in left.ToList())
            {
                var reply = await ListAsync(cold, space, "");
                Assert.Equal(expected[space], reply.Bytes);
                if (reply.Headers.GetValueOrDefault("Cairn-Source") == "lookups")
                {
                    left.Remove(space);
                }
            }
        }
    }

    // One page holds a whole space.
    private static async Task<Reply> ListAsync(ServerProcess process, string space, string query)
    {
        using var response = await process.Client.GetAsync($"/v1/spaces/{space}/concepts?limit=1000{query}", Cancelled);
        var reply = (await Reply.ReadAsync(response)).Require(HttpStatusCode.OK);
        Assert.Equal(JsonValueKind.Null, reply["cursor"].ValueKind);
        return reply;
    }

    private static string SpaceOf(int number) => string.Create(CultureInfo.InvariantCulture, $"space-{number % Spaces}");
}
