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

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    /// <summary>Commits that it makes are made once, however often it is sent.</summary>
    public string Key { get; } = Guid.NewGuid().ToString("N");

    public static BridgedMessage Read(ReadOnlyMemory<byte> text)
    {
        try
        {
            return new(text, System.Text.Json.Nodes.JsonNode.Parse(text.Span, documentOptions: Strict) as JsonObject);
        }
        catch (JsonException)
        {
            // The server says what is wrong with it.
            return new(text, null);
        }
    }

    /// <summary>What it asks for; null: nothing.</summary>
    public string? Method => Content?["method"] is JsonValue method && method.TryGetValue(out string? name) ? name : null;

    public JsonObject? Parameters => Content?["params"] as JsonObject;

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
    public ReadOnlyMemory<byte> Fail(string reason) => Answer("error", new JsonObject { ["code"] = ServerError, ["message"] = reason });

    /// <summary>An answer that says nothing but that it was taken; empty: nobody waits for one.</summary>
    public ReadOnlyMemory<byte> Acknowledge() => Answer("result", []);

    // Of what cannot be read nobody knows whether it waits for an answer.
    private ReadOnlyMemory<byte> Answer(string member, JsonObject content) => Content?.ContainsKey("id") == false
        ? default
        : JsonSerializer.SerializeToUtf8Bytes(new JsonObject { ["jsonrpc"] = "2.0", ["id"] = Content?["id"]?.DeepClone(), [member] = content });

    // Over HTTP headers repeat what is in the body, where it has a version.
    private void AddNames(HttpRequestHeaders headers)
    {
        if (McpHeaders.VersionOf(Parameters) is not { } version || Method is not { } method)
        {
            return;
        }

        headers.Add(McpHeaders.Version, McpHeaders.Encode(version));
        headers.Add(McpHeaders.Method, McpHeaders.Encode(method));
        if (McpHeaders.NameOf(method, Parameters) is { } name)
        {
            headers.Add(McpHeaders.Name, McpHeaders.Encode(name));
        }
    }
}
