using Cairn.Formats;
using Cairn.Functions.Answers;
using Cairn.Functions.Json;
using Cairn.Functions.Problems;
using Cairn.Functions.Requests;
using Cairn.Functions.Routing;
using Cairn.Model;
using Cairn.Primitives;

namespace Cairn.Functions.Mcp.Tools;

/// <summary>forget, reinforce: what strengthens a memory, and what lets it go.</summary>
internal static class ForgettingTools
{
    private const string Names = "names", After = "after", Amount = "amount";
    private const float DefaultAmount = 0.1f;

    public static readonly MemoryTool[] All =
    [
        new(
            "forget",
            "Forget",
            "Forget entities, with their observations and relations: now, or with after, once that time has passed. Use it for what is wrong, outdated, or was true only for a while; to mend single facts use delete_observations. "
                + "Returns which names were there and which were not. One atomic write.",
            ForgetAsync)
        {
            Input = ToolSchemas.Object(
                $"{ToolSchemas.Array(Names, """{"type":"string"}""", "The names of the entities")},{ToolSchemas.Property(After, "string", "Forget them only after this time, an ISO 8601 duration such as P30D or PT12H")}",
                Names),
            Output = ToolSchemas.Object(
                $"{ToolSchemas.Array("forgotten", """{"type":"string"}""", "Names that were there")},{ToolSchemas.Array("missing", """{"type":"string"}""", "Names that were not")},{ToolSchemas.Property("at", "string", "With after: when they go")}",
                "forgotten",
                "missing"),
            IsDestructive = true,
            IsIdempotent = true,
        },
        new(
            "reinforce",
            "Reinforce",
            "Strengthen entities that proved useful or true, so that they stay firm while others fade (a space with a half-life lets strength decay). Their content does not change. "
                + "Returns the new strength of each, 0 to 1. One atomic write.",
            ReinforceAsync)
        {
            Input = ToolSchemas.Object(
                $$"""{{ToolSchemas.Array(Names, """{"type":"string"}""", "The names of the entities")}},"amount":{"type":"number","minimum":0,"maximum":1,"description":"The share of what is missing to 1 that is added, default 0.1"}""",
                Names),
            Output = ToolSchemas.Object(
                $$"""
                {{ToolSchemas.Array("reinforced", """{"type":"object","properties":{"name":{"type":"string"},"strength":{"type":"number"}},"required":["name","strength"]}""", "Those that were there")}},
                {{ToolSchemas.Array("missing", """{"type":"string"}""", "Names that were not")}}
                """,
                "reinforced",
                "missing"),
        },
    ];

    private static async ValueTask<ToolAnswer> ForgetAsync(ToolCall call)
    {
        call.RequireKnown(Names, After);
        var (names, after) = (RequireNames(call), ReadAfter(call));
        var results = after is { } span ? await ExpireAsync(call, names, span) : (await DeleteAsync(call, names), null);
        return ToolAnswer.Compact(json =>
        {
            json.WriteStartObject();
            WriteNames(json, "forgotten"u8, names, results.Effects, there: true);
            WriteNames(json, "missing"u8, names, results.Effects, there: false);
            if (results.At is { } at)
            {
                json.WriteString("at"u8, at.ToString());
            }

            json.WriteEndObject();
        });
    }

    private static async ValueTask<IReadOnlyList<OperationResult>> DeleteAsync(ToolCall call, JsonNode names) =>
        await CommitAsync(call, names, (writer, name) => writer.Delete(name, OnMissing.Skip), isRepeatable: true);

    private static async ValueTask<(IReadOnlyList<OperationResult> Effects, Timestamp? At)> ExpireAsync(ToolCall call, JsonNode names, TimeSpan after)
    {
        // From the time of the space, which may be ahead of this machine's.
        var at = (await call.ReadAsync()).Now.Plus(after);
        return (await CommitAsync(call, names, (writer, name) =>
        {
            writer.BeginPatch(name, OnMissing.Skip);
            writer.ExpiresAt(at);
            writer.EndOperation();
        }, isRepeatable: false), at);
    }

    private static async ValueTask<ToolAnswer> ReinforceAsync(ToolCall call)
    {
        call.RequireKnown(Names, Amount);
        var (names, amount) = (RequireNames(call), ReadAmount(call));
        var effects = await CommitAsync(call, names, (writer, name) => writer.Reinforce(name, amount, OnMissing.Skip), isRepeatable: true);
        var reading = await call.ReadAsync();
        return ToolAnswer.Compact(json =>
        {
            json.WriteStartObject();
            WriteStrengths(json, reading, names, effects);
            WriteNames(json, "missing"u8, names, effects, there: false);
            json.WriteEndObject();
        });
    }

    private delegate void WriteOperation(CommitWriter writer, ReadOnlySpan<byte> name);

    private static async ValueTask<IReadOnlyList<OperationResult>> CommitAsync(ToolCall call, JsonNode names, WriteOperation write, bool isRepeatable) =>
        names.Count == 0 ? [] : await call.CommitAllAsync(
            writer =>
            {
                foreach (var name in names.Items)
                {
                    name.Mark();
                    write(writer, name.Text);
                }
            },
            isRepeatable);

    private static void WriteNames(JsonWriter json, ReadOnlySpan<byte> member, JsonNode names, IReadOnlyList<OperationResult> effects, bool there)
    {
        var index = 0;
        json.WriteStartArray(member);
        foreach (var name in names.Items)
        {
            if ((effects[index++].Effect != Effect.Skipped) == there)
            {
                json.WriteStringValue(name.Text);
            }
        }

        json.WriteEndArray();
    }

    private static void WriteStrengths(JsonWriter json, Reading reading, JsonNode names, IReadOnlyList<OperationResult> effects)
    {
        var index = 0;
        json.WriteStartArray("reinforced"u8);
        foreach (var name in names.Items)
        {
            // Somebody else may have deleted it since.
            if (effects[index++].Effect != Effect.Skipped && reading.Snapshot.FindConcept(name.Text) is >= 0 and var row && reading.Visibility.ShowsConcept(row))
            {
                json.WriteStartObject();
                json.WriteString("name"u8, name.Text);
                json.WritePropertyName("strength"u8);
                ValueJson.WriteFloat(json, reading.Snapshot.Concept(row).CurrentStrength(reading.Now));
                json.WriteEndObject();
            }
        }

        json.WriteEndArray();
    }

    private static JsonNode RequireNames(ToolCall call)
    {
        var names = call.Require(Names).RequireTexts();
        foreach (var name in names.Items)
        {
            IdReading.Require(name, "name");
        }

        return names;
    }

    private static TimeSpan? ReadAfter(ToolCall call)
    {
        if (ToolCall.Find(call.Arguments, After) is not { } after)
        {
            return null;
        }

        after.RequireText();
        return DurationText.TryParse(after.ToString(), out var span) ? span : throw after.Refuse("must be an ISO 8601 duration of weeks, days and smaller units, such as P30D");
    }

    private static float ReadAmount(ToolCall call)
    {
        if (ToolCall.Find(call.Arguments, Amount) is not { } amount)
        {
            return DefaultAmount;
        }

        var share = amount.RequireNumber();
        return share is >= 0 and <= 1 ? (float)share : throw amount.Refuse("must be 0 to 1");
    }
}
