using System.Collections.ObjectModel;
using System.Text;
using Cairn.Model;
using Cairn.Snapshots;

namespace Cairn.Embedded;

/// <summary>Copies what lies in a snapshot into objects.</summary>
internal static class ObjectReading
{
    public static Concept Read(ConceptView concept) => new()
    {
        Id = Encoding.UTF8.GetString(concept.Id),
        Labels = Labels(concept),
        Content = concept.ContentKind == ContentKind.Text ? Encoding.UTF8.GetString(concept.Content) : null,
        ContentBytes = concept.ContentKind == ContentKind.Bytes ? concept.Content.ToArray() : null,
        MediaType = concept.MediaType.IsEmpty ? null : Encoding.UTF8.GetString(concept.MediaType),
        Attributes = Attributes(concept.Attributes),
        Vector = Vector(concept),
        Strength = concept.Strength,
        Confidence = concept.Confidence,
        ValidFrom = concept.ValidFrom,
        ValidTo = concept.ValidTo,
        ExpiresAt = concept.ExpiresAt,
        Version = concept.Version,
        CreatedAt = concept.CreatedAt,
        UpdatedAt = concept.UpdatedAt,
        ReinforcedAt = concept.ReinforcedAt,
    };

    public static Association Read(Snapshot snapshot, AssociationView association) => new()
    {
        Key = ReadKey(snapshot, association),
        Attributes = Attributes(association.Attributes),
        Strength = association.Strength,
        Confidence = association.Confidence,
        ValidFrom = association.ValidFrom,
        ValidTo = association.ValidTo,
        Version = association.Version,
        CreatedAt = association.CreatedAt,
        UpdatedAt = association.UpdatedAt,
        ReinforcedAt = association.ReinforcedAt,
    };

    public static AssociationKey ReadKey(Snapshot snapshot, AssociationView association) => new(
        Encoding.UTF8.GetString(snapshot.Concept(association.Source).Id),
        Encoding.UTF8.GetString(association.TypeName),
        Encoding.UTF8.GetString(snapshot.Concept(association.Target).Id),
        Encoding.UTF8.GetString(association.Key));

    private static string[] Labels(ConceptView concept)
    {
        var labels = concept.LabelCount == 0 ? [] : new string[concept.LabelCount];
        for (var i = 0; i < labels.Length; i++)
        {
            labels[i] = Encoding.UTF8.GetString(concept.Label(i));
        }

        return labels;
    }

    private static float[]? Vector(ConceptView concept)
    {
        if (concept.VectorDimensions == 0)
        {
            return null;
        }

        var vector = new float[concept.VectorDimensions];
        concept.CopyVector(vector);
        return vector;
    }

    private static ReadOnlyDictionary<string, Value> Attributes(AttributeEnumerator stored)
    {
        var attributes = new Dictionary<string, Value>();
        foreach (var attribute in stored)
        {
            attributes.Add(Encoding.UTF8.GetString(attribute.Name), attribute.Value.ToValue());
        }

        return attributes.Count == 0 ? ReadOnlyDictionary<string, Value>.Empty : new(attributes);
    }
}
