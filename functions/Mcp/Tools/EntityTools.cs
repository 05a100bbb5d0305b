using Cairn.Formats;
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

    // Of one name there is one entity: those that come with it in the same call are put together, and answered one by one.
    private static async ValueTask<ToolAnswer> CreateAsync(ToolCall call)
    {
        var entities = RequireEntities(call);
        var named = entities.GroupBy(entity => ToolCall.Require(entity, "name").ToString(), StringComparer.Ordinal).ToList();
        var results = named.Count == 0 ? [] : await call.CommitAllAsync(
            writer =>
            {
                foreach (var same in named)
                {
                    Put(writer, [.. same]);
                }
            },
            isRepeatable: true);
        var created = named.Where((_, index) => results[index].Effect == Effect.Created).Select(same => same.Key).ToHashSet(StringComparer.Ordinal);
        return ToolAnswer.OfMember("entities", json => WriteCreated(json, entities, created));
    }

    private static List<JsonNode> RequireEntities(ToolCall call)
    {
        var entities = new List<JsonNode>();
        foreach (var entity in call.Require("entities").RequireArray().Items)
        {
            ToolCall.Require(entity, "name").RequireText();
            ToolCall.Require(entity, "entityType").RequireText();
            ToolCall.Require(entity, "observations").RequireTexts();
            entities.Add(entity);
        }

        return entities;
    }

    // The type is that of the first.
    private static void Put(CommitWriter writer, JsonNode[] entities) => EntityWriting.Put(
        writer,
        ToolCall.Require(entities[0], "name"),
        ToolCall.Require(entities[0], "entityType"),
        [.. entities.Select(entity => ToolCall.Require(entity, "observations"))],
        OnExists.Skip);

    private static void WriteCreated(JsonWriter json, List<JsonNode> entities, HashSet<string> created)
    {
        json.WriteStartObject();
        json.WriteStartArray("entities"u8);
        foreach (var entity in entities)
        {
            var name = ToolCall.Require(entity, "name");
            if (created.Contains(name.ToString()))
            {
                json.WriteStartObject();
                json.WriteString("name"u8, name.Text);
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
    public static void Delete(CommitWriter writer, Reading reading, JsonNode name)
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
