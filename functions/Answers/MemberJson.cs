using System.Text.Json;
using Cairn.Formats;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Snapshots;

namespace Cairn.Functions.Answers;

/// <summary>Members that concepts and associations share.</summary>
internal static class MemberJson
{
    private static readonly JsonEncodedText
        Attributes = JsonEncodedText.Encode("attributes"),
        Strength = JsonEncodedText.Encode("strength"),
        CurrentStrength = JsonEncodedText.Encode("currentStrength"),
        Confidence = JsonEncodedText.Encode("confidence"),
        Version = JsonEncodedText.Encode("version");

    public static void WriteStrengths(Utf8JsonWriter json, FieldSelection fields, float strength, float confidence, float? current)
    {
        if (fields.Has(Fields.Strength))
        {
            json.WritePropertyName(Strength);
            ValueJson.WriteFloat(json, strength);
        }

        if (current is { } decayed)
        {
            json.WritePropertyName(CurrentStrength);
            ValueJson.WriteFloat(json, decayed);
        }

        if (fields.Has(Fields.Confidence))
        {
            json.WritePropertyName(Confidence);
            ValueJson.WriteFloat(json, confidence);
        }
    }

    public static void WriteVersion(Utf8JsonWriter json, FieldSelection fields, LogPosition version)
    {
        if (fields.Has(Fields.Version))
        {
            json.WriteNumber(Version, version.Value);
        }
    }

    public static void WriteInstant(Utf8JsonWriter json, FieldSelection fields, Fields field, JsonEncodedText name, Timestamp? instant)
    {
        if (!fields.Has(field))
        {
            return;
        }

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
    public static void WriteAttributes(Utf8JsonWriter json, FieldSelection fields, AttributeEnumerator attributes)
    {
        if (!fields.Has(Fields.Attributes) && fields.Paths is null)
        {
            return;
        }

        json.WriteStartObject(Attributes);
        foreach (var attribute in attributes)
        {
            if (fields.Has(Fields.Attributes))
            {
                ValueJson.WriteName(json, attribute.Name);
                ValueJson.Write(json, attribute.Value);
            }
            else
            {
                WriteNamed(json, fields.Paths!, attribute.Name, attribute.Value);
            }
        }

        json.WriteEndObject();
    }

    private static void WriteNamed(Utf8JsonWriter json, AttributePath paths, ReadOnlySpan<byte> name, ValueView value)
    {
        foreach (var path in paths.Inner)
        {
            if (!path.Name.AsSpan().SequenceEqual(name))
            {
                continue;
            }

            if (path.IsWhole)
            {
                ValueJson.WriteName(json, name);
                ValueJson.Write(json, value);
            }
            else if (value.Kind == ValueKind.Object)
            {
                ValueJson.WriteName(json, name);
                WriteMembers(json, path, value);
            }

            return;
        }
    }

    private static void WriteMembers(Utf8JsonWriter json, AttributePath path, ValueView value)
    {
        json.WriteStartObject();
        for (var members = value.Members(); members.TryRead(out var name, out var member);)
        {
            WriteNamed(json, path, name, member);
        }

        json.WriteEndObject();
    }
}
