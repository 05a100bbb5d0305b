using Cairn.Functions.Answers;
using Cairn.Functions.Json;
using Cairn.Functions.Routing;
using Cairn.Query;

namespace Cairn.Functions.Mcp.Tools;

/// <summary>read_graph, search_nodes, open_nodes.</summary>
internal static class GraphTools
{
    private const string Cost = "Large answers come in pages of about 256 KB; with nextCursor in an answer there is more.";

    public static readonly MemoryTool[] All =
    [
        new(
            "read_graph",
            "Read Graph",
            $"Read the whole memory: every entity with its observations, and every relation. It can be long: prefer search_nodes or open_nodes, or begin with detail names or summary and a limit. {Cost}",
            ReadAsync)
        {
            Input = ToolSchemas.Object(ToolSchemas.Paging),
            Output = ToolSchemas.Graph,
            IsReadOnly = true,
            IsIdempotent = true,
        },
        new(
            "search_nodes",
            "Search Nodes",
            "Find entities by a piece of text in their name, type or observations; case does not matter. It is one substring, not words: search for one distinctive word at a time. An empty query finds all. "
                + $"Returns the entities with their observations, and every relation from or to one of them. It looks at every entity. {Cost}",
            SearchAsync)
        {
            Input = ToolSchemas.Object($"{ToolSchemas.Property("query", "string", "The text to find")},{ToolSchemas.Paging}", "query"),
            Output = ToolSchemas.Graph,
            IsReadOnly = true,
            IsIdempotent = true,
        },
        new(
            "open_nodes",
            "Open Nodes",
            $"Read entities whose exact names are known, with every relation from or to them. Names that do not exist are passed over. The cheapest way to read. {Cost}",
            OpenAsync)
        {
            Input = ToolSchemas.Object($"{ToolSchemas.Array("names", """{"type":"string"}""", "The names of the entities")},{ToolSchemas.Paging}", "names"),
            Output = ToolSchemas.Graph,
            IsReadOnly = true,
            IsIdempotent = true,
        },
    ];

    /// <summary>Entities in order of arrival, from a row on, in which a text occurs.</summary>
    public static ValueTask<SubstringMatches> FindAsync(Call call, Reading reading, string text, int firstRow, int limit) => reading.RunAsync(call, new SubstringQuery
    {
        Text = text,
        Attribute = EntityJson.Observations.ToArray(),
        Now = reading.Now,
        FirstRow = firstRow,
        Limit = limit,
    }.Start(reading.Snapshot));

    private static ValueTask<ToolAnswer> ReadAsync(ToolCall call) => SearchAsync(call, "", isGraph: true);

    private static ValueTask<ToolAnswer> SearchAsync(ToolCall call)
    {
        var query = call.Require("query");
        query.RequireText();
        return SearchAsync(call, query.ToString(), isGraph: false);
    }

    private static async ValueTask<ToolAnswer> SearchAsync(ToolCall call, string text, bool isGraph)
    {
        var options = GraphOptions.Read(call);
        var reading = await call.ReadAsync();
        var first = options.FirstRow(reading);
        var found = await FindAsync(call.Request, reading, text, first, options.Limit);
        return Answer(reading, options, found.Rows, found.HasMore, isGraph && first == 0);
    }

    private static async ValueTask<ToolAnswer> OpenAsync(ToolCall call)
    {
        var names = call.Require("names").RequireTexts();
        var options = GraphOptions.Read(call);
        var reading = await call.ReadAsync();
        var (rows, first) = (new SortedSet<int>(), options.FirstRow(reading));
        foreach (var name in names.Items)
        {
            if (reading.Snapshot.FindConcept(name.Text) is >= 0 and var row && row >= first && reading.Visibility.ShowsConcept(row))
            {
                rows.Add(row);
            }
        }

        return Answer(reading, options, [.. rows.Take(options.Limit)], rows.Count > options.Limit, isGraph: false);
    }

    private static ToolAnswer Answer(Reading reading, GraphOptions options, IReadOnlyList<int> rows, bool hasMore, bool isGraph) =>
        ToolAnswer.Of(json => new GraphAnswer(reading, options.Detail, GraphAnswer.PageBytes).Write(json, rows, hasMore, isGraph));
}
