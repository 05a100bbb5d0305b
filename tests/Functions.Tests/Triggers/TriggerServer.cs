using System.Net;
using System.Text.Json;
using Cairn.Domain.Tests;
using Cairn.Domain.Tests.Storage;
using Cairn.Functions.Hosting;
using Cairn.Functions.Tests.Serving;
using Cairn.Storage;

namespace Cairn.Functions.Tests.Triggers;

/// <summary>A server as it runs behind the Functions host, with queues in memory; posts what the host posts.</summary>
internal sealed class TriggerServer : IAsyncDisposable
{
    public const string Key = "a-long-secret";

    private TriggerServer(TestServer server, MemoryMessageQueue[] queues, MemoryClaims claims) =>
        (Server, Ingest, Poison, Reconcile, Import, Claims) = (server, queues[0], queues[1], queues[2], queues[3], claims);

    public TestServer Server { get; }

    public MemoryMessageQueue Ingest { get; }

    public MemoryMessageQueue Poison { get; }

    public MemoryMessageQueue Reconcile { get; }

    public MemoryMessageQueue Import { get; }

    public MemoryClaims Claims { get; }

    public static async Task<TriggerServer> StartAsync(Func<ServerOptions, ServerOptions>? change = null)
    {
        MemoryMessageQueue[] queues = [new(TimeProvider.System), new(TimeProvider.System), new(TimeProvider.System), new(TimeProvider.System)];
        var claims = new MemoryClaims();
        var server = await TestServer.StartAsync(options =>
        {
            options = options with { IsBehindHost = true, ApiKey = Key, Queues = new(queues[0], queues[1], queues[2], queues[3], claims) };
            return change?.Invoke(options) ?? options;
        });
        return new(server, queues, claims);
    }

    /// <summary>A space that is there, by name.</summary>
    public async Task<string> NewSpaceAsync(string name = "demo")
    {
        (await Server.PutAsync($"/v1/spaces/{name}", "{}", ("x-api-key", Key))).Require(HttpStatusCode.Created);
        return name;
    }

    /// <summary>Posts an invocation of a function as the host does.</summary>
    public Task<Reply> InvokeAsync(string function, string payload) =>
        Server.PostAsync($"/{function}", payload, ("X-Azure-Functions-InvocationId", Guid.NewGuid().ToString()), ("X-Azure-Functions-HostVersion", "4.1.0"));

    /// <summary>Invokes a function of a queue with a message, in the forms of the host: the text as JSON within a string, numbers as strings.</summary>
    public Task<Reply> InvokeAsync(string function, string text, string id, int deliveries = 1, DateTimeOffset? sentAt = null) => InvokeAsync(
        function,
        JsonSerializer.Serialize(new
        {
            Data = new { message = JsonSerializer.Serialize(text) },
            Metadata = new Dictionary<string, object>
            {
                ["DequeueCount"] = $"{deliveries}",
                ["ExpirationTime"] = "2099-10-16T17:58:31+00:00",
                ["Id"] = $"\"{id}\"",
                ["InsertionTime"] = (sentAt ?? DateTimeOffset.UtcNow).ToString("yyyy-MM-dd'T'HH:mm:ss.fffffffzzz"),
                ["NextVisibleTime"] = "2099-10-09T18:08:32+00:00",
                ["PopReceipt"] = "\"AgAAAAMAAAAAAAAAAgtnj8x+1QE=\"",
                ["sys"] = new { MethodName = function, UtcNow = "2026-10-09T17:58:32.2205399Z", RandGuid = Guid.NewGuid() },
            },
        }));

    public async Task<Reply> GetAsync(string path) => await Server.GetAsync(path, ("x-api-key", Key));

    /// <summary>The only record of the poison queue.</summary>
    public JsonElement SinglePoison() => JsonDocument.Parse(Assert.Single(Poison.Texts)).RootElement;

    public ValueTask DisposeAsync() => Server.DisposeAsync();
}

/// <summary>Claim checks in memory. Thread-safe.</summary>
internal sealed class MemoryClaims : IClaimStore
{
    private readonly System.Collections.Concurrent.ConcurrentDictionary<string, byte[]> _claims = new();

    public IEnumerable<string> Names => _claims.Keys;

    public ValueTask WriteAsync(string name, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        _claims[name] = bytes.ToArray();
        return default;
    }

    public ValueTask<byte[]?> ReadAsync(string name, int maxBytes, CancellationToken cancellationToken) => new(_claims.GetValueOrDefault(name));

    public ValueTask DeleteAsync(string name, CancellationToken cancellationToken)
    {
        _claims.TryRemove(name, out _);
        return default;
    }
}
