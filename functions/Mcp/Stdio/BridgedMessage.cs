using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;
using Cairn.Functions.Answers;

namespace Cairn.Functions.Mcp.Stdio;

/// <summary>A message of a client on its way to the server. Immutable.</summary>
/// <param name="Text">As it came.</param>
/// <param name="Content">What it says; null: no JSON object.</param>
internal sealed record BridgedMessage(ReadOnlyMemory<byte> Text, JsonObject? Content)
{
    private const int ServerError = -32000;

    /// <summary>Commits that it makes are made once, however often it is sent.</summary>
    public string Key { get; } = Guid.NewGuid().ToString("N");

    public static BridgedMessage Read(ReadOnlyMemory<byte> text)
    {
        try
        {
            return new(text, System.Text.Json.Nodes.JsonNode.Parse(text.Span) as JsonObject);
        }
        catch (JsonException)
        {
            // The server says what is wrong with it.
            return new(text, null);
        }
    }

    /// <summary>As a request of HTTP.</summary>
    public HttpRequestMessage ToRequest(Uri address, string? key)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = new ReadOnlyMemoryContent(Text) };
        request.Content.Headers.ContentType = new(MediaTypes.Json);
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue(MediaTypes.Json));
        request.Headers.Add(Requests.CommitIdentity.Header, Key);
        if (key is not null)
        {
            request.Headers.Add("x-api-key", key);
        }

        AddNames(request.Headers);
        return request;
    }

    /// <summary>An answer that it failed; empty: nobody waits for one.</summary>
    public ReadOnlyMemory<byte> Fail(string reason) => Content?.ContainsKey("id") != true ? default : JsonSerializer.SerializeToUtf8Bytes(new JsonObject
    {
        ["jsonrpc"] = "2.0",
        ["id"] = Content["id"]?.DeepClone(),
        ["error"] = new JsonObject { ["code"] = ServerError, ["message"] = reason },
    });

    // Over HTTP headers repeat what is in the body, where it has a version.
    private void AddNames(HttpRequestHeaders headers)
    {
        var parameters = Content?["params"] as JsonObject;
        if (McpHeaders.VersionOf(parameters) is not { } version || Content?["method"]?.GetValueKind() != JsonValueKind.String)
        {
            return;
        }

        var method = Content["method"]!.GetValue<string>();
        headers.Add(McpHeaders.Version, McpHeaders.Encode(version));
        headers.Add(McpHeaders.Method, McpHeaders.Encode(method));
        if (McpHeaders.NameOf(method, parameters) is { } name)
        {
            headers.Add(McpHeaders.Name, McpHeaders.Encode(name));
        }
    }
}
