using System.Text.Json;
using Cairn.Primitives;
using Cairn.Snapshots;

namespace Cairn.Functions.Answers;

/// <summary>An association in the shape of the contract.</summary>
internal static class AssociationJson
{
    private static readonly JsonEncodedText
        Source = JsonEncodedText.Encode("source"),
        Type = JsonEncodedText.Encode("type"),
        Target = JsonEncodedText.Encode("target"),
        Key = JsonEncodedText.Encode("key"),
        ValidFrom = JsonEncodedText.Encode("validFrom"),
        ValidTo = JsonEncodedText.Encode("validTo"),
        CreatedAt = JsonEncodedText.Encode("createdAt"),
        UpdatedAt = JsonEncodedText.Encode("updatedAt"),
        ReinforcedAt = JsonEncodedText.Encode("reinforcedAt");

    public static void Write(Utf8JsonWriter json, Snapshot snapshot, AssociationView association, FieldSelection fields, Timestamp now)
    {
        json.WriteStartObject();
        WriteName(json, Fields.Source, Source, snapshot.Concept(association.Source).Id, fields);
        WriteName(json, Fields.Type, Type, association.TypeName, fields);
        WriteName(json, Fields.Target, Target, snapshot.Concept(association.Target).Id, fields);
        WriteName(json, Fields.Key, Key, association.Key, fields);
        MemberJson.WriteAttributes(json, fields, association.Attributes);
        MemberJson.WriteStrengths(
            json, fields, association.Strength, association.Confidence, fields.Has(Fields.CurrentStrength) ? association.CurrentStrength(now) : null);
        MemberJson.WriteInstant(json, fields, Fields.ValidFrom, ValidFrom, association.ValidFrom);
        MemberJson.WriteInstant(json, fields, Fields.ValidTo, ValidTo, association.ValidTo);
        MemberJson.WriteVersion(json, fields, association.Version);
        MemberJson.WriteInstant(json, fields, Fields.CreatedAt, CreatedAt, association.CreatedAt);
        MemberJson.WriteInstant(json, fields, Fields.UpdatedAt, UpdatedAt, association.UpdatedAt);
        MemberJson.WriteInstant(json, fields, Fields.ReinforcedAt, ReinforcedAt, association.ReinforcedAt);
        json.WriteEndObject();
    }

    private static void WriteName(Utf8JsonWriter json, Fields field, JsonEncodedText name, ReadOnlySpan<byte> text, FieldSelection fields)
    {
        if (fields.Has(field))
        {
            json.WriteString(name, text);
        }
    }
}
