using System.Buffers;
using Cairn.Formats;

namespace Cairn.Functions.Answers;

/// <summary>The fields of an operation as the members of a concept or an association, as far as the operation has them.</summary>
internal static class FieldJson
{
    /// <summary>Those that say what a member becomes; changes of lists are passed over.</summary>
    public static void WriteMembers(JsonWriter json, ReadOnlySpan<byte> fields)
    {
        for (var reader = new FieldReader(fields); reader.TryRead(out var tag, out var payload);)
        {
            WriteMember(json, tag, payload);
        }
    }

    /// <summary>Whether it says what a member becomes.</summary>
    public static bool IsMember(FieldTag tag) => tag < FieldTag.RemoveMembers;

    public static void WriteLabels(JsonWriter json, ReadOnlySpan<byte> payload)
    {
        json.WriteStartArray("labels"u8);
        for (var labels = new NameListReader(payload, wideCount: false); labels.TryRead(out var label);)
        {
            json.WriteStringValue(label);
        }

        json.WriteEndArray();
    }

    public static void WriteAttributes(JsonWriter json, ReadOnlySpan<byte> payload)
    {
        json.WriteStartObject("attributes"u8);
        for (var attributes = new AttributeReader(payload); attributes.TryRead(out var name, out var value);)
        {
            ValueJson.WriteName(json, name);
            ValueJson.Write(json, value);
        }

        json.WriteEndObject();
    }

    private static void WriteMember(JsonWriter json, FieldTag tag, ReadOnlySpan<byte> payload)
    {
        switch (tag)
        {
            case FieldTag.Labels:
                WriteLabels(json, payload);
                break;
            case FieldTag.Attributes:
                WriteAttributes(json, payload);
                break;
            case FieldTag.TextContent:
                json.WriteString("content"u8, FieldPayload.Content(payload));
                break;
            case FieldTag.BytesContent:
                json.WritePropertyName("content"u8);
                ValueJson.WriteBytes(json, FieldPayload.Content(payload));
                break;
            case FieldTag.NoContent:
                json.WriteNull("content"u8);
                break;
            case FieldTag.MediaType when FieldPayload.MediaType(payload).IsEmpty:
                json.WriteNull("mediaType"u8);
                break;
            case FieldTag.MediaType:
                json.WriteString("mediaType"u8, FieldPayload.MediaType(payload));
                break;
            case FieldTag.Vector:
                WriteVector(json, payload);
                break;
            case FieldTag.Strength or FieldTag.Confidence:
                json.WritePropertyName(tag == FieldTag.Strength ? "strength"u8 : "confidence"u8);
                ValueJson.WriteFloat(json, FieldPayload.Single(payload));
                break;
            default:
                WriteInstant(json, tag, payload);
                break;
        }
    }

    private static void WriteInstant(JsonWriter json, FieldTag tag, ReadOnlySpan<byte> payload)
    {
        var name = tag switch
        {
            FieldTag.ValidFrom => "validFrom"u8,
            FieldTag.ValidTo => "validTo"u8,
            FieldTag.ExpiresAt => "expiresAt"u8,
            FieldTag.CreatedAt => "createdAt"u8,
            FieldTag.UpdatedAt => "updatedAt"u8,
            FieldTag.ReinforcedAt => "reinforcedAt"u8,
            _ => default,
        };
        if (name.IsEmpty)
        {
            return;
        }

        json.WritePropertyName(name);
        if (FieldPayload.Instant(payload) is { } instant)
        {
            ValueJson.WriteInstant(json, instant);
        }
        else
        {
            json.WriteNullValue();
        }
    }

    private static void WriteVector(JsonWriter json, ReadOnlySpan<byte> payload)
    {
        var count = FieldPayload.VectorDimensions(payload);
        if (count == 0)
        {
            json.WriteNull("vector"u8);
            return;
        }

        var components = ArrayPool<float>.Shared.Rent(count);
        FieldPayload.CopyVector(payload, components);
        json.WritePropertyName("vector"u8);
        ValueJson.WriteVector(json, components.AsSpan(0, count));
        ArrayPool<float>.Shared.Return(components);
    }
}
