using System.Security.Cryptography;
using System.Text;
using Cairn.Formats;
using Cairn.Functions.Answers;
using Cairn.Functions.Endpoints;
using Cairn.Functions.Json;
using Cairn.Functions.Requests;
using Cairn.Functions.Routing;
using Cairn.Model;
using Cairn.Query.Search;
using Cairn.Snapshots;

namespace Cairn.Functions.Mcp.Tools;

/// <summary>remember, recall: memories in free text, found again by their words, their meaning and what they are about.</summary>
internal static class RecallTools
{
    private const string Text = "text", Name = "name", Type = "entityType", About = "about", Query = "query", MaxTokens = "maxTokens", MostMemories = "limit", Types = "entityTypes", Near = "near";
    private const int DefaultTokens = 2000, DefaultLimit = 20, MaxLimit = 100, NameDigits = 16;

    // Entities that were found may have a million relations with others.
    private const int MaxRelationsSeen = 200_000;

    private const string Memory = $$$"""
        {"type":"object","properties":{"name":{"type":"string"},"entityType":{"type":"string"},"observations":{{{ToolSchemas.Strings}}},
          "content":{"type":"string"},"score":{"type":"number"}},"required":["name","entityType","observations","score"]}
        """;

    // What was reinforced comes before what faded, where both match alike.
    private static readonly SearchBoosts Boosts = new(Strength: 0.25, Confidence: 0.25, Recency: 0);

    public static readonly MemoryTool[] All =
    [
        new(
            "remember",
            "Remember",
            "Store one memory in plain words, when there is no entity for it yet or none is needed: a decision, a preference, something learned. Say what it is about, to find it by connection. "
                + "The same text again is stored once. Returns its name, and whether it was created, updated or known. One atomic write.",
            RememberAsync)
        {
            Input = ToolSchemas.Object(
                $"{ToolSchemas.Property(Text, "string", "What to remember, one or a few sentences that can be understood alone")},"
                    + $"{ToolSchemas.Property(Name, "string", "The entity that the text is added to; without it, one is made of this text")},"
                    + $"{ToolSchemas.Property(Type, "string", "The type of an entity that is created, default memory")},"
                    + ToolSchemas.Array(About, """{"type":"string"}""", "Names of entities that it is about, which need not exist yet"),
                Text),
            Output = ToolSchemas.Object(
                $"{ToolSchemas.Property(Name, "string", "The name of the entity that has it")},{ToolSchemas.Property("effect", "string", "created, updated or known")}",
                Name,
                "effect"),
            IsIdempotent = true,
        },
        new(
            "recall",
            "Recall",
            "Find what is known about something, in words of your own: the best first, by words and by meaning, within a budget of tokens. Use it before you answer from memory; use search_nodes for an exact piece of text, open_nodes for names you know. "
                + "Returns entities with their observations and scores, and the relations between them. A few milliseconds; the answer takes maxTokens at most.",
            RecallAsync)
        {
            Input = ToolSchemas.Object(
                $"{ToolSchemas.Property(Query, "string", "What to look for; a \\\"phrase\\\" must be there, begin* finds all words that begin so")},"
                    + $"{ToolSchemas.Property(MaxTokens, "integer", $"About how many tokens the answer may take, at least 1, default {DefaultTokens}")},"
                    + $"{ToolSchemas.Property(MostMemories, "integer", $"Entities at most, 1 to {MaxLimit}, default {DefaultLimit}")},"
                    + $"{ToolSchemas.Array(Types, """{"type":"string"}""", "Only entities of one of these types")},"
                    + ToolSchemas.Array(Near, """{"type":"string"}""", "Names of entities: what is connected with them comes first"),
                Query),
            Output = ToolSchemas.Object(
                $"{ToolSchemas.Array("memories", Memory, "The best first")},{ToolSchemas.Array("relations", ToolSchemas.Relation, "Between them")},"
                    + $"{ToolSchemas.Property("tokens", "integer", "About what the memories and relations take")},"
                    + ToolSchemas.Property("omitted", "integer", "Further memories that were found and did not fit"),
                "memories",
                "relations",
                "tokens"),
            IsReadOnly = true,
            IsIdempotent = true,
        },
    ];

    private static async ValueTask<ToolAnswer> RememberAsync(ToolCall call)
    {
        call.RequireKnown(Text, Name, Type, About);
        var text = call.Require(Text);
        if (text.RequireText().IsEmpty)
        {
            throw text.Refuse("must not be empty");
        }

        var name = NameOf(call, text);
        var results = await call.CommitAllAsync(writer => Write(call, writer, name, text), isRepeatable: true);
        return ToolAnswer.Compact(json =>
        {
            json.WriteStartObject();
            json.WriteString("name"u8, name);
            json.WriteString("effect"u8, results[0].Effect == Effect.Created ? "created"u8 : results[1].Effect == Effect.Updated ? "updated"u8 : "known"u8);
            json.WriteEndObject();
        });
    }

    // The same text has the same name.
    private static byte[] NameOf(ToolCall call, JsonNode text) => ToolCall.Find(call.Arguments, Name) is { } name
        ? IdReading.Require(name, Name).ToArray()
        : Encoding.ASCII.GetBytes($"memory-{Convert.ToHexStringLower(SHA256.HashData(text.Text))[..NameDigits]}");

    private static void Write(ToolCall call, CommitWriter writer, byte[] name, JsonNode text)
    {
        text.Mark();
        writer.BeginPut(name, OnExists.Skip);
        writer.BeginLabels();
        var type = ToolCall.Find(call.Arguments, Type);
        writer.Label(type is { } label ? LabelOf(label) : "memory"u8);
        writer.EndLabels();
        writer.BeginAttributes();
        WriteObservation(writer, text);
        writer.BeginPatch(name, OnMissing.Fail);
        writer.BeginAddItems();
        WriteObservation(writer, text);
        if (ToolCall.Find(call.Arguments, About) is { } about)
        {
            foreach (var other in about.RequireTexts().Items)
            {
                other.Mark();
                EntityWriting.Associate(writer, new(name, "about"u8, IdReading.Require(other, About), default), OnExists.Skip);
            }
        }
    }

    private static ReadOnlySpan<byte> LabelOf(JsonNode label)
    {
        label.Mark();
        LabelReading.Require(label);
        return label.Text;
    }

    private static void WriteObservation(CommitWriter writer, JsonNode text)
    {
        writer.Attribute(EntityJson.Observations);
        writer.BeginArray();
        writer.String(text.Text);
        writer.EndArray();
        writer.EndAttributes();
        writer.EndOperation();
    }

    private static async ValueTask<ToolAnswer> RecallAsync(ToolCall call)
    {
        call.RequireKnown(Query, MaxTokens, MostMemories, Types, Near);
        var query = QueryOf(call);
        var budget = new TokenBudget(IntegerOf(call, MaxTokens, int.MaxValue) ?? DefaultTokens);
        var reading = await call.ReadAsync();
        query = await QueryEmbedding.CompleteAsync(call.Request, reading, query with { Now = reading.Now, Near = NearOf(call, reading) });
        await SearchQuery.PrepareAsync(reading.Snapshot, call.Request.Aborted);
        var page = await reading.RunAsync(call.Request, query.Start(reading.Snapshot));
        reading = await reading.AtAsync(call.Request, page.Snapshot);
        return ToolAnswer.Compact(json => Write(json, reading, page, budget));
    }

    private static SearchQuery QueryOf(ToolCall call) => new()
    {
        Now = default,
        Text = SearchRequest.TextOf(call.Require(Query)),
        Limit = IntegerOf(call, MostMemories, MaxLimit) ?? DefaultLimit,
        Labels = ToolCall.Find(call.Arguments, Types) is { } types ? LabelReading.RequireAny(types) : [],
        Boosts = Boosts,
    };

    private static int? IntegerOf(ToolCall call, string name, int most) =>
        ToolCall.Find(call.Arguments, name) is { } number ? (int)number.RequireInteger(1, most) : null;

    // Names that do not exist lead nowhere.
    private static List<int> NearOf(ToolCall call, Reading reading)
    {
        var rows = new List<int>();
        if (ToolCall.Find(call.Arguments, Near) is { } near)
        {
            SearchRequest.RequireNear(near);
            foreach (var name in near.RequireTexts().Items)
            {
                if (reading.Snapshot.FindConcept(name.Text) is >= 0 and var row && reading.Visibility.ShowsConceptOrImplied(row))
                {
                    rows.Add(row);
                }
            }
        }

        return rows;
    }

    private static void Write(JsonWriter json, Reading reading, SearchPage page, TokenBudget budget)
    {
        json.WriteStartObject();
        json.WriteStartArray("memories"u8);
        var rows = new HashSet<int>();
        foreach (var hit in page.Hits)
        {
            // What does not fit leaves room for others that are shorter.
            if (budget.TryWrite(json, () => WriteMemory(json, reading.Snapshot.Concept(hit.Row), hit.Score)))
            {
                rows.Add(hit.Row);
            }
        }

        json.WriteEndArray();
        json.WriteStartArray("relations"u8);
        WriteRelations(json, reading, rows, budget);
        json.WriteEndArray();
        json.WriteNumber("tokens"u8, budget.Spent);
        if (rows.Count < page.Hits.Count)
        {
            json.WriteNumber("omitted"u8, page.Hits.Count - rows.Count);
        }

        json.WriteEndObject();
    }

    private static void WriteMemory(JsonWriter json, ConceptView concept, double score)
    {
        json.WriteStartObject();
        EntityJson.WriteMembers(json, concept);
        if (concept.ContentKind == ContentKind.Text)
        {
            json.WriteString("content"u8, concept.Content);
        }

        json.WritePropertyName("score"u8);
        ValueJson.WriteFloat(json, Math.Round(score, 4));
        json.WriteEndObject();
    }

    private static void WriteRelations(JsonWriter json, Reading reading, HashSet<int> rows, TokenBudget budget)
    {
        var left = MaxRelationsSeen;
        foreach (var row in rows)
        {
            foreach (var edge in reading.Snapshot.Neighbors(row, Direction.Out))
            {
                if (left-- == 0)
                {
                    return;
                }

                var association = reading.Snapshot.Association(edge.Association);
                if (rows.Contains(edge.Neighbor) && Liveness.ShowsWithEnds(reading.Visibility, association) && !budget.TryWrite(json, () => WriteRelation(json, reading.Snapshot, association)))
                {
                    return;
                }
            }
        }
    }

    private static void WriteRelation(JsonWriter json, Snapshot snapshot, AssociationView association)
    {
        json.WriteStartObject();
        EntityJson.WriteMembers(json, snapshot, association);
        json.WriteEndObject();
    }
}
