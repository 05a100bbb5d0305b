using Cairn.Functions.Answers;
using Cairn.Functions.Json;
using Cairn.Functions.Requests;
using Cairn.Functions.Routing;
using Cairn.Model;

namespace Cairn.Functions.Mcp.Tools;

/// <summary>create_entities, delete_entities.</summary>
internal static class EntityTools
{
    public static readonly MemoryTool[] All =
    [
        new(
            "create_entities",
            "Create Entities",
            "Remember new people, things, projects or ideas, each with its first observations. Names that exist already are skipped and left as they are: use add_observations for those. "
                + "Returns only the entities that were created. One atomic write, up to 10,000 entities.",
            CreateAsync)
        {
            Input = ToolSchemas.Object(ToolSchemas.Array("entities", ToolSchemas.Entity, "The entities to create"), "entities"),
            Output = ToolSchemas.Object(ToolSchemas.Array("entities", ToolSchemas.Entity, "Those that were created"), "entities"),
        },
        new(
            "delete_entities",
            "Delete Entities",
            "Delete entities with their observations and every relation from or to them, at once and for good. Names that do not exist are passed over. To see what was there, or to let something lapse later, use forget.",
            DeleteAsync)
        {
            Input = ToolSchemas.Object(ToolSchemas.Array("entityNames", """{"type":"string"}""", "The names of the entities to delete"), "entityNames"),
            Output = ToolSchemas.Done,
            IsDestructive = true,
            IsIdempotent = true,
        },
    ];

    private static async ValueTask<ToolAnswer> CreateAsync(ToolCall call)
    {
        var entities = call.Require("entities").RequireArray();
        foreach (var entity in entities.Items)
        {
            Check(entity);
        }

        var results = entities.Count == 0 ? [] : await call.CommitAllAsync(
            writer =>
            {
                foreach (var entity in entities.Items)
                {
                    EntityWriting.Put(writer, ToolCall.Require(entity, "name"), ToolCall.Require(entity, "entityType"), ToolCall.Require(entity, "observations"), OnExists.Skip);
                }
            },
            isRepeatable: true);
        return ToolAnswer.OfMember("entities", json => WriteCreated(json, entities, results));
    }

    private static void Check(JsonNode entity)
    {
        ToolCall.Require(entity, "name").RequireText();
        ToolCall.Require(entity, "entityType").RequireText();
        ToolCall.Require(entity, "observations").RequireTexts();
    }

    private static void WriteCreated(JsonWriter json, JsonNode entities, IReadOnlyList<OperationResult> results)
    {
        var index = 0;
        json.WriteStartObject();
        json.WriteStartArray("entities"u8);
        foreach (var entity in entities.Items)
        {
            if (results[index++].Effect == Effect.Created)
            {
                json.WriteStartObject();
                json.WriteString("name"u8, ToolCall.Require(entity, "name").Text);
                json.WriteString("entityType"u8, ToolCall.Require(entity, "entityType").Text);
                json.WriteTexts("observations"u8, ToolCall.Require(entity, "observations"));
                json.WriteEndObject();
            }
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static async ValueTask<ToolAnswer> DeleteAsync(ToolCall call)
    {
        var names = call.Require("entityNames").RequireTexts();
        if (names.Count > 0)
        {
            var reading = await call.ReadAsync();
            await call.CommitAllAsync(
                writer =>
                {
                    foreach (var name in names.Items)
                    {
                        Delete(writer, reading, name);
                    }
                },
                isRepeatable: false); // what it has to write depends on what is there, and it may be done twice
        }

        return ToolAnswer.Done("Entities deleted successfully");
    }

    /// <summary>Deletes what has that name, and the relations of a name that only they speak of.</summary>
    public static void Delete(Formats.CommitWriter writer, Reading reading, JsonNode name)
    {
        if (!PathName.Allows(name.Text, Limits.IdBytes))
        {
            return;
        }

        name.Mark();
        if (reading.Snapshot.FindConcept(name.Text) is >= 0 and var row && reading.Snapshot.Concept(row).IsImplied)
        {
            // Deleting does not find it; once it is there, its relations go with it.
            writer.BeginPut(name.Text, OnExists.Skip);
            writer.EndOperation();
        }

        writer.Delete(name.Text, OnMissing.Skip);
    }
}
