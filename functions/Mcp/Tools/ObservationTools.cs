using Cairn.Formats;
using Cairn.Functions.Answers;
using Cairn.Functions.Json;
using Cairn.Functions.Problems;
using Cairn.Functions.Requests;
using Cairn.Functions.Routing;
using Cairn.Model;

namespace Cairn.Functions.Mcp.Tools;

/// <summary>add_observations, delete_observations.</summary>
internal static class ObservationTools
{
    public static readonly MemoryTool[] All =
    [
        new(
            "add_observations",
            "Add Observations",
            "Remember new facts about entities that exist already, one short text each. What an entity has already is not added again. If one of the entities does not exist, nothing is saved at all: create it first. "
                + "Returns what was added to each. One atomic write; an entity holds up to 1,024 observations.",
            AddAsync)
        {
            Input = ToolSchemas.Object(
                ToolSchemas.Array(
                    "observations",
                    ToolSchemas.Object(
                        $"{ToolSchemas.Property("entityName", "string", "The name of the entity")},{ToolSchemas.Array("contents", """{"type":"string"}""", "The observations to add")}",
                        "entityName",
                        "contents"),
                    "What to add, by entity"),
                "observations"),
            Output = ToolSchemas.Object(
                ToolSchemas.Array(
                    "results",
                    ToolSchemas.Object(
                        $"{ToolSchemas.Property("entityName", "string", "The name of the entity")},{ToolSchemas.Array("addedObservations", """{"type":"string"}""", "What it did not have before")}",
                        "entityName",
                        "addedObservations"),
                    "In the order asked"),
                "results"),
        },
        new(
            "delete_observations",
            "Delete Observations",
            "Delete single observations from entities, by their exact text. Entities and observations that do not exist are passed over.",
            DeleteAsync)
        {
            Input = ToolSchemas.Object(
                ToolSchemas.Array(
                    "deletions",
                    ToolSchemas.Object(
                        $"{ToolSchemas.Property("entityName", "string", "The name of the entity")},{ToolSchemas.Array("observations", """{"type":"string"}""", "The observations to delete, as they are written")}",
                        "entityName",
                        "observations"),
                    "What to delete, by entity"),
                "deletions"),
            Output = ToolSchemas.Done,
            IsDestructive = true,
            IsIdempotent = true,
        },
    ];

    // An operation for each text: its effect says whether that text was new, decided in the order of the log, whoever else adds at the same time.
    private static async ValueTask<ToolAnswer> AddAsync(ToolCall call)
    {
        var items = Require(call, "observations", "contents");
        if (items.Count == 0)
        {
            return ToolAnswer.OfMember("results", json => WriteAdded(json, items, []));
        }

        var outcome = await call.CommitAsync(
            writer =>
            {
                foreach (var item in items.Items)
                {
                    WriteAdditions(writer, item);
                }
            },
            isRepeatable: true);
        return outcome.Kind == OutcomeKind.Committed
            ? ToolAnswer.OfMember("results", json => WriteAdded(json, items, outcome.Results))
            : throw Refused(items, outcome);
    }

    // Also an entity to which nothing is added must be there.
    private static void WriteAdditions(CommitWriter writer, JsonNode item)
    {
        var entity = ToolCall.Require(item, "entityName");
        if (!PathName.Allows(entity.Text, Limits.IdBytes))
        {
            throw NotFound(entity);
        }

        entity.Mark();
        writer.RequireConcept(entity.Text, Condition.Exists);
        foreach (var content in ToolCall.Require(item, "contents").Items)
        {
            content.Mark();
            writer.BeginPatch(entity.Text, OnMissing.Fail);
            writer.BeginAddItems();
            WriteTexts(writer, content);
        }
    }

    private static void WriteTexts(CommitWriter writer, JsonNode texts)
    {
        writer.Attribute(EntityJson.Observations);
        if (texts.Kind == JsonKind.Array)
        {
            ValueReading.Write(texts, writer);
        }
        else
        {
            writer.BeginArray();
            writer.String(texts.Text);
            writer.EndArray();
        }

        writer.EndAttributes();
        writer.EndOperation();
    }

    private static void WriteAdded(JsonWriter json, JsonNode items, IReadOnlyList<OperationResult> results)
    {
        var operation = 0;
        json.WriteStartObject();
        json.WriteStartArray("results"u8);
        foreach (var item in items.Items)
        {
            json.WriteStartObject();
            json.WriteString("entityName"u8, ToolCall.Require(item, "entityName").Text);
            json.WriteStartArray("addedObservations"u8);
            var added = new HashSet<string>(StringComparer.Ordinal);
            foreach (var content in ToolCall.Require(item, "contents").Items)
            {
                // A text that comes twice here is added once, and answered twice.
                if (results[operation++].Effect == Effect.Updated)
                {
                    added.Add(content.ToString());
                }

                if (added.Contains(content.ToString()))
                {
                    json.WriteStringValue(content.Text);
                }
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static ProblemException Refused(JsonNode items, CommitOutcome outcome)
    {
        if (outcome is { Reason: RejectionReason.Missing, Precondition: >= 0 and var precondition })
        {
            return NotFound(ToolCall.Require(ItemAt(items, precondition), "entityName"));
        }

        return outcome.Reason switch
        {
            RejectionReason.Limit => ProblemException.Of(ProblemKinds.Limit, $"nothing was saved: an entity holds at most {Limits.Items} observations"),
            RejectionReason.Missing => ProblemException.Of(ProblemKinds.Rejected, "nothing was saved: the attribute observations of an entity is no list"),
            _ => ToolCall.Refused(outcome),
        };
    }

    private static JsonNode ItemAt(JsonNode items, int index)
    {
        var at = 0;
        foreach (var item in items.Items)
        {
            if (at++ == index)
            {
                return item;
            }
        }

        throw new ArgumentOutOfRangeException(nameof(index));
    }

    private static ProblemException NotFound(JsonNode entity) => ProblemException.Of(ProblemKinds.UnknownConcept, $"Entity with name {entity} not found");

    private static async ValueTask<ToolAnswer> DeleteAsync(ToolCall call)
    {
        var items = Require(call, "deletions", "observations");
        if (items.Count > 0)
        {
            await call.CommitAllAsync(
                writer =>
                {
                    foreach (var item in items.Items)
                    {
                        WriteRemovals(writer, ToolCall.Require(item, "entityName"), ToolCall.Require(item, "observations"));
                    }
                },
                isRepeatable: true);
        }

        return ToolAnswer.Done("Observations deleted successfully");
    }

    private static void WriteRemovals(CommitWriter writer, JsonNode entity, JsonNode observations)
    {
        if (observations.Count == 0 || !PathName.Allows(entity.Text, Limits.IdBytes))
        {
            return;
        }

        entity.Mark();
        writer.BeginPatch(entity.Text, OnMissing.Skip);
        writer.BeginRemoveItems();
        WriteTexts(writer, observations);
    }

    private static JsonNode Require(ToolCall call, string list, string texts)
    {
        var items = call.Require(list).RequireArray();
        foreach (var item in items.Items)
        {
            ToolCall.Require(item, "entityName").RequireText();
            ToolCall.Require(item, texts).RequireTexts();
        }

        return items;
    }
}
