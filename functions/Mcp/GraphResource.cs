using System.Text;
using Cairn.Functions.Answers;
using Cairn.Functions.Mcp.Tools;
using Cairn.Functions.Problems;
using Cairn.Functions.Routing;
using ModelContextProtocol.Protocol;

namespace Cairn.Functions.Mcp;

/// <summary>The resource <c>memory://knowledge-graph</c>: the whole graph as one JSON text.</summary>
internal static class GraphResource
{
    public const string Uri = "memory://knowledge-graph";

    // It is built in memory, several times over on its way out, for as many clients as ask at once.
    private const int LimitBytes = 4 * 1024 * 1024;

    public static ListResourcesResult Listed { get; } = new()
    {
        Resources =
        [
            new()
            {
                Uri = Uri,
                Name = "knowledge-graph",
                Title = "Knowledge Graph",
                Description = "The full knowledge graph with all entities and relations",
                MimeType = MediaTypes.Json,
            },
        ],
    };

    /// <exception cref="ProblemException">too-large; unknown-space.</exception>
    public static async ValueTask<ReadResourceResult> ReadAsync(Call call)
    {
        await call.RequireOrCreateSpaceAsync();
        var reading = await Reading.OpenAsync(call);
        var found = await GraphTools.FindAsync(call, reading, "", 0, int.MaxValue);
        using var answer = JsonAnswer.Rent();
        var graph = new GraphAnswer(reading, GraphDetail.Full, LimitBytes);
        graph.Write(answer.Json, found.Rows, found.HasMore, isGraph: true);
        return graph.IsComplete
            ? new() { Contents = [new TextResourceContents { Uri = Uri, MimeType = MediaTypes.Json, Text = JsonText.Indented(answer.Json.Written.Span) }] }
            : throw ProblemException.Of(
                ProblemKinds.TooLarge,
                $"the graph is larger than {LimitBytes} bytes: read it in pages with the tool read_graph, or by GET /v1/spaces/{reading.Record.Name}/export?format=memory");
    }
}
