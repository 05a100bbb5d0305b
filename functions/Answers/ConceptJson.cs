using System.Buffers;
using System.Text.Json;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Snapshots;

namespace Cairn.Functions.Answers;

/// <summary>A concept in the shape of the contract, from the snapshot straight to the answer.</summary>
internal static class ConceptJson
{
    private static readonly JsonEncodedText
        Id = JsonEncodedText.Encode("id"),
        Labels = JsonEncodedText.Encode("labels"),
        Content = JsonEncodedText.Encode("content"),
        MediaType = JsonEncodedText.Encode("mediaType"),
        Vector = JsonEncodedText.Encode("vector"),
        ValidFrom = JsonEncodedText.Encode("validFrom"),
        ValidTo = JsonEncodedText.Encode("validTo"),
        ExpiresAt = JsonEncodedText.Encode("expiresAt"),
        CreatedAt = JsonEncodedText.Encode("createdAt"),
        UpdatedAt = JsonEncodedText.Encode("updatedAt"),
        ReinforcedAt = JsonEncodedText.Encode("reinforcedAt"),
        Implied = JsonEncodedText.Encode("implied");

    public static void Write(Utf8JsonWriter json, ConceptView concept, FieldSelection fields, Timestamp now)
    {
        json.WriteStartObject();
        if (fields.Has(Fields.Id))
        {
            json.WriteString(Id, concept.Id);
        }

        WriteLabels(json, concept, fields);
        WriteContent(json, concept, fields);
        MemberJson.WriteAttributes(json, fields, concept.Attributes);
        WriteVector(json, concept, fields);
        MemberJson.WriteStrengths(
            json, fields, concept.Strength, concept.Confidence, fields.Has(Fields.CurrentStrength) ? concept.CurrentStrength(now) : null);
        MemberJson.WriteInstant(json, fields, Fields.ValidFrom, ValidFrom, concept.ValidFrom);
        MemberJson.WriteInstant(json, fields, Fields.ValidTo, ValidTo, concept.ValidTo);
        MemberJson.WriteInstant(json, fields, Fields.ExpiresAt, ExpiresAt, concept.ExpiresAt);
        MemberJson.WriteVersion(json, fields, concept.Version);
        MemberJson.WriteInstant(json, fields, Fields.CreatedAt, CreatedAt, concept.CreatedAt);
        MemberJson.WriteInstant(json, fields, Fields.UpdatedAt, UpdatedAt, concept.UpdatedAt);
        MemberJson.WriteInstant(json, fields, Fields.ReinforcedAt, ReinforcedAt, concept.ReinforcedAt);
        json.WriteEndObject();
    }

    /// <summary>A concept that only associations speak of.</summary>
    public static void WriteImplied(Utf8JsonWriter json, ConceptView concept)
    {
        json.WriteStartObject();
        json.WriteString(Id, concept.Id);
        json.WriteBoolean(Implied, true);
        json.WriteEndObject();
    }

    private static void WriteLabels(Utf8JsonWriter json, ConceptView concept, FieldSelection fields)
    {
        if (!fields.Has(Fields.Labels))
        {
            return;
        }

        json.WriteStartArray(Labels);
        for (var i = 0; i < concept.LabelCount; i++)
        {
            json.WriteStringValue(concept.Label(i));
        }

        json.WriteEndArray();
    }

    private static void WriteContent(Utf8JsonWriter json, ConceptView concept, FieldSelection fields)
    {
        if (fields.Has(Fields.Content))
        {
            json.WritePropertyName(Content);
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
            json.WriteNull(MediaType);
        }
        else
        {
            json.WriteString(MediaType, concept.MediaType);
        }
    }

    private static void WriteVector(Utf8JsonWriter json, ConceptView concept, FieldSelection fields)
    {
        if (!fields.Has(Fields.Vector))
        {
            return;
        }

        var count = concept.VectorDimensions;
        if (count == 0)
        {
            json.WriteNull(Vector);
            return;
        }

        var components = ArrayPool<float>.Shared.Rent(count);
        concept.CopyVector(components);
        json.WritePropertyName(Vector);
        ValueJson.WriteVector(json, components.AsSpan(0, count));
        ArrayPool<float>.Shared.Return(components);
    }
}
