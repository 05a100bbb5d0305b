using Cairn.Functions.Tests.Serving;
using Cairn.Functions.Tests.Triggers;
using Cairn.Infra.Tests.Cosmos.StandIn;
using Cairn.Infra.Tests.EventHubs;

namespace Cairn.Functions.Tests.EndToEnd;

/// <summary>
/// Three processes of the executable over one storage account: one alone, which takes messages from the queue and appends what is ingested; two behind a Functions host,
/// which publish that to the hub. One of those can be killed, and another one started in its place.
/// </summary>
internal sealed class BurstProcesses : IAsyncDisposable
{
    private const int AloneAt = 0, Mortal = 1, Survivor = 2;

    private readonly (string Name, string Value)[] _settings, _lookups, _hub;
    private readonly ServerProcess[] _running;
    private readonly List<ServerProcess> _ended = [];
    private int _turns;

    private BurstProcesses((string Name, string Value)[] settings, (string Name, string Value)[] lookups, (string Name, string Value)[] hub, ServerProcess[] running) =>
        (_settings, _lookups, _hub, _running) = (settings, lookups, hub, running);

    public ServerProcess Alone => _running[AloneAt];

    /// <summary>Those that run, or are about to, over and over.</summary>
    public ServerProcess this[int number] => Volatile.Read(ref _running[number % _running.Length]);

    /// <summary>The running ones.</summary>
    public IReadOnlyList<ServerProcess> Running => _running;

    /// <param name="account">With blobs, queues and tables.</param>
    /// <param name="folder">For what is cached.</param>
    /// <param name="hub">Takes what is ingested behind the host.</param>
    /// <param name="lookups">Takes the lookups index.</param>
    public static async Task<BurstProcesses> StartAsync(string account, string folder, HubStandIn hub, StandInServer lookups)
    {
        (string, string)[] ofAll =
        [
            ("AzureWebJobsStorage", account), ("CAIRN_CONTAINER", $"test-{Guid.NewGuid():N}"), ("CAIRN_CACHE", folder), ("CAIRN_API_KEY", TriggerServer.Key), ("CAIRN_AUTO_CREATE", "true"),
        ];

        // Without the client's own parser, as a process runs.
        (string, string)[] ofLookups =
        [
            ("CAIRN_COSMOS", lookups.ConnectionString), ("AZURE_COSMOS_USE_QUERY_PLAN_INTEROP_LINUX", "false"), ("COSMOS_DISABLE_IMDS_ACCESS", "true"),
        ];
        (string, string)[] ofHub = [("CAIRN_HUB", hub.ConnectionString), ("CAIRN_HUB_PARTITIONS", $"{hub.PartitionCount}"), ("CAIRN_HUB_LIFE", "the only one")];

        // The mortal one has no lookups: what it had begun to bring forward others would leave to it for a minute.
        var running = await Task.WhenAll(StartAsync([.. ofAll, .. ofLookups]), StartBehindHostAsync([.. ofAll, .. ofHub]), StartBehindHostAsync([.. ofAll, .. ofHub, .. ofLookups]));
        return new(ofAll, ofLookups, ofHub, running);
    }

    /// <summary>One that has loaded nothing yet; the caller's to end.</summary>
    public Task<ServerProcess> StartColdAsync() => StartAsync([.. _settings, .. _lookups]);

    /// <summary>Whom the Functions host posts to next: now this one, now that one, alive or not.</summary>
    public HttpClient NextBehindHost() => this[Interlocked.Increment(ref _turns) % 2 == 0 ? Mortal : Survivor].Client;

    /// <summary>As kill -9.</summary>
    public Task KillOneAsync() => this[Mortal].KillAsync();

    /// <summary>Starts another one in the place of the one that was killed.</summary>
    public async Task ReplaceAsync()
    {
        var next = await StartBehindHostAsync([.. _settings, .. _hub, .. _lookups]);
        _ended.Add(Interlocked.Exchange(ref _running[Mortal], next));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _running.Concat(_ended))
        {
            await process.DisposeAsync();
        }
    }

    // The Functions host chooses the port.
    private static Task<ServerProcess> StartBehindHostAsync((string, string)[] settings) => StartAsync([.. settings, ("FUNCTIONS_CUSTOMHANDLER_PORT", $"{ServerProcess.FreePort()}")]);

    private static async Task<ServerProcess> StartAsync((string, string)[] settings)
    {
        var process = await ServerProcess.StartAsync(settings);
        process.Client.DefaultRequestHeaders.Add("x-api-key", TriggerServer.Key);
        return process;
    }
}
