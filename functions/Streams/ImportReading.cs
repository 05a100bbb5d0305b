using Cairn.Formats;
using Cairn.Functions.Json;
using Cairn.Functions.Requests;
using Cairn.Model;

namespace Cairn.Functions.Streams;

/// <summary>One line of an import as an operation; a line that says nothing (an implied concept: its associations imply it again) writes none.</summary>
internal static class ImportReading
{
    /// <summary><c>{"concept":{…}}</c>, <c>{"association":{…}}</c> or <c>{"implied":"id"}</c></summary>
    public static void WriteNdJson(JsonNode line, CommitWriter writer, OnExists onExists, FieldRules rules)
    {
        if (line.RequireObject().Count != 1)
        {
            throw line.Refuse("a line is one of concept, association, implied");
        }

        foreach (var member in line.Members)
        {
            if (member.Is("concept"u8))
            {
                TargetReading.WriteConcept(member.Value, writer, onExists, rules);
            }
            else if (member.Is("association"u8))
            {
                TargetReading.WriteAssociation(member.Value, writer, onExists, MissingEndpoints.Imply, rules);
            }
            else if (member.Is("implied"u8))
            {
                IdReading.Require(member.Value);
            }
            else
            {
                throw member.Unknown();
            }
        }
    }

    /// <summary>A line of the reference memory server: an entity or a relation.</summary>
    public static void WriteMemory(JsonNode line, CommitWriter writer, OnExists onExists)
    {
        if (!line.RequireObject().TryGet("type"u8, out var type))
        {
            throw line.Refuse("type is missing");
        }

        if (type.RequireWord("entity", "relation") == 0)
        {
            WriteEntity(line, writer, onExists);
        }
        else
        {
            WriteRelation(line, writer, onExists);
        }
    }

    private static void WriteEntity(JsonNode line, CommitWriter writer, OnExists onExists)
    {
        JsonNode? name = null, entityType = null, observations = null;
        foreach (var member in line.Members)
        {
            if (member.Is("name"u8))
            {
                name = member.Value;
            }
            else if (member.Is("entityType"u8))
            {
                entityType = member.Value;
            }
            else if (member.Is("observations"u8))
            {
                observations = member.Value.RequireArray();
            }
            else if (!member.Is("type"u8))
            {
                throw member.Unknown();
            }
        }

        EntityWriting.Put(writer, name ?? throw line.Refuse("name is missing"), entityType, observations is { } list ? [list] : [], onExists);
    }

    private static void WriteRelation(JsonNode line, CommitWriter writer, OnExists onExists)
    {
        JsonNode? from = null, to = null, relation = null;
        foreach (var member in line.Members)
        {
            if (member.Is("from"u8))
            {
                from = member.Value;
            }
            else if (member.Is("to"u8))
            {
                to = member.Value;
            }
            else if (member.Is("relationType"u8))
            {
                relation = member.Value;
            }
            else if (!member.Is("type"u8))
            {
                throw member.Unknown();
            }
        }

        line.Mark();
        var type = Name(line, relation, "relationType", Limits.NameBytes);
        var name = new AssociationName(Name(line, from, "from", Limits.IdBytes), type, Name(line, to, "to", Limits.IdBytes), default);
        EntityWriting.Associate(writer, name, onExists);
    }

    // Checked here and not by the writer, which would blame the members of an association.
    private static ReadOnlySpan<byte> Name(JsonNode line, JsonNode? node, string name, int limitBytes) =>
        node is { } given ? IdReading.Require(given, name, limitBytes) : throw line.Refuse($"{name} is missing");
}
