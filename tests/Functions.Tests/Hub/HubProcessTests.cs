using System.Globalization;
using System.Net;
using System.Text;
using Cairn.Functions.Tests.Serving;
using Cairn.Functions.Tests.Triggers;
using Cairn.Infra.Tests.EventHubs;

namespace Cairn.Functions.Tests.Hub;

/// <summary>
/// Two processes behind a Functions host over one account and one hub: bursts come to both, the hub repeats batches and loses answers, and one process is killed in the
/// midst of it. Every commit that was accepted is applied, and none twice.
/// </summary>
public sealed class HubProcessTests(AzuriteFixture azurite) : IDisposable
{
    private const int Spaces = 4, Requests = 6, Lines = 200;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly string _folder = Directory.CreateTempSubdirectory("cairn-test-").FullName;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Burst_WhenAProcessIsKilled_IsAppliedExactlyOnce()
    {
        await using var hub = await HubStandIn.StartAsync();
        (string, string)[] settings =
        [
            ("AzureWebJobsStorage", await azurite.AccountWithTablesAsync()), ("CAIRN_CONTAINER", $"test-{Guid.NewGuid():N}"), ("CAIRN_CACHE", _folder),
            ("CAIRN_API_KEY", TriggerServer.Key), ("CAIRN_AUTO_CREATE", "true"), ("CAIRN_HUB", hub.ConnectionString), ("CAIRN_HUB_PARTITIONS", $"{hub.PartitionCount}"),
        ];
        await using var first = await StartAsync(settings);
        await using var second = await StartAsync(settings);
        var (alive, posted) = (first, 0);
        hub.LoseAnswer(3);
        hub.Refuse(HttpStatusCode.ServiceUnavailable, 2);

        using var stop = new CancellationTokenSource();
        var host = new HubHost(hub, () => alive.Client) { RepeatsEach = 3 };
        var running = host.RunAsync(stop.Token);
        var burst = Parallel.ForAsync(0, Spaces * Requests, new ParallelOptions { MaxDegreeOfParallelism = 4, CancellationToken = Cancelled }, async (i, _) =>
        {
            await SendAsync(i, tries => (tries + i) % 2 == 0 ? alive : second);
            Interlocked.Increment(ref posted);
        });
        await UntilAsync(() => posted >= Spaces * Requests / 3 && host.Batches > 3);
        await first.KillAsync();
        alive = second;
        await burst;
        await UntilAsync(() => host.IsDone);
        await stop.CancelAsync();
        await running;

        TestContext.Current.SendDiagnosticMessage($"{Spaces * Requests * Lines} commits, {hub.Texts.Count} events, {hub.Requests.Count} requests, {host.Batches} batches");
        Assert.True(hub.Texts.Count > Spaces * Requests * Lines); // some came twice
        for (var space = 0; space < Spaces; space++)
        {
            using var strong = await second.Client.GetAsync($"/v1/spaces/space-{space}/concepts?limit=1&consistency=strong", Cancelled);
            Assert.Equal(HttpStatusCode.OK, strong.StatusCode);
            var expected = Enumerable.Range(0, Spaces * Requests).Where(i => i % Spaces == space).SelectMany(i => Enumerable.Range(0, Lines).Select(line => Name(i, line)));
            Assert.Equal(expected.Order(StringComparer.Ordinal), (await second.ReadChangedAsync($"space-{space}")).Order(StringComparer.Ordinal));
        }
    }

    private static string Name(int request, int line) => string.Create(CultureInfo.InvariantCulture, $"{request}-{line}");

    private static async Task<ServerProcess> StartAsync((string, string)[] settings)
    {
        // The Functions host chooses the port.
        var process = await ServerProcess.StartAsync([.. settings, ("FUNCTIONS_CUSTOMHANDLER_PORT", $"{ServerProcess.FreePort()}")]);
        process.Client.DefaultRequestHeaders.Add("x-api-key", TriggerServer.Key);
        return process;
    }

    // As a client does that got no answer: the same again, with the same key, to whoever answers.
    private static async Task SendAsync(int request, Func<int, ServerProcess> process)
    {
        var lines = string.Join('\n', Enumerable.Range(0, Lines).Select(line =>
            $$$"""{"operations":[{"op":"put","concept":{"id":"{{{Name(request, line)}}}","content":"{{{(line == 0 ? new string('x', 150_000) : "")}}}"},"onExists":"fail"}]}"""));
        for (var tries = 0; tries < 20; tries++)
        {
            try
            {
                using var message = new HttpRequestMessage(HttpMethod.Post, $"/v1/spaces/space-{request % Spaces}/ingest");
                message.Headers.Add("Idempotency-Key", $"request-{request}");
                message.Content = new StringContent(lines, Encoding.UTF8, "application/x-ndjson");
                using var response = await process(tries).Client.SendAsync(message, Cancelled);
                var reply = await Reply.ReadAsync(response);
                if (reply.Status == HttpStatusCode.Accepted && reply["rejected"].GetArrayLength() == 0)
                {
                    return;
                }
            }
            catch (HttpRequestException)
            {
            }

            await Task.Delay(100, Cancelled);
        }

        Assert.Fail($"request {request} was never accepted");
    }

    private static async Task UntilAsync(Func<bool> holds)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        limit.CancelAfter(Patience);
        while (!holds())
        {
            await Task.Delay(50, limit.Token);
        }
    }
}
