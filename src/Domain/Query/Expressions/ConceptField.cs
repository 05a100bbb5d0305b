using Cairn.Model;

namespace Cairn.Query.Expressions;

/// <summary>The members of a concept that expressions can name. Closed.</summary>
internal enum ConceptField
{
    /// <summary>An attribute, by its name.</summary>
    Attribute,

    /// <summary>Text.</summary>
    Id,

    /// <summary>Array of texts.</summary>
    Labels,

    /// <summary>Text or bytes.</summary>
    Content,

    /// <summary>Text.</summary>
    MediaType,

    /// <summary>Float, as stored.</summary>
    Strength,

    /// <summary>Float, decayed to now.</summary>
    CurrentStrength,

    /// <summary>Float.</summary>
    Confidence,

    /// <summary>Integer.</summary>
    Version,

    /// <summary>Instant.</summary>
    CreatedAt,

    /// <summary>Instant.</summary>
    UpdatedAt,

    /// <summary>Instant.</summary>
    ReinforcedAt,

    /// <summary>Instant or null.</summary>
    ValidFrom,

    /// <summary>Instant or null.</summary>
    ValidTo,

    /// <summary>Instant or null.</summary>
    ExpiresAt,
}

/// <summary>Names and types of the fields.</summary>
internal static class ConceptFields
{
    private static readonly Dictionary<string, ConceptField> ByName = new(StringComparer.Ordinal)
    {
        ["id"] = ConceptField.Id,
        ["labels"] = ConceptField.Labels,
        ["content"] = ConceptField.Content,
        ["mediaType"] = ConceptField.MediaType,
        ["strength"] = ConceptField.Strength,
        ["currentStrength"] = ConceptField.CurrentStrength,
        ["confidence"] = ConceptField.Confidence,
        ["version"] = ConceptField.Version,
        ["createdAt"] = ConceptField.CreatedAt,
        ["updatedAt"] = ConceptField.UpdatedAt,
        ["reinforcedAt"] = ConceptField.ReinforcedAt,
        ["validFrom"] = ConceptField.ValidFrom,
        ["validTo"] = ConceptField.ValidTo,
        ["expiresAt"] = ConceptField.ExpiresAt,
    };

    /// <summary>The field that a bare name stands for; every other name is an attribute's.</summary>
    public static ConceptField Of(string name) => ByName.GetValueOrDefault(name, ConceptField.Attribute);

    /// <summary>The bare name of a field that is no attribute.</summary>
    public static string NameOf(ConceptField field) => ByName.First(pair => pair.Value == field).Key;

    /// <summary>The type that every value of a field has; null: attributes and content have several.</summary>
    public static ValueKind? KindOf(ConceptField field) => field switch
    {
        ConceptField.Attribute or ConceptField.Content => null,
        ConceptField.Id or ConceptField.MediaType => ValueKind.String,
        ConceptField.Labels => ValueKind.Array,
        ConceptField.Strength or ConceptField.CurrentStrength or ConceptField.Confidence => ValueKind.Float64,
        ConceptField.Version => ValueKind.Int64,
        _ => ValueKind.DateTime,
    };
}
