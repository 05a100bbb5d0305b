using Cairn.Functions.Hosting;
using Cairn.Functions.Tests.Serving;
using Cairn.Functions.Tests.Triggers;
using Cairn.Infra.Tests.EventHubs;

namespace Cairn.Functions.Tests.Hub;

/// <summary>A server behind the Functions host with a hub, whose events go out when a test says so.</summary>
internal sealed class HubServer : IAsyncDisposable
{
    private HubServer(HubStandIn hub, TriggerServer triggers) => (Hub, Triggers, Host) = (hub, triggers, new(hub, () => triggers.Server.Client));

    public HubStandIn Hub { get; }

    public TriggerServer Triggers { get; }

    public HubHost Host { get; }

    /// <summary>Starts both, with a space named demo.</summary>
    public static async Task<HubServer> StartAsync(Func<ServerOptions, ServerOptions>? change = null)
    {
        var hub = await HubStandIn.StartAsync();
        var triggers = await TriggerServer.StartAsync(options =>
        {
            options = options with { Hub = new(new() { ConnectionString = hub.ConnectionString }, hub.PartitionCount) };
            return change?.Invoke(options) ?? options;
        });
        await triggers.NewSpaceAsync();
        return new(hub, triggers);
    }

    public Task<Reply> IngestAsync(string body, string query = "", params (string Name, string Value)[] headers) => Triggers.Server.SendAsync(
        "POST", $"/v1/spaces/demo/ingest{query}", body, body.StartsWith("{\"commits\"", StringComparison.Ordinal) ? "application/json" : "application/x-ndjson",
        [("x-api-key", TriggerServer.Key), .. headers]);

    public Task<Reply> GetAsync(string path) => Triggers.GetAsync($"/v1/spaces/demo{path}");

    public async ValueTask DisposeAsync()
    {
        await Triggers.DisposeAsync();
        await Hub.DisposeAsync();
    }
}
