using System.Text.Json;
using System.Text.Json.Nodes;
using ModelContextProtocol;
using ModelContextProtocol.Client;

namespace Cairn.Functions.Tests.Mcp.Clients;

/// <summary>The C# SDK's client.</summary>
internal static class CSharpClient
{
    /// <summary>Takes the steps, one after another.</summary>
    /// <param name="target">Where.</param>
    /// <param name="version">Of the protocol; null: the newest that both know.</param>
    /// <param name="steps">Which.</param>
    /// <returns>What came of each.</returns>
    public static async Task<JsonArray> RunAsync(ClientTarget target, string? version, IReadOnlyList<ClientStep> steps)
    {
        await using var client = await ConnectAsync(target, version);
        var results = new JsonArray();
        foreach (var step in steps)
        {
            try
            {
                results.Add(await TakeAsync(client, step));
            }
            catch (McpException failure)
            {
                results.Add(new JsonObject { ["error"] = failure.Message });
            }
        }

        return results;
    }

    public static Task<ModelContextProtocol.Client.McpClient> ConnectAsync(ClientTarget target, string? version) => ModelContextProtocol.Client.McpClient.CreateAsync(
        target.Address is { } address
            ? new HttpClientTransport(new HttpClientTransportOptions { Endpoint = address })
            : new StdioClientTransport(new StdioClientTransportOptions { Command = target.Command[0], Arguments = [.. target.Command.Skip(1)] }),
        new() { ProtocolVersion = version },
        cancellationToken: TestContext.Current.CancellationToken);

    private static async Task<JsonNode?> TakeAsync(ModelContextProtocol.Client.McpClient client, ClientStep step)
    {
        var cancellation = TestContext.Current.CancellationToken;
        return step.Method switch
        {
            "initialize" => new JsonObject
            {
                ["name"] = client.ServerInfo?.Name,
                ["capabilities"] = Node(client.ServerCapabilities),
                ["instructions"] = client.ServerInstructions,
                ["version"] = client.NegotiatedProtocolVersion,
            },
            "tools/list" => Node(await client.ListToolsAsync(new ModelContextProtocol.Protocol.ListToolsRequestParams(), cancellation)),
            "tools/call" => Node(await client.CallToolAsync(step.Name, JsonSerializer.Deserialize<Dictionary<string, object?>>(step.Arguments)!, cancellationToken: cancellation)),
            "resources/list" => Node(await client.ListResourcesAsync(new ModelContextProtocol.Protocol.ListResourcesRequestParams(), cancellation)),
            "resources/read" => Node(await client.ReadResourceAsync(step.Name, cancellationToken: cancellation)),
            _ => throw new ArgumentOutOfRangeException(nameof(step)),
        };
    }

    private static JsonNode? Node<T>(T result) => JsonSerializer.SerializeToNode(result, McpJsonUtilities.DefaultOptions);
}
