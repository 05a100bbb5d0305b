using System.Text.Json;
using Cairn.Functions.Hosting;
using Cairn.Functions.Problems;
using Cairn.Functions.Routing;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace Cairn.Functions.Mcp;

/// <summary>
/// Answers one message of the Model Context Protocol. Nothing is kept between messages: each makes a server of its own, so that any process can answer any of them, and
/// one that takes over from another needs to know nothing.
/// </summary>
internal static class McpServing
{
    private const string Instructions =
        "A durable memory: a graph of entities with observations, connected by relations. At the beginning of a task, search_nodes or open_nodes for what is known about it. "
        + "Remember what will matter later by create_entities, add_observations and create_relations; short facts, one each. Mend or delete what turns out wrong.";

    private static readonly Implementation Server = new() { Name = "cairn", Title = "Cairn", Version = ProductVersion.Text };

    /// <summary>Hands the message to a server, and waits for what it says.</summary>
    /// <returns>The answer as JSON; empty: to this message there is none.</returns>
    public static async ValueTask<ReadOnlyMemory<byte>> AnswerAsync(Call call, JsonRpcMessage message)
    {
        await using var transport = new StreamableHttpServerTransport { Stateless = true };
        await using var server = McpServer.Create(transport, Options(call));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(call.Aborted);
        var running = server.RunAsync(stop.Token);
        using var events = new MemoryStream();
        try
        {
            return await transport.HandlePostRequestAsync(message, events, call.Aborted) ? EventData.Last(events.ToArray()) : default;
        }
        finally
        {
            await stop.CancelAsync();
            await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static McpServerOptions Options(Call call) => new()
    {
        ServerInfo = Server,
        ServerInstructions = Instructions,
        ScopeRequests = false,
        Handlers = new()
        {
            ListToolsHandler = static (_, _) => new(ToolCatalog.Listed),
            CallToolHandler = (request, _) => CallAsync(call, request.Params),
            ListResourcesHandler = static (_, _) => new(GraphResource.Listed),
            ListResourceTemplatesHandler = static (_, _) => new(new ListResourceTemplatesResult()),
            ReadResourceHandler = (request, _) => ReadAsync(call, request.Params),
        },
    };

    private static async ValueTask<CallToolResult> CallAsync(Call call, CallToolRequestParams? request)
    {
        var arguments = request?.Arguments is { } given ? JsonSerializer.SerializeToUtf8Bytes(given) : "{}"u8.ToArray();
        var answer = await ToolRunner.RunAsync(call, request?.Name ?? "", arguments);
        return new()
        {
            Content = [new TextContentBlock { Text = answer.Text }],
            StructuredContent = answer.Structured,
            IsError = answer.Structured is null ? true : null,
        };
    }

    private static async ValueTask<ReadResourceResult> ReadAsync(Call call, ReadResourceRequestParams? request)
    {
        if (request?.Uri != GraphResource.Uri)
        {
            // As the reference memory server says it.
            throw new McpProtocolException($"MCP error {(int)McpErrorCode.InvalidParams}: Resource {request?.Uri} not found", McpErrorCode.InvalidParams);
        }

        try
        {
            return await GraphResource.ReadAsync(call);
        }
        catch (ProblemException refusal)
        {
            throw new McpProtocolException(refusal.Problem.Detail, McpErrorCode.InvalidParams);
        }
    }
}
