using Cairn.Functions.Answers;
using Cairn.Functions.Endpoints;
using Cairn.Functions.Requests;
using Cairn.Query;
using Cairn.Snapshots;

namespace Cairn.Functions.Mcp.Tools;

/// <summary>find_path</summary>
internal static class PathTool
{
    public static readonly MemoryTool[] All =
    [
        new(
            "find_path",
            "Find Path",
            "Find how two entities are connected: the shortest chain of relations between them, or the one that is remembered most firmly. Use it instead of reading the graph and searching by yourself. "
                + "Returns up to limit paths, the best first; none if they are not connected within maxDepth. Cheap, and short to read.",
            FindAsync)
        {
            Input = ToolSchemas.Object(
                $$"""
                {{ToolSchemas.Property("from", "string", "The name of the entity to begin at")}},
                {{ToolSchemas.Property("to", "string", "The name of the entity to reach")}},
                "mode":{"type":"string","enum":["shortest","strongest"],"description":"shortest (default): fewest relations. strongest: greatest product of strength and confidence"},
                "direction":{"type":"string","enum":["both","out","in"],"description":"Follow relations either way (default), as they point, or against that"},
                {{ToolSchemas.Array("types", """{"type":"string"}""", "Only relations of these types; default all")}},
                "maxDepth":{"type":"integer","minimum":1,"maximum":{{PathQuery.MaxDepthLimit}},"description":"Relations at most, default 6"},
                "limit":{"type":"integer","minimum":1,"maximum":{{PathQuery.MaxLimit}},"description":"Paths at most, default 1"}
                """,
                "from",
                "to"),
            Output = ToolSchemas.Object(
                ToolSchemas.Array(
                    "paths",
                    ToolSchemas.Object(
                        $$"""
                        {{ToolSchemas.Array("entities", """{"type":"string"}""", "Names, from the first to the last")}},{{ToolSchemas.Array("relations", ToolSchemas.Relation, "The relation of each step")}},
                        {{ToolSchemas.Property("score", "number", "Product of strength and confidence along it, 0 to 1")}}
                        """,
                        "entities",
                        "relations",
                        "score"),
                    "The best first") + "," + ToolSchemas.Property("truncated", "boolean", "The search ended early: there may be other paths"),
                "paths",
                "truncated"),
            IsReadOnly = true,
            IsIdempotent = true,
        },
    ];

    private static async ValueTask<ToolAnswer> FindAsync(ToolCall call)
    {
        var request = PathRequest.Read(call.Arguments);
        var reading = await call.ReadAsync();
        var result = await PathEndpoint.FindAsync(call.Request, reading, request);
        return ToolAnswer.Compact(json => Write(json, reading.Snapshot, result));
    }

    private static void Write(JsonWriter json, Snapshot snapshot, PathResult result)
    {
        json.WriteStartObject();
        json.WriteStartArray("paths"u8);
        foreach (var path in result.Paths)
        {
            json.WriteStartObject();
            json.WriteStartArray("entities"u8);
            foreach (var row in path.Concepts)
            {
                json.WriteStringValue(snapshot.Concept(row).Id);
            }

            json.WriteEndArray();
            json.WriteStartArray("relations"u8);
            foreach (var row in path.Associations)
            {
                json.WriteStartObject();
                EntityJson.WriteMembers(json, snapshot, snapshot.Association(row));
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WritePropertyName("score"u8);
            ValueJson.WriteFloat(json, path.Score);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteBoolean("truncated"u8, result.Truncated);
        json.WriteEndObject();
    }
}
