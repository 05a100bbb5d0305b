using Cairn.Formats;
using Cairn.Functions.Json;
using Cairn.Model;

namespace Cairn.Functions.Requests;

/// <summary>One operation of a commit, from JSON into the writer. Its members come in any order; its target and policies go first.</summary>
internal static class OperationReading
{
    public static void Write(JsonNode operation, CommitWriter writer, FieldRules rules)
    {
        operation.RequireObject().Mark();
        if (!operation.TryGet("op"u8, out var op))
        {
            throw operation.Refuse("op is missing");
        }

        switch (op.RequireWord("put", "patch", "delete", "reinforce", "associate", "dissociate", "reinforceAssociation"))
        {
            case 0:
                WritePut(operation, writer, rules);
                break;
            case 1:
                PatchReading.Write(operation, writer, rules);
                break;
            case 2:
                WriteDelete(operation, writer);
                break;
            case 3:
                WriteReinforce(operation, writer);
                break;
            case 4:
                WriteAssociate(operation, writer, rules);
                break;
            case 5:
                WriteDissociate(operation, writer);
                break;
            default:
                WriteReinforceAssociation(operation, writer);
                break;
        }
    }

    private static void WritePut(JsonNode operation, CommitWriter writer, FieldRules rules)
    {
        JsonNode? concept = null;
        var onExists = OnExists.Replace;
        foreach (var member in operation.Members)
        {
            if (member.Is("concept"u8))
            {
                concept = member.Value;
            }
            else if (member.Is("onExists"u8))
            {
                onExists = PolicyReading.OnExists(member.Value);
            }
            else if (!member.Is("op"u8))
            {
                throw member.Unknown();
            }
        }

        TargetReading.WriteConcept(concept ?? throw operation.Refuse("concept is missing"), writer, onExists, rules);
    }

    private static void WriteAssociate(JsonNode operation, CommitWriter writer, FieldRules rules)
    {
        JsonNode? association = null;
        var (onExists, endpoints) = (OnExists.Replace, MissingEndpoints.Fail);
        foreach (var member in operation.Members)
        {
            if (member.Is("association"u8))
            {
                association = member.Value;
            }
            else if (member.Is("onExists"u8))
            {
                onExists = PolicyReading.OnExists(member.Value);
            }
            else if (member.Is("missingEndpoints"u8))
            {
                endpoints = PolicyReading.MissingEndpoints(member.Value);
            }
            else if (!member.Is("op"u8))
            {
                throw member.Unknown();
            }
        }

        TargetReading.WriteAssociation(association ?? throw operation.Refuse("association is missing"), writer, onExists, endpoints, rules);
    }

    private static void WriteDelete(JsonNode operation, CommitWriter writer)
    {
        var members = new TargetMembers(operation, TargetMembers.Shape.Concept);
        writer.Delete(members.Id, members.OnMissing);
    }

    private static void WriteReinforce(JsonNode operation, CommitWriter writer)
    {
        var members = new TargetMembers(operation, TargetMembers.Shape.Concept | TargetMembers.Shape.Amount);
        writer.Reinforce(members.Id, members.Amount, members.OnMissing);
    }

    private static void WriteDissociate(JsonNode operation, CommitWriter writer)
    {
        var members = new TargetMembers(operation, TargetMembers.Shape.Association);
        writer.Dissociate(members.Names.Require(operation), members.OnMissing);
    }

    private static void WriteReinforceAssociation(JsonNode operation, CommitWriter writer)
    {
        var members = new TargetMembers(operation, TargetMembers.Shape.Association | TargetMembers.Shape.Amount);
        writer.ReinforceAssociation(members.Names.Require(operation), members.Amount, members.OnMissing);
    }
}
