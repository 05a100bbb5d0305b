namespace Cairn.Functions.Answers;

/// <summary>The built-in members of concepts and associations that an answer can hold.</summary>
[Flags]
internal enum Fields
{
    None = 0,
    Id = 1,
    Labels = 1 << 1,
    Content = 1 << 2,
    MediaType = 1 << 3,
    Attributes = 1 << 4,
    Vector = 1 << 5,
    Strength = 1 << 6,
    CurrentStrength = 1 << 7,
    Confidence = 1 << 8,
    ValidFrom = 1 << 9,
    ValidTo = 1 << 10,
    ExpiresAt = 1 << 11,
    Version = 1 << 12,
    CreatedAt = 1 << 13,
    UpdatedAt = 1 << 14,
    ReinforcedAt = 1 << 15,
    Source = 1 << 16,
    Type = 1 << 17,
    Target = 1 << 18,
    Key = 1 << 19,

    Strengths = Strength | CurrentStrength | Confidence,
    Validity = ValidFrom | ValidTo,
    History = Version | CreatedAt | UpdatedAt | ReinforcedAt,
    Shared = Attributes | Strengths | Validity | History,
    OfConcept = Shared | Id | Labels | Content | MediaType | Vector | ExpiresAt,
    OfAssociation = Shared | Source | Type | Target | Key,

    /// <summary>Sent only when named.</summary>
    OnRequest = Vector | CurrentStrength,
}
