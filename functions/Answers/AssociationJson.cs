using Cairn.Primitives;
using Cairn.Snapshots;

namespace Cairn.Functions.Answers;

/// <summary>An association in the shape of the contract.</summary>
internal static class AssociationJson
{
    public static void Write(JsonWriter json, Snapshot snapshot, AssociationView association, FieldSelection fields, Timestamp now)
    {
        json.WriteStartObject();
        WriteName(json, snapshot, association, fields);
        if (fields.HasAttributes)
        {
            MemberJson.WriteAttributes(json, fields, association.Attributes);
        }

        if (fields.Has(Fields.Strengths))
        {
            MemberJson.WriteStrengths(
                json, fields, association.Strength, association.Confidence, fields.Has(Fields.CurrentStrength) ? association.CurrentStrength(now) : null);
        }

        if (fields.Has(Fields.Validity))
        {
            MemberJson.WriteValidity(json, fields, association.ValidFrom, association.ValidTo);
        }

        if (fields.Has(Fields.History))
        {
            MemberJson.WriteHistory(json, fields, association.Version, association.CreatedAt, association.UpdatedAt, association.ReinforcedAt);
        }

        json.WriteEndObject();
    }

    // What is not asked for is not looked up either: each is some lines of memory away.
    private static void WriteName(JsonWriter json, Snapshot snapshot, AssociationView association, FieldSelection fields)
    {
        if (fields.Has(Fields.Source))
        {
            json.WriteString("source"u8, snapshot.Concept(association.Source).Id);
        }

        if (fields.Has(Fields.Type))
        {
            json.WriteString("type"u8, association.TypeName);
        }

        if (fields.Has(Fields.Target))
        {
            json.WriteString("target"u8, snapshot.Concept(association.Target).Id);
        }

        if (fields.Has(Fields.Key))
        {
            json.WriteString("key"u8, association.Key);
        }
    }
}
