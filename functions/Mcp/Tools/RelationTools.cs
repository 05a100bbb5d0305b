using Cairn.Formats;
using Cairn.Functions.Answers;
using Cairn.Functions.Json;
using Cairn.Functions.Requests;
using Cairn.Functions.Routing;
using Cairn.Model;
using Cairn.Snapshots;

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
        new("delete_relations", "Delete Relations", "Delete single relations, by their ends and type; the entities stay. Relations that do not exist are passed over.", DeleteAsync)
        {
            Input = ToolSchemas.Object(ToolSchemas.Array("relations", ToolSchemas.Relation, "The relations to delete"), "relations"),
            Output = ToolSchemas.Done,
            IsDestructive = true,
            IsIdempotent = true,
        },
    ];

    // One that comes twice in a call is written once, and answered twice.
    private static async ValueTask<ToolAnswer> CreateAsync(ToolCall call)
    {
        var relations = RequireRelations(call);
        var distinct = relations.DistinctBy(KeyOf).ToList();
        var results = distinct.Count == 0 ? [] : await call.CommitAllAsync(
            writer =>
            {
                foreach (var relation in distinct)
                {
                    relation.Mark();
                    EntityWriting.Associate(writer, NameOf(relation), OnExists.Skip);
                }
            },
            isRepeatable: true);
        var created = distinct.Where((_, index) => results[index].Effect == Effect.Created).Select(KeyOf).ToHashSet();
        return ToolAnswer.OfMember("relations", json => WriteCreated(json, relations, created));
    }

    private static async ValueTask<ToolAnswer> DeleteAsync(ToolCall call)
    {
        var relations = RequireRelations(call);
        if (relations.Count > 0)
        {
            var reading = await call.ReadAsync();
            var parallel = FindParallel(reading.Snapshot, relations);
            await call.CommitAllAsync(
                writer =>
                {
                    foreach (var relation in relations)
                    {
                        Delete(writer, relation);
                    }

                    foreach (var row in parallel)
                    {
                        writer.Dissociate(reading.Snapshot.Association(row).Name, OnMissing.Skip);
                    }
                },
                isRepeatable: parallel.Count == 0); // what it has to write depends on what is there, and it may be done twice
        }

        return ToolAnswer.Done("Relations deleted successfully");
    }

    private static List<JsonNode> RequireRelations(ToolCall call)
    {
        var relations = new List<JsonNode>();
        foreach (var relation in call.Require("relations").RequireArray().Items)
        {
            ToolCall.Require(relation, "from").RequireText();
            ToolCall.Require(relation, "to").RequireText();
            ToolCall.Require(relation, "relationType").RequireText();
            relations.Add(relation);
        }

        return relations;
    }

    private static (string From, string Type, string To) KeyOf(JsonNode relation) =>
        (ToolCall.Require(relation, "from").ToString(), ToolCall.Require(relation, "relationType").ToString(), ToolCall.Require(relation, "to").ToString());

    private static AssociationName NameOf(JsonNode relation) =>
        new(ToolCall.Require(relation, "from").Text, ToolCall.Require(relation, "relationType").Text, ToolCall.Require(relation, "to").Text, default);

    private static void Delete(CommitWriter writer, JsonNode relation)
    {
        var name = NameOf(relation);
        if (PathName.Allows(name.Source, Limits.IdBytes) && PathName.Allows(name.Type, Limits.NameBytes) && PathName.Allows(name.Target, Limits.IdBytes))
        {
            relation.Mark();
            writer.Dissociate(name, OnMissing.Skip);
        }
    }

    // Associations that have a key, as other interfaces make them, show as the same relation: they go with it.
    private static List<int> FindParallel(Snapshot snapshot, List<JsonNode> relations)
    {
        var parallel = new List<int>();
        var wanted = snapshot.MayHaveKeys ? relations.Select(relation => RowsOf(snapshot, NameOf(relation))).ToHashSet() : [];
        foreach (var source in wanted.Select(each => each.Source).Where(row => row >= 0).Distinct())
        {
            foreach (var edge in snapshot.Neighbors(source, Direction.Out))
            {
                var association = snapshot.Association(edge.Association);
                if (!association.Key.IsEmpty && wanted.Contains((source, association.Type, edge.Neighbor)))
                {
                    parallel.Add(edge.Association);
                }
            }
        }

        return parallel;
    }

    private static (int Source, int Type, int Target) RowsOf(Snapshot snapshot, in AssociationName name) =>
        (snapshot.FindConcept(name.Source), snapshot.FindType(name.Type), snapshot.FindConcept(name.Target));

    private static void WriteCreated(JsonWriter json, List<JsonNode> relations, HashSet<(string From, string Type, string To)> created)
    {
        json.WriteStartObject();
        json.WriteStartArray("relations"u8);
        foreach (var relation in relations.Where(relation => created.Contains(KeyOf(relation))))
        {
            var name = NameOf(relation);
            json.WriteStartObject();
            json.WriteString("from"u8, name.Source);
            json.WriteString("to"u8, name.Target);
            json.WriteString("relationType"u8, name.Type);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}
