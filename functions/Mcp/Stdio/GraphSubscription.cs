using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Cairn.Functions.Mcp.Stdio;

/// <summary>
/// Tells a client that subscribed to the graph when a call of its own has changed it, as the reference memory server does: each of that kind knows the calls of its client alone.
/// A process has one client and lasts as long, and so can remember what a request over HTTP cannot. One thread.
/// </summary>
internal sealed class GraphSubscription
{
    private const string Subscribe = "resources/subscribe", Unsubscribe = "resources/unsubscribe";

    private static readonly byte[] Updated = JsonSerializer.SerializeToUtf8Bytes(new JsonObject
    {
        ["jsonrpc"] = "2.0",
        ["method"] = "notifications/resources/updated",
        ["params"] = new JsonObject { ["uri"] = GraphResource.Uri },
    });

    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private bool _isSubscribed;

    /// <summary>Takes a message that is for this class.</summary>
    /// <returns>False: it is for the server.</returns>
    public bool TryTake(BridgedMessage message)
    {
        // Without a handshake there is nothing of the kind, as the server will say.
        if (message.Method is not (Subscribe or Unsubscribe) || UriOf(message) is not { } uri || McpHeaders.IsWithoutHandshake(McpHeaders.VersionOf(message.Parameters)))
        {
            return false;
        }

        _isSubscribed = uri == GraphResource.Uri ? message.Method == Subscribe : _isSubscribed;
        return true;
    }

    /// <summary>What the client is told before it is answered; empty: nothing.</summary>
    public ReadOnlyMemory<byte> NoticeOf(BridgedMessage message, ReadOnlyMemory<byte> answer) =>
        _isSubscribed && !answer.IsEmpty && message.Method == "tools/call" && ToolCatalog.Find(McpHeaders.NameOf("tools/call", message.Parameters) ?? "") is { IsReadOnly: false } && WasDone(answer)
            ? Updated
            : default;

    /// <summary>The answer, which says at the handshake that there are subscriptions.</summary>
    public static ReadOnlyMemory<byte> Announce(BridgedMessage message, ReadOnlyMemory<byte> answer)
    {
        if (message.Method != "initialize" || answer.IsEmpty || System.Text.Json.Nodes.JsonNode.Parse(answer.Span)?["result"]?["capabilities"]?["resources"] is not JsonObject resources)
        {
            return answer;
        }

        resources["subscribe"] = true;
        return JsonSerializer.SerializeToUtf8Bytes(resources.Root, Plain);
    }

    private static string? UriOf(BridgedMessage message) => message.Parameters?["uri"] is JsonValue uri && uri.TryGetValue(out string? text) ? text : null;

    private static bool WasDone(ReadOnlyMemory<byte> answer)
    {
        using var document = JsonDocument.Parse(answer);
        return document.RootElement.TryGetProperty("result", out var result) && !(result.TryGetProperty("isError", out var failed) && failed.GetBoolean());
    }
}
