using Cairn.Formats;
using Cairn.Functions.Json;
using Cairn.Model;
using Cairn.Primitives;

namespace Cairn.Functions.Requests;

/// <summary>A whole commit from JSON into the writer, up to its end.</summary>
internal static class CommitReading
{
    /// <param name="commit">The object with operations, and perhaps id, meta and preconditions.</param>
    /// <param name="writer">What it goes into.</param>
    /// <param name="identify">Decides the commit's id from the one in the body, if any.</param>
    /// <param name="firstSent">When it came.</param>
    /// <param name="rules">How members are read.</param>
    public static void Write(JsonNode commit, CommitWriter writer, Func<JsonNode?, CommitIdentity> identify, Timestamp firstSent, FieldRules rules)
    {
        JsonNode? id = null, meta = null, operations = null, preconditions = null;
        foreach (var member in commit.RequireObject().Members)
        {
            if (member.Is("operations"u8))
            {
                operations = member.Value;
            }
            else if (member.Is("id"u8))
            {
                id = member.Value;
            }
            else if (member.Is("meta"u8))
            {
                meta = member.Value;
            }
            else if (member.Is("preconditions"u8))
            {
                preconditions = member.Value;
            }
            else
            {
                throw member.Unknown();
            }
        }

        var list = operations ?? throw commit.Refuse("operations is missing");
        var identity = identify(id);
        (meta ?? commit).Mark();
        writer.Begin(identity.Text, identity.GivenByCaller, firstSent, ReadMeta(meta));
        WriteOperations(list.RequireArray(), writer, rules);
        WritePreconditions(preconditions, writer);
        commit.Mark();
    }

    private static void WriteOperations(JsonNode operations, CommitWriter writer, FieldRules rules)
    {
        if (operations.Count > Limits.Operations)
        {
            throw operations.OverLimit($"at most {Limits.Operations} operations", Limits.Operations, operations.Count);
        }

        foreach (var operation in operations.Items)
        {
            OperationReading.Write(operation, writer, rules);
        }
    }

    private static void WritePreconditions(JsonNode? preconditions, CommitWriter writer)
    {
        if (preconditions is not { } list)
        {
            return;
        }

        if (list.RequireArray().Count > Limits.Preconditions)
        {
            throw list.OverLimit($"at most {Limits.Preconditions} preconditions", Limits.Preconditions, list.Count);
        }

        foreach (var precondition in list.Items)
        {
            PreconditionReading.Write(precondition, writer);
        }
    }

    private static CommitMeta? ReadMeta(JsonNode? meta)
    {
        if (meta is not { } node)
        {
            return null;
        }

        string? actor = null, note = null;
        foreach (var member in node.RequireObject().Members)
        {
            if (member.Is("actor"u8))
            {
                actor = TextOrNull(member.Value);
            }
            else if (member.Is("note"u8))
            {
                note = TextOrNull(member.Value);
            }
            else
            {
                throw member.Unknown();
            }
        }

        return new(actor, note);
    }

    private static string? TextOrNull(JsonNode node)
    {
        if (node.IsNull)
        {
            return null;
        }

        node.RequireText();
        return node.ToString();
    }
}
