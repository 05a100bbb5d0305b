using Cairn.Formats;
using Cairn.Model;
using Cairn.Snapshots;

namespace Cairn.Functions.Answers;

/// <summary>
/// Concepts and associations as the reference memory server shows them: a concept is an entity whose name is its id, whose type is its first label, and whose observations
/// are the texts in the attribute of that name. What else a concept has does not show.
/// </summary>
internal static class EntityJson
{
    /// <summary>The attribute that holds observations.</summary>
    public static ReadOnlySpan<byte> Observations => "observations"u8;

    /// <summary>Members of an entity, in an object that is left open.</summary>
    public static void WriteMembers(JsonWriter json, ConceptView concept)
    {
        WriteName(json, concept);
        json.WriteStartArray("observations"u8);
        for (var texts = ObservationReader.Of(concept); texts.TryRead(out var text);)
        {
            json.WriteStringValue(text);
        }

        json.WriteEndArray();
    }

    /// <summary>Name and type of an entity.</summary>
    public static void WriteName(JsonWriter json, ConceptView concept)
    {
        json.WriteString("name"u8, concept.Id);
        json.WriteString("entityType"u8, concept.LabelCount > 0 ? concept.Label(0) : default);
    }

    /// <summary>Members of a relation, in an object that is left open.</summary>
    public static void WriteMembers(JsonWriter json, Snapshot snapshot, AssociationView association)
    {
        json.WriteString("from"u8, snapshot.Concept(association.Source).Id);
        json.WriteString("to"u8, snapshot.Concept(association.Target).Id);
        json.WriteString("relationType"u8, association.TypeName);
    }
}

/// <summary>Reads the observations of a concept; what is no text is passed over, since that format holds nothing but texts.</summary>
internal ref struct ObservationReader
{
    private readonly bool _isList;
    private ArrayReader _items;

    private ObservationReader(ArrayReader items)
    {
        _items = items;
        _isList = true;
    }

    public static ObservationReader Of(ConceptView concept) =>
        concept.TryGetAttribute(EntityJson.Observations, out var value) && value.Kind == ValueKind.Array ? new(value.Items()) : default;

    /// <summary>The next one, UTF-8; false behind the last.</summary>
    public bool TryRead(out ReadOnlySpan<byte> text)
    {
        while (_isList && _items.TryRead(out var item))
        {
            if (item.Kind == ValueKind.String)
            {
                text = item.Bytes;
                return true;
            }
        }

        text = default;
        return false;
    }
}
