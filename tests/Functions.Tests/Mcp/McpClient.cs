using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Cairn.Functions.Tests.Serving;

namespace Cairn.Functions.Tests.Mcp;

/// <summary>Calls tools over HTTP, a message a request.</summary>
internal sealed class McpClient(TestServer server, string space)
{
    private int _id;

    public string Path => $"/mcp/{space}";

    /// <summary>Sends a request, and answers the whole message that comes back.</summary>
    public async Task<JsonElement> SendAsync(string method, string parameters = "{}", params (string Name, string Value)[] headers)
    {
        var id = Interlocked.Increment(ref _id).ToString(CultureInfo.InvariantCulture);
        var reply = (await PostAsync($$"""{"jsonrpc":"2.0","id":{{id}},"method":"{{method}}","params":{{parameters}}}""", headers)).Require(HttpStatusCode.OK);
        Assert.Equal("application/json", reply.Headers["Content-Type"]);
        Assert.Equal(id, reply["id"].ToString());
        return reply.Json;
    }

    public Task<Reply> PostAsync(string message, params (string Name, string Value)[] headers) =>
        server.PostAsync(Path, message, [("Accept", "application/json, text/event-stream"), .. headers]);

    /// <summary>The result of a tool.</summary>
    public async Task<JsonElement> CallAsync(string tool, string arguments, params (string Name, string Value)[] headers) =>
        (await SendAsync("tools/call", $$"""{"name":"{{tool}}","arguments":{{arguments}}}""", headers)).GetProperty("result");

    /// <summary>The structured answer of a tool that does what it is asked.</summary>
    public async Task<JsonElement> DoAsync(string tool, string arguments, params (string Name, string Value)[] headers)
    {
        var result = await CallAsync(tool, arguments, headers);
        Assert.False(result.TryGetProperty("isError", out var failed) && failed.GetBoolean(), Text(result));
        var structured = result.GetProperty("structuredContent");
        var text = Text(result);
        if (text[0] is '{' or '[')
        {
            // The text has the same, or what is in its only member.
            var told = JsonNode.Parse(text);
            Assert.True(JsonNode.DeepEquals(told, JsonNode.Parse(structured.GetRawText())) || structured.EnumerateObject().Any(member => JsonNode.DeepEquals(told, JsonNode.Parse(member.Value.GetRawText()))), text);
        }

        return structured;
    }

    /// <summary>The text of a tool that refuses.</summary>
    public async Task<string> FailAsync(string tool, string arguments)
    {
        var result = await CallAsync(tool, arguments);
        Assert.True(result.TryGetProperty("isError", out var failed) && failed.GetBoolean(), result.GetRawText());
        Assert.False(result.TryGetProperty("structuredContent", out _));
        return Text(result);
    }

    public static string Text(JsonElement result) => result.GetProperty("content")[0].GetProperty("text").GetString()!;
}
