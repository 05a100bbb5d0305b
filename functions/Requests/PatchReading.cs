using Cairn.Formats;
using Cairn.Functions.Json;
using Cairn.Model;

namespace Cairn.Functions.Requests;

/// <summary>A patch: set, remove, add, removeItems.</summary>
internal static class PatchReading
{
    /// <summary>A patch as an operation, which names its target.</summary>
    public static void Write(JsonNode operation, CommitWriter writer, FieldRules rules)
    {
        if (!operation.TryGet("id"u8, out var id))
        {
            throw operation.Refuse("id is missing");
        }

        Write(id.RequireText(), operation, writer, rules, isOperation: true);
    }

    /// <summary>A patch of the concept that the path names, or of the one that the operation does.</summary>
    public static void Write(ReadOnlySpan<byte> id, JsonNode patch, CommitWriter writer, FieldRules rules, bool isOperation = false)
    {
        var onMissing = patch.RequireObject().TryGet("onMissing"u8, out var word) ? PolicyReading.OnMissing(word, mayCreate: true) : OnMissing.Fail;
        patch.Mark();
        writer.BeginPatch(id, onMissing);
        foreach (var member in patch.Members)
        {
            if (member.Is("onMissing"u8) || member.Is("id"u8) || (isOperation && member.Is("op"u8)))
            {
                continue;
            }

            WritePart(member, writer, rules);
        }

        patch.Mark();
        writer.EndOperation();
    }

    private static void WritePart(JsonMember member, CommitWriter writer, FieldRules rules)
    {
        var part = member.Value;
        if (member.Is("set"u8))
        {
            WriteSet(part.RequireObject(), writer, rules);
        }
        else if (member.Is("remove"u8))
        {
            WriteRemove(part.RequireObject(), writer);
        }
        else if (member.Is("add"u8))
        {
            WriteItems(part.RequireObject(), writer, adds: true);
        }
        else if (member.Is("removeItems"u8))
        {
            WriteItems(part.RequireObject(), writer, adds: false);
        }
        else
        {
            throw member.Unknown();
        }
    }

    private static void WriteSet(JsonNode set, CommitWriter writer, FieldRules rules)
    {
        foreach (var member in set.Members)
        {
            if (!FieldReading.TryWriteConcept(member, writer, rules))
            {
                throw member.Unknown();
            }
        }
    }

    private static void WriteRemove(JsonNode remove, CommitWriter writer)
    {
        var members = Members.None;
        foreach (var member in remove.Members)
        {
            if (member.Is("attributes"u8) && member.Value.Kind == JsonKind.Array)
            {
                WriteRemovedAttributes(member.Value, writer);
            }
            else
            {
                members |= member.Value.RequireBool() ? MemberOf(member) : Members.None;
            }
        }

        remove.Mark();
        if (members != Members.None)
        {
            writer.RemoveMembers(members);
        }
    }

    private static void WriteRemovedAttributes(JsonNode names, CommitWriter writer)
    {
        names.Mark();
        writer.BeginRemoveAttributes();
        foreach (var name in names.Items)
        {
            name.Mark();
            writer.RemoveAttribute(name.RequireText());
        }

        writer.EndRemoveAttributes();
    }

    private static Members MemberOf(JsonMember member) => member.NameNode.ToString() switch
    {
        "labels" => Members.Labels,
        "content" => Members.Content,
        "mediaType" => Members.MediaType,
        "attributes" => Members.Attributes,
        "vector" => Members.Vector,
        "strength" => Members.Strength,
        "confidence" => Members.Confidence,
        "validFrom" => Members.ValidFrom,
        "validTo" => Members.ValidTo,
        "expiresAt" => Members.ExpiresAt,
        _ => throw member.Unknown(),
    };

    private static void WriteItems(JsonNode items, CommitWriter writer, bool adds)
    {
        foreach (var member in items.Members)
        {
            member.Value.Mark();
            if (member.Is("labels"u8))
            {
                BeginLabels(writer, adds);
                FieldReading.WriteLabels(member.Value, writer);
            }
            else if (member.Is("attributes"u8))
            {
                BeginItems(writer, adds);
                FieldReading.WriteAttributes(member.Value, writer);
            }
            else
            {
                throw member.Unknown();
            }
        }
    }

    private static void BeginLabels(CommitWriter writer, bool adds)
    {
        if (adds)
        {
            writer.BeginAddLabels();
        }
        else
        {
            writer.BeginRemoveLabels();
        }
    }

    private static void BeginItems(CommitWriter writer, bool adds)
    {
        if (adds)
        {
            writer.BeginAddItems();
        }
        else
        {
            writer.BeginRemoveItems();
        }
    }
}
