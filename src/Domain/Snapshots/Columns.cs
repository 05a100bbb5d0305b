namespace Cairn.Snapshots;

/// <summary>The columns that every concept and association has; a missing cell stands for the default.</summary>
internal static class HeaderColumn
{
    /// <summary>Flags; missing: the row is dead.</summary>
    public const int Flags = 0;

    /// <summary>Position of the commit that last changed the row.</summary>
    public const int Version = 1;

    /// <summary>Microseconds.</summary>
    public const int CreatedAt = 2;

    /// <summary>Microseconds; missing: as created.</summary>
    public const int UpdatedAt = 3;

    /// <summary>Microseconds; missing: as created.</summary>
    public const int ReinforcedAt = 4;

    /// <summary>Bits of a float32; missing: 1.</summary>
    public const int Strength = 5;

    /// <summary>Bits of a float32; missing: 1.</summary>
    public const int Confidence = 6;

    /// <summary>Microseconds; missing: none.</summary>
    public const int ValidFrom = 7;

    /// <summary>Microseconds; missing: none.</summary>
    public const int ValidTo = 8;

    /// <summary>Microseconds; missing: never.</summary>
    public const int ExpiresAt = 9;

    /// <summary>Arena: attributes that have no column of their own.</summary>
    public const int Bag = 10;

    /// <summary>Attributes begin here.</summary>
    public const int FirstAttribute = 16;
}

/// <summary>Columns of concepts only.</summary>
internal static class ConceptColumn
{
    /// <summary>Number in the table of label sets; missing: none.</summary>
    public const int LabelSet = 11;

    /// <summary>Number in the table of media types; missing: none.</summary>
    public const int MediaType = 12;

    /// <summary>Arena: UTF-8 or bytes, by the flags.</summary>
    public const int Content = 13;

    /// <summary>Arena: float32, little-endian. The caller's.</summary>
    public const int Vector = 14;

    /// <summary>Arena: what the service computed, <see cref="StoredEmbeddings"/>; missing: nothing.</summary>
    public const int Embeddings = 15;
}

/// <summary>Columns of associations only. They never change during the life of a row.</summary>
internal static class AssociationColumn
{
    /// <summary>Concept row.</summary>
    public const int Source = 11;

    /// <summary>Concept row.</summary>
    public const int Target = 12;

    /// <summary>Number in the table of types.</summary>
    public const int Type = 13;

    /// <summary>Number in the table of keys; missing: the empty key.</summary>
    public const int Key = 14;
}

/// <summary>The bits of <see cref="HeaderColumn.Flags"/>.</summary>
[Flags]
internal enum RowFlags
{
    /// <summary>Dead.</summary>
    None = 0,

    /// <summary>It was put and not deleted.</summary>
    Alive = 1,

    /// <summary>A concept that only associations speak of.</summary>
    Implied = 2,

    /// <summary>The content is text.</summary>
    Text = 4,

    /// <summary>The content is bytes.</summary>
    Bytes = 8,
}

/// <summary>What a concept's content is.</summary>
public enum ContentKind
{
    /// <summary>There is none.</summary>
    None,

    /// <summary>UTF-8 text.</summary>
    Text,

    /// <summary>Bytes.</summary>
    Bytes,
}
