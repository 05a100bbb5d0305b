using Cairn.Formats;
using Cairn.Functions.Answers;
using Cairn.Functions.Json;
using Cairn.Functions.Requests;
using Cairn.Functions.Routing;
using Cairn.Model;

namespace Cairn.Functions.Mcp.Tools;

/// <summary>create_relations, delete_relations.</summary>
internal static class RelationTools
{
    public static readonly MemoryTool[] All =
    [
        new(
            "create_relations",
            "Create Relations",
            "Connect entities by directed relations in active voice, such as works_at. Relations that exist already are skipped. An entity that does not exist yet may be named; create it afterwards. "
                + "Returns only the relations that were created. One atomic write, up to 10,000 relations.",
            CreateAsync)
        {
            Input = ToolSchemas.Object(ToolSchemas.Array("relations", ToolSchemas.Relation, "The relations to create"), "relations"),
            Output = ToolSchemas.Object(ToolSchemas.Array("relations", ToolSchemas.Relation, "Those that were created"), "relations"),
        },
        new("delete_relations", "Delete Relations", "Delete relations; the entities stay. Relations that do not exist are passed over.", DeleteAsync)
        {
            Input = ToolSchemas.Object(ToolSchemas.Array("relations", ToolSchemas.Relation, "The relations to delete"), "relations"),
            Output = ToolSchemas.Done,
            IsDestructive = true,
            IsIdempotent = true,
        },
    ];

    private static async ValueTask<ToolAnswer> CreateAsync(ToolCall call)
    {
        var relations = RequireRelations(call);
        var results = relations.Count == 0 ? [] : await call.CommitAllAsync(
            writer =>
            {
                foreach (var relation in relations.Items)
                {
                    relation.Mark();
                    EntityWriting.Associate(writer, NameOf(relation), OnExists.Skip);
                }
            },
            isRepeatable: true);
        return ToolAnswer.OfMember("relations", json => WriteCreated(json, relations, results));
    }

    private static async ValueTask<ToolAnswer> DeleteAsync(ToolCall call)
    {
        var relations = RequireRelations(call);
        if (relations.Count > 0)
        {
            await call.CommitAllAsync(
                writer =>
                {
                    foreach (var relation in relations.Items)
                    {
                        relation.Mark();
                        if (MayExist(relation))
                        {
                            writer.Dissociate(NameOf(relation), OnMissing.Skip);
                        }
                    }
                },
                isRepeatable: true);
        }

        return ToolAnswer.Done("Relations deleted successfully");
    }

    private static JsonNode RequireRelations(ToolCall call)
    {
        var relations = call.Require("relations").RequireArray();
        foreach (var relation in relations.Items)
        {
            ToolCall.Require(relation, "from").RequireText();
            ToolCall.Require(relation, "to").RequireText();
            ToolCall.Require(relation, "relationType").RequireText();
        }

        return relations;
    }

    private static AssociationName NameOf(JsonNode relation) =>
        new(ToolCall.Require(relation, "from").Text, ToolCall.Require(relation, "relationType").Text, ToolCall.Require(relation, "to").Text, default);

    private static bool MayExist(JsonNode relation)
    {
        var name = NameOf(relation);
        return PathName.Allows(name.Source, Limits.IdBytes) && PathName.Allows(name.Type, Limits.NameBytes) && PathName.Allows(name.Target, Limits.IdBytes);
    }

    private static void WriteCreated(JsonWriter json, JsonNode relations, IReadOnlyList<OperationResult> results)
    {
        var index = 0;
        json.WriteStartObject();
        json.WriteStartArray("relations"u8);
        foreach (var relation in relations.Items)
        {
            if (results[index++].Effect == Effect.Created)
            {
                var name = NameOf(relation);
                json.WriteStartObject();
                json.WriteString("from"u8, name.Source);
                json.WriteString("to"u8, name.Target);
                json.WriteString("relationType"u8, name.Type);
                json.WriteEndObject();
            }
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}
