using System.Buffers;
using Cairn.Formats;
using Cairn.Functions.Json;
using Cairn.Model;

namespace Cairn.Functions.Requests;

/// <summary>How the members of one concept or association are read.</summary>
/// <param name="KeepTimes">An import: the three times are kept, which are ignored otherwise.</param>
/// <param name="Vectors">What the space has fixed.</param>
internal readonly record struct FieldRules(bool KeepTimes, VectorRules Vectors);

/// <summary>Members of a concept or an association from JSON into the open operation.</summary>
internal static class FieldReading
{
    /// <summary>A member that only concepts have.</summary>
    /// <returns>False: it is none of them.</returns>
    public static bool TryWriteConcept(JsonMember member, CommitWriter writer, FieldRules rules)
    {
        var value = member.Value;
        value.Mark();
        if (member.Is("labels"u8))
        {
            writer.BeginLabels();
            WriteLabels(value, writer);
        }
        else if (member.Is("content"u8))
        {
            WriteContent(value, writer);
        }
        else if (member.Is("mediaType"u8))
        {
            writer.MediaType(value.IsNull ? default : value.RequireText());
        }
        else if (member.Is("vector"u8))
        {
            VectorReading.Write(value, writer, rules.Vectors);
        }
        else if (member.Is("expiresAt"u8))
        {
            writer.ExpiresAt(value.IsNull ? null : ValueReading.RequireInstant(value));
        }
        else
        {
            return TryWriteShared(member, writer, rules);
        }

        return true;
    }

    /// <summary>A member that concepts and associations have.</summary>
    public static bool TryWriteShared(JsonMember member, CommitWriter writer, FieldRules rules)
    {
        var value = member.Value;
        value.Mark();
        if (member.Is("attributes"u8))
        {
            writer.BeginAttributes();
            WriteAttributes(value, writer);
        }
        else if (member.Is("strength"u8))
        {
            writer.Strength((float)value.RequireNumber());
        }
        else if (member.Is("confidence"u8))
        {
            writer.Confidence((float)value.RequireNumber());
        }
        else if (member.Is("validFrom"u8))
        {
            writer.ValidFrom(value.IsNull ? null : ValueReading.RequireInstant(value));
        }
        else if (member.Is("validTo"u8))
        {
            writer.ValidTo(value.IsNull ? null : ValueReading.RequireInstant(value));
        }
        else
        {
            return TryWriteServices(member, writer, rules.KeepTimes);
        }

        return true;
    }

    /// <summary>The items of the list of labels that is open, and its end.</summary>
    public static void WriteLabels(JsonNode labels, CommitWriter writer)
    {
        RequireDistinctAtMost(labels.RequireArray(), Limits.Labels);
        foreach (var label in labels.Items)
        {
            label.Mark();
            writer.Label(label.RequireText());
        }

        writer.EndLabels();
    }

    /// <summary>The members of the list of attributes that is open, and its end.</summary>
    public static void WriteAttributes(JsonNode attributes, CommitWriter writer)
    {
        if (attributes.RequireObject().Count > Limits.Attributes)
        {
            throw attributes.OverLimit($"at most {Limits.Attributes} attributes", Limits.Attributes, attributes.Count);
        }

        foreach (var attribute in attributes.Members)
        {
            attribute.NameNode.Mark();
            writer.Attribute(ValueReading.OwnName(attribute));
            ValueReading.Write(attribute.Value, writer);
        }

        writer.EndAttributes();
    }

    // What the service alone decides is ignored in a request, so that what was read can be written back; an import keeps the times.
    private static bool TryWriteServices(JsonMember member, CommitWriter writer, bool keepTimes)
    {
        var isTime = true;
        if (keepTimes && member.Is("createdAt"u8))
        {
            writer.CreatedAt(ValueReading.RequireInstant(member.Value));
        }
        else if (keepTimes && member.Is("updatedAt"u8))
        {
            writer.UpdatedAt(ValueReading.RequireInstant(member.Value));
        }
        else if (keepTimes && member.Is("reinforcedAt"u8))
        {
            writer.ReinforcedAt(ValueReading.RequireInstant(member.Value));
        }
        else
        {
            isTime = member.Is("createdAt"u8) || member.Is("updatedAt"u8) || member.Is("reinforcedAt"u8);
        }

        return isTime || member.Is("version"u8);
    }

    private static void WriteContent(JsonNode value, CommitWriter writer)
    {
        if (value.IsNull)
        {
            writer.NoContent();
        }
        else if (ValueReading.IsEscape(value, "$bytes"u8, out var encoded))
        {
            var bytes = ValueReading.RentBytes(encoded, out var lengthBytes);
            writer.ContentBytes(bytes.AsSpan(0, lengthBytes));
            ArrayPool<byte>.Shared.Return(bytes);
        }
        else
        {
            writer.Content(value.Kind == JsonKind.String ? value.Text : throw value.Refuse("""must be a string or {"$bytes":"base64"}"""));
        }
    }

    private static void RequireDistinctAtMost(JsonNode labels, int limit)
    {
        if (labels.Count > limit)
        {
            var distinct = new HashSet<string>(StringComparer.Ordinal);
            foreach (var label in labels.Items)
            {
                label.RequireText();
                distinct.Add(label.ToString());
            }

            if (distinct.Count > limit)
            {
                throw labels.OverLimit($"at most {limit} labels", limit, distinct.Count);
            }
        }
    }
}
