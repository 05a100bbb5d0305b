using System.Text.Json;
using Cairn.Functions.Answers;
using Cairn.Functions.Requests;
using Cairn.Functions.Routing;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;

namespace Cairn.Functions.Mcp;

/// <summary>POST /mcp/{space}: the Model Context Protocol over Streamable HTTP, a message a request. There are no sessions, and so neither GET nor DELETE.</summary>
internal static class McpEndpoint
{
    // What says a thing twice says two things: nobody could tell which of them a header repeats, or which was meant.
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    public static readonly Route[] Routes = [new("POST", "/mcp/{space}", PostAsync)];

    private static async Task PostAsync(Call call)
    {
        call.RequireWritable();
        using var body = await RequestBody.ReadJsonAsync(call);
        var (message, refusal) = Read(body.Text);
        refusal ??= McpHeaders.Check(call.Request.Headers, message!);
        if (refusal is not null)
        {
            await RefuseAsync(call, message, refusal);
            return;
        }

        var version = call.Request.Headers[McpHeaders.Version].ToString();
        message!.Context = version.Length == 0 ? null : new() { ProtocolVersion = version };
        await AnswerAsync(call, await McpServing.AnswerAsync(call, message), McpHeaders.IsWithoutHandshake(version));
    }

    private static (JsonRpcMessage? Message, McpRefusal? Refusal) Read(ReadOnlyMemory<byte> text)
    {
        try
        {
            using var document = JsonDocument.Parse(text, Strict);
            return document.Deserialize<JsonRpcMessage>(McpJsonUtilities.DefaultOptions) is { } message
                ? (message, null)
                : (null, new(McpErrorCode.InvalidRequest, "the body is no JSON-RPC message"));
        }
        catch (JsonException failure)
        {
            return (null, new(McpErrorCode.InvalidRequest, $"the body is no JSON-RPC message: {failure.Message}"));
        }
    }

    // A client without a handshake learns from the status whether there is such a method.
    private static async Task AnswerAsync(Call call, ReadOnlyMemory<byte> answer, bool tellsByStatus)
    {
        if (answer.IsEmpty)
        {
            call.Response.StatusCode = StatusCodes.Status202Accepted;
            return;
        }

        var isUnknown = tellsByStatus && JsonSerializer.Deserialize<JsonRpcMessage>(answer.Span, McpJsonUtilities.DefaultOptions)
            is JsonRpcError { Error.Code: (int)McpErrorCode.MethodNotFound };
        await SendAsync(call, isUnknown ? StatusCodes.Status404NotFound : StatusCodes.Status200OK, answer);
    }

    private static Task RefuseAsync(Call call, JsonRpcMessage? message, McpRefusal refusal)
    {
        var error = new JsonRpcError
        {
            Id = message is JsonRpcRequest request ? request.Id : default,
            Error = new() { Code = (int)refusal.Code, Message = refusal.Message },
        };
        return SendAsync(call, refusal.Status, JsonSerializer.SerializeToUtf8Bytes<JsonRpcMessage>(error, McpJsonUtilities.DefaultOptions));
    }

    private static async Task SendAsync(Call call, int status, ReadOnlyMemory<byte> json)
    {
        (call.Response.StatusCode, call.Response.ContentType, call.Response.ContentLength) = (status, MediaTypes.Json, json.Length);
        await call.Response.Body.WriteAsync(json, call.Aborted);
    }
}
