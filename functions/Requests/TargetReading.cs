using Cairn.Formats;
using Cairn.Functions.Json;
using Cairn.Model;

namespace Cairn.Functions.Requests;

/// <summary>A whole concept or association as the operation that puts it.</summary>
internal static class TargetReading
{
    /// <summary>A put of a concept under the id that it gives; without one the id is derived from the commit.</summary>
    public static void WriteConcept(JsonNode concept, CommitWriter writer, OnExists onExists, FieldRules rules)
    {
        ReadOnlySpan<byte> id = default;
        if (concept.RequireObject().TryGet("id"u8, out var given))
        {
            // The writer takes an empty id for an absent one; here it is a mistake.
            id = given.RequireText() is { IsEmpty: false } text ? text : throw given.Refuse("an id has 1 to 512 bytes");
        }

        concept.Mark();
        writer.BeginPut(id, onExists);
        WriteConceptFields(concept, writer, rules);
    }

    /// <summary>A put of a concept under the id of the path; one in the body must be equal.</summary>
    public static void WriteConcept(ReadOnlySpan<byte> id, JsonNode concept, CommitWriter writer, FieldRules rules)
    {
        RequireEqualId(concept.RequireObject(), id);
        writer.BeginPut(id, OnExists.Replace);
        WriteConceptFields(concept, writer, rules);
    }

    public static void RequireEqualId(JsonNode body, ReadOnlySpan<byte> id)
    {
        if (body.TryGet("id"u8, out var given) && !given.RequireText().SequenceEqual(id))
        {
            throw given.Refuse("must be absent or equal to the path's");
        }
    }

    public static void WriteAssociation(JsonNode association, CommitWriter writer, OnExists onExists, MissingEndpoints endpoints, FieldRules rules)
    {
        writer.BeginAssociate(NamesOf(association).Require(association), onExists, endpoints);
        WriteAssociationFields(association, writer, rules);
    }

    /// <summary>A put of an association under the names of the path.</summary>
    public static void WriteAssociation(in AssociationName name, JsonNode association, CommitWriter writer, FieldRules rules)
    {
        NamesOf(association).RequireEqual(name);
        writer.BeginAssociate(name, OnExists.Replace, MissingEndpoints.Fail);
        WriteAssociationFields(association, writer, rules);
    }

    private static AssociationNames NamesOf(JsonNode association)
    {
        var names = default(AssociationNames);
        foreach (var member in association.RequireObject().Members)
        {
            names.TryTake(member);
        }

        return names;
    }

    private static void WriteConceptFields(JsonNode concept, CommitWriter writer, FieldRules rules)
    {
        foreach (var member in concept.Members)
        {
            if (!member.Is("id"u8) && !FieldReading.TryWriteConcept(member, writer, rules))
            {
                throw member.Unknown();
            }
        }

        writer.EndOperation();
    }

    private static void WriteAssociationFields(JsonNode association, CommitWriter writer, FieldRules rules)
    {
        var names = default(AssociationNames);
        foreach (var member in association.Members)
        {
            if (!names.TryTake(member) && !FieldReading.TryWriteShared(member, writer, rules))
            {
                throw member.Unknown();
            }
        }

        writer.EndOperation();
    }
}
