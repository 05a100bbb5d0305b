using System.Buffers;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Snapshots;

namespace Cairn.Functions.Answers;

/// <summary>A concept in the shape of the contract, from the snapshot straight to the answer.</summary>
internal static class ConceptJson
{
    public static void Write(JsonWriter json, ConceptView concept, FieldSelection fields, Timestamp now)
    {
        json.WriteStartObject();
        if (fields.Has(Fields.Id))
        {
            json.WriteString("id"u8, concept.Id);
        }

        WriteLabels(json, concept, fields);
        WriteContent(json, concept, fields);
        if (fields.Has(Fields.Attributes))
        {
            MemberJson.WriteAttributes(json, fields, concept.Attributes);
        }
        else if (fields.Paths is { } paths)
        {
            MemberJson.WriteNamed(json, paths, concept);
        }

        WriteVector(json, concept, fields);
        if (fields.Has(Fields.Strengths))
        {
            MemberJson.WriteStrengths(
                json, fields, concept.Strength, concept.Confidence, fields.Has(Fields.CurrentStrength) ? concept.CurrentStrength(now) : null);
        }

        if (fields.Has(Fields.Validity))
        {
            MemberJson.WriteValidity(json, fields, concept.ValidFrom, concept.ValidTo);
        }

        if (fields.Has(Fields.ExpiresAt))
        {
            MemberJson.WriteInstant(json, "expiresAt"u8, concept.ExpiresAt);
        }

        if (fields.Has(Fields.History))
        {
            MemberJson.WriteHistory(json, fields, concept.Version, concept.CreatedAt, concept.UpdatedAt, concept.ReinforcedAt);
        }

        json.WriteEndObject();
    }

    /// <summary>A concept that only associations speak of.</summary>
    public static void WriteImplied(JsonWriter json, ConceptView concept)
    {
        json.WriteStartObject();
        json.WriteString("id"u8, concept.Id);
        json.WriteBoolean("implied"u8, true);
        json.WriteEndObject();
    }

    private static void WriteLabels(JsonWriter json, ConceptView concept, FieldSelection fields)
    {
        if (!fields.Has(Fields.Labels))
        {
            return;
        }

        json.WriteStartArray("labels"u8);
        for (var i = 0; i < concept.LabelCount; i++)
        {
            json.WriteStringValue(concept.Label(i));
        }

        json.WriteEndArray();
    }

    private static void WriteContent(JsonWriter json, ConceptView concept, FieldSelection fields)
    {
        if (fields.Has(Fields.Content))
        {
            json.WritePropertyName("content"u8);
            switch (concept.ContentKind)
            {
                case ContentKind.Text:
                    json.WriteStringValue(concept.Content);
                    break;
                case ContentKind.Bytes:
                    ValueJson.WriteBytes(json, concept.Content);
                    break;
                default:
                    json.WriteNullValue();
                    break;
            }
        }

        if (!fields.Has(Fields.MediaType))
        {
            return;
        }

        if (concept.MediaType.IsEmpty)
        {
            json.WriteNull("mediaType"u8);
        }
        else
        {
            json.WriteString("mediaType"u8, concept.MediaType);
        }
    }

    private static void WriteVector(JsonWriter json, ConceptView concept, FieldSelection fields)
    {
        if (!fields.Has(Fields.Vector))
        {
            return;
        }

        var count = concept.VectorDimensions;
        if (count == 0)
        {
            json.WriteNull("vector"u8);
            return;
        }

        var components = ArrayPool<float>.Shared.Rent(count);
        concept.CopyVector(components);
        json.WritePropertyName("vector"u8);
        ValueJson.WriteVector(json, components.AsSpan(0, count));
        ArrayPool<float>.Shared.Return(components);
    }
}
