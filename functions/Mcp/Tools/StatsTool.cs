using Cairn.Functions.Answers;
using Cairn.Functions.Routing;
using Cairn.Query.Schemas;

namespace Cairn.Functions.Mcp.Tools;

/// <summary>memory_stats</summary>
internal static class StatsTool
{
    // So many names of types say what there is, and no more of them fit a glance.
    private const int MaxNames = 100;

    private const string Count = """{"type":"object","properties":{"name":{"type":"string"},"count":{"type":"integer"}},"required":["name","count"]}""";

    public static readonly MemoryTool[] All =
    [
        new(
            "memory_stats",
            "Memory Stats",
            "See how much is remembered: how many entities and relations, of which types, and what they take. Use it before read_graph to know what that would cost. Short to read; it counts every entity.",
            ReadAsync)
        {
            Input = ToolSchemas.Object(""),
            Output = ToolSchemas.Object(
                $"""
                {ToolSchemas.Property("space", "string", "The name of this memory")},{ToolSchemas.Property("entities", "integer", "How many there are")},{ToolSchemas.Property("relations", "integer", "How many there are")},
                {ToolSchemas.Array("entityTypes", Count, "Types of entities, and how many have each")},{ToolSchemas.Array("relationTypes", Count, "Types of relations, and how many have each")},
                {ToolSchemas.Property("truncated", "boolean", "There are other types")},{ToolSchemas.Property("logBytes", "integer", "Bytes of the durable log")},{ToolSchemas.Property("memoryBytes", "integer", "Bytes of memory, about")}
                """,
                "space",
                "entities",
                "relations",
                "entityTypes",
                "relationTypes",
                "truncated",
                "logBytes",
                "memoryBytes"),
            IsReadOnly = true,
            IsIdempotent = true,
        },
    ];

    private static async ValueTask<ToolAnswer> ReadAsync(ToolCall call)
    {
        var reading = await call.ReadAsync();
        var schema = await reading.RunAsync(call.Request, new SchemaQuery { Now = reading.Now, MaxNames = MaxNames }.Start(reading.Snapshot));
        return ToolAnswer.Compact(json => Write(json, reading, schema));
    }

    private static void Write(JsonWriter json, Reading reading, SpaceSchema schema)
    {
        var stats = reading.Space.GetStatistics();
        json.WriteStartObject();
        json.WriteString("space"u8, reading.Record.Name.ToString());
        json.WriteNumber("entities"u8, reading.Snapshot.ConceptCount);
        json.WriteNumber("relations"u8, reading.Snapshot.AssociationCount);
        WriteCounts(json, "entityTypes"u8, schema.Labels);
        WriteCounts(json, "relationTypes"u8, schema.AssociationTypes);
        json.WriteBoolean("truncated"u8, schema.IsTruncated);
        json.WriteNumber("logBytes"u8, stats.LogBytes);
        json.WriteNumber("memoryBytes"u8, stats.MemoryBytes);
        json.WriteEndObject();
    }

    private static void WriteCounts(JsonWriter json, ReadOnlySpan<byte> member, IReadOnlyList<NameCount> names)
    {
        json.WriteStartArray(member);
        foreach (var name in names)
        {
            json.WriteStartObject();
            json.WriteString("name"u8, name.Name.Span);
            json.WriteNumber("count"u8, name.Count);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
