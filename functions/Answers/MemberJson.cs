using Cairn.Formats;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Snapshots;

namespace Cairn.Functions.Answers;

/// <summary>Members that concepts and associations share.</summary>
internal static class MemberJson
{
    public static void WriteStrengths(JsonWriter json, FieldSelection fields, float strength, float confidence, float? current)
    {
        if (fields.Has(Fields.Strength))
        {
            json.WritePropertyName("strength"u8);
            ValueJson.WriteFloat(json, strength);
        }

        if (current is { } decayed)
        {
            json.WritePropertyName("currentStrength"u8);
            ValueJson.WriteFloat(json, decayed);
        }

        if (fields.Has(Fields.Confidence))
        {
            json.WritePropertyName("confidence"u8);
            ValueJson.WriteFloat(json, confidence);
        }
    }

    public static void WriteValidity(JsonWriter json, FieldSelection fields, Timestamp? from, Timestamp? to)
    {
        if (fields.Has(Fields.ValidFrom))
        {
            WriteInstant(json, "validFrom"u8, from);
        }

        if (fields.Has(Fields.ValidTo))
        {
            WriteInstant(json, "validTo"u8, to);
        }
    }

    public static void WriteHistory(
        JsonWriter json, FieldSelection fields, LogPosition version, Timestamp createdAt, Timestamp updatedAt, Timestamp reinforcedAt)
    {
        if (fields.Has(Fields.Version))
        {
            json.WriteNumber("version"u8, version.Value);
        }

        if (fields.Has(Fields.CreatedAt))
        {
            WriteInstant(json, "createdAt"u8, createdAt);
        }

        if (fields.Has(Fields.UpdatedAt))
        {
            WriteInstant(json, "updatedAt"u8, updatedAt);
        }

        if (fields.Has(Fields.ReinforcedAt))
        {
            WriteInstant(json, "reinforcedAt"u8, reinforcedAt);
        }
    }

    public static void WriteInstant(JsonWriter json, ReadOnlySpan<byte> name, Timestamp? instant)
    {
        json.WritePropertyName(name);
        if (instant is { } known)
        {
            ValueJson.WriteInstant(json, known);
        }
        else
        {
            json.WriteNullValue();
        }
    }

    /// <summary>All attributes, or the named ones, in their own shape.</summary>
    public static void WriteAttributes(JsonWriter json, FieldSelection fields, AttributeEnumerator attributes)
    {
        json.WriteStartObject("attributes"u8);

        // Not by foreach: it would copy the enumerator for each attribute.
        while (attributes.MoveNext())
        {
            if (fields.Has(Fields.Attributes))
            {
                ValueJson.WriteName(json, attributes.Name);
                ValueJson.Write(json, attributes.Value);
            }
            else
            {
                WriteNamed(json, fields.Paths!, attributes.Name, attributes.Value);
            }
        }

        json.WriteEndObject();
    }

    /// <summary>The named attributes of a concept; the others are not looked at.</summary>
    public static void WriteNamed(JsonWriter json, AttributePath paths, ConceptView concept)
    {
        json.WriteStartObject("attributes"u8);
        foreach (var path in paths.Inner)
        {
            if (concept.TryGetAttribute(path.Name, out var value))
            {
                WriteSelected(json, path, value);
            }
        }

        json.WriteEndObject();
    }

    private static void WriteNamed(JsonWriter json, AttributePath paths, ReadOnlySpan<byte> name, ValueView value)
    {
        foreach (var path in paths.Inner)
        {
            if (path.Name.AsSpan().SequenceEqual(name))
            {
                WriteSelected(json, path, value);
                return;
            }
        }
    }

    private static void WriteSelected(JsonWriter json, AttributePath path, ValueView value)
    {
        if (path.IsWhole)
        {
            ValueJson.WriteName(json, path.Name);
            ValueJson.Write(json, value);
        }
        else if (value.Kind == ValueKind.Object)
        {
            ValueJson.WriteName(json, path.Name);
            WriteMembers(json, path, value);
        }
    }

    private static void WriteMembers(JsonWriter json, AttributePath path, ValueView value)
    {
        json.WriteStartObject();
        for (var members = value.Members(); members.TryRead(out var name, out var member);)
        {
            WriteNamed(json, path, name, member);
        }

        json.WriteEndObject();
    }
}
