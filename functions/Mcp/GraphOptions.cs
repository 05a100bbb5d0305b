using Cairn.Functions.Json;
using Cairn.Functions.Problems;
using Cairn.Functions.Routing;

namespace Cairn.Functions.Mcp;

/// <summary>How much of an entity a read shows.</summary>
internal enum GraphDetail
{
    /// <summary>All observations.</summary>
    Full,

    /// <summary>The first observation, shortened, and how many there are.</summary>
    Summary,

    /// <summary>Name and type; no relations either.</summary>
    Names,
}

/// <summary>How a read of the graph is cut. Immutable.</summary>
/// <param name="Detail">Of each entity.</param>
/// <param name="Limit">Entities at most.</param>
/// <param name="Cursor">The name of the last entity of the page before; null: begin at the first.</param>
internal sealed record GraphOptions(GraphDetail Detail, int Limit, JsonNode? Cursor)
{
    // A page that fills its bytes has fewer.
    private const int DefaultLimit = 10_000, MaxLimit = 1000;

    /// <exception cref="ProblemException">invalid, limit.</exception>
    public static GraphOptions Read(ToolCall call)
    {
        var (detail, limit, cursor) = (ToolCall.Find(call.Arguments, "detail"), ToolCall.Find(call.Arguments, "limit"), ToolCall.Find(call.Arguments, "cursor"));
        if (cursor is { } place)
        {
            place.RequireText();
        }

        return new(
            (GraphDetail)(detail?.RequireWord("full", "summary", "names") ?? 0),
            (int)(limit?.RequireInteger(1, MaxLimit) ?? DefaultLimit),
            cursor);
    }

    /// <summary>The row to begin at.</summary>
    /// <exception cref="ProblemException">wrong-cursor.</exception>
    public int FirstRow(Reading reading)
    {
        if (Cursor is not { } cursor)
        {
            return 0;
        }

        var row = reading.Snapshot.FindConcept(cursor.Text);
        return row >= 0 ? row + 1 : throw cursor.Refuse("is no nextCursor of this memory, or its entity is gone: begin again without it", ProblemKinds.WrongCursor);
    }
}
