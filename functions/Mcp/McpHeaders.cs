using System.Text;
using System.Text.Json.Nodes;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;
using Microsoft.Extensions.Primitives;

namespace Cairn.Functions.Mcp;

/// <summary>Why a message is refused before it is looked at.</summary>
internal sealed record McpRefusal(McpErrorCode Code, string Message, int Status = StatusCodes.Status400BadRequest);

/// <summary>
/// The headers of the protocol. Since the revision 2026-07-28 there is no handshake: each message says its version, and headers repeat what is in the body, so that
/// what stands between can route by them; a message that says two things is refused.
/// </summary>
internal static class McpHeaders
{
    public const string Version = "MCP-Protocol-Version", Method = "Mcp-Method", Name = "Mcp-Name";

    /// <summary>Where a message says its version in its body.</summary>
    public const string VersionMeta = "io.modelcontextprotocol/protocolVersion";

    private const string WithoutHandshake = "2026-07-28";
    private const string EncodedStart = "=?base64?", EncodedEnd = "?=";

    private static readonly string[] Supported = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25", WithoutHandshake];

    // What the handshake and the sessions were for.
    private static readonly string[] Gone = ["initialize", "ping", "logging/setLevel", "resources/subscribe", "resources/unsubscribe"];

    /// <summary>Whether such a version has no handshake.</summary>
    public static bool IsWithoutHandshake(string? version) => version == WithoutHandshake;

    /// <summary>What is wrong between headers and body; null: nothing.</summary>
    public static McpRefusal? Check(IHeaderDictionary headers, JsonRpcMessage message)
    {
        var version = Single(headers[Version]);
        var (method, parameters) = Split(message);
        if (version is not null && !Supported.Contains(version))
        {
            return new(McpErrorCode.UnsupportedProtocolVersion, $"{Version}: '{version}' is not one of {string.Join(", ", Supported)}");
        }

        var said = VersionOf(parameters);
        if (!IsWithoutHandshake(version) && !IsWithoutHandshake(said))
        {
            return null;
        }

        if (version is null || (said is not null && said != version))
        {
            return Mismatch(Version, version, said);
        }

        return said is null && message is JsonRpcRequest
            ? new(McpErrorCode.InvalidParams, $"params._meta has no {VersionMeta}")
            : method is null ? null : CheckNames(headers, method, parameters);
    }

    private static McpRefusal? CheckNames(IHeaderDictionary headers, string method, JsonObject? parameters)
    {
        if (Single(headers[Method]) is var said && said != method)
        {
            return Mismatch(Method, said, method);
        }

        if (Gone.Contains(method))
        {
            return new(McpErrorCode.MethodNotFound, $"{method} is not part of the revision {WithoutHandshake}", StatusCodes.Status404NotFound);
        }

        return NameOf(method, parameters) is { } name && Decode(Single(headers[Name])) is var named && named != name ? Mismatch(Name, named, name) : null;
    }

    /// <summary>The version that a body says; null: none.</summary>
    public static string? VersionOf(JsonObject? parameters) => TextOf((parameters?["_meta"] as JsonObject)?[VersionMeta]);

    /// <summary>What a message names; null: nothing that a header would repeat.</summary>
    public static string? NameOf(string method, JsonObject? parameters) => method switch
    {
        "tools/call" or "prompts/get" => TextOf(parameters?["name"]),
        "resources/read" => TextOf(parameters?["uri"]),
        _ => null,
    };

    /// <summary>A name as the value of a header.</summary>
    public static string Encode(string name) =>
        name.All(character => character is > ' ' and < (char)0x7F) && !name.StartsWith(EncodedStart, StringComparison.OrdinalIgnoreCase)
            ? name
            : $"{EncodedStart}{Convert.ToBase64String(Encoding.UTF8.GetBytes(name))}{EncodedEnd}";

    private static string? Decode(string? value)
    {
        if (value?.StartsWith(EncodedStart, StringComparison.OrdinalIgnoreCase) != true || !value.EndsWith(EncodedEnd, StringComparison.Ordinal))
        {
            return value;
        }

        var encoded = value[EncodedStart.Length..^EncodedEnd.Length];
        var bytes = new byte[encoded.Length];
        return Convert.TryFromBase64String(encoded, bytes, out var length) ? Encoding.UTF8.GetString(bytes, 0, length) : null;
    }

    private static (string? Method, JsonObject? Parameters) Split(JsonRpcMessage message) => message switch
    {
        JsonRpcRequest request => (request.Method, request.Params as JsonObject),
        JsonRpcNotification notification => (notification.Method, notification.Params as JsonObject),
        _ => (null, null),
    };

    // A header that comes twice says two things.
    private static string? Single(StringValues values) => values.Count == 0 ? null : values.ToString().Trim();

    private static string? TextOf(System.Text.Json.Nodes.JsonNode? node) => node is JsonValue value && value.TryGetValue(out string? text) ? text : null;

    private static McpRefusal Mismatch(string header, string? said, string? body) =>
        new(McpErrorCode.HeaderMismatch, $"the header {header} says '{said}', and the body '{body}'");
}
