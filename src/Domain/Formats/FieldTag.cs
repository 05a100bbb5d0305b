namespace Cairn.Formats;

/// <summary>The fields of a put, a patch or an associate; the values are those of the format.</summary>
public enum FieldTag : byte
{
    /// <summary>u8 count, then names of u8 length.</summary>
    Labels = 1,

    /// <summary>u32 length, then UTF-8.</summary>
    TextContent = 2,

    /// <summary>u32 length, then bytes.</summary>
    BytesContent = 3,

    /// <summary>u8 length, then UTF-8; empty: none.</summary>
    MediaType = 4,

    /// <summary>u16 count, then names of u8 length, each with its value.</summary>
    Attributes = 5,

    /// <summary>u16 count, then float32 each; 0: none.</summary>
    Vector = 6,

    /// <summary>float32.</summary>
    Strength = 7,

    /// <summary>float32.</summary>
    Confidence = 8,

    /// <summary>i64 of microseconds; the smallest i64: none.</summary>
    ValidFrom = 9,

    /// <summary>As <see cref="ValidFrom"/>.</summary>
    ValidTo = 10,

    /// <summary>As <see cref="ValidFrom"/>.</summary>
    ExpiresAt = 11,

    /// <summary>i64 of microseconds; only imports carry it, as the next two.</summary>
    CreatedAt = 12,

    /// <summary>i64 of microseconds.</summary>
    UpdatedAt = 13,

    /// <summary>i64 of microseconds.</summary>
    ReinforcedAt = 14,

    /// <summary>Nothing: the content goes away.</summary>
    NoContent = 15,

    /// <summary>Patch only. u16 of <see cref="Members"/>: back to their defaults.</summary>
    RemoveMembers = 20,

    /// <summary>Patch only. u16 count, then names of u8 length.</summary>
    RemoveAttributes = 21,

    /// <summary>Patch only. As <see cref="Labels"/>: added if absent.</summary>
    AddLabels = 22,

    /// <summary>Patch only. As <see cref="Attributes"/>, each value an array: items added if absent.</summary>
    AddItems = 23,

    /// <summary>Patch only. As <see cref="Labels"/>.</summary>
    RemoveLabels = 24,

    /// <summary>Patch only. As <see cref="AddItems"/>: items removed if present.</summary>
    RemoveItems = 25,
}

/// <summary>Members of a concept that a patch can put back to their defaults.</summary>
[Flags]
public enum Members : ushort
{
    /// <summary>None of them.</summary>
    None = 0,

    /// <summary>No labels.</summary>
    Labels = 1,

    /// <summary>No content.</summary>
    Content = 2,

    /// <summary>No media type.</summary>
    MediaType = 4,

    /// <summary>No attributes at all.</summary>
    Attributes = 8,

    /// <summary>No vector.</summary>
    Vector = 16,

    /// <summary>1.</summary>
    Strength = 32,

    /// <summary>1.</summary>
    Confidence = 64,

    /// <summary>Not known.</summary>
    ValidFrom = 128,

    /// <summary>Not known.</summary>
    ValidTo = 256,

    /// <summary>Never.</summary>
    ExpiresAt = 512,

    /// <summary>All of them.</summary>
    All = 1023,
}

/// <summary>Which fields belong together, and what the API calls them.</summary>
internal static class FieldTags
{
    public const uint Content = Bit2 | Bit3 | Bit15;

    /// <summary>Fields of a put.</summary>
    public const uint OfPut = 0b1111_1111_1111_1110;

    /// <summary>Fields of a patch: no times of the service, but changes of lists.</summary>
    public const uint OfPatch = (OfPut & ~Times) | (0b11_1111u << (int)FieldTag.RemoveMembers);

    /// <summary>Fields of an associate.</summary>
    public const uint OfAssociate = Times | (1u << (int)FieldTag.Attributes) | (1u << (int)FieldTag.Strength)
        | (1u << (int)FieldTag.Confidence) | (1u << (int)FieldTag.ValidFrom) | (1u << (int)FieldTag.ValidTo);

    private const uint Times = 0b111u << (int)FieldTag.CreatedAt;
    private const uint Bit2 = 1u << (int)FieldTag.TextContent;
    private const uint Bit3 = 1u << (int)FieldTag.BytesContent;
    private const uint Bit15 = 1u << (int)FieldTag.NoContent;

    /// <summary>The bits that one field occupies: the three kinds of content exclude each other.</summary>
    public static uint BitsOf(FieldTag tag)
    {
        var bit = 1u << (int)tag;
        return (bit & Content) != 0 ? Content : bit;
    }

    /// <summary>The bits of the fields that set what <paramref name="members"/> puts back.</summary>
    public static uint BitsOf(Members members)
    {
        var bits = 0u;
        bits |= members.HasFlag(Members.Labels) ? 1u << (int)FieldTag.Labels : 0;
        bits |= members.HasFlag(Members.Content) ? Content : 0;
        bits |= members.HasFlag(Members.MediaType) ? 1u << (int)FieldTag.MediaType : 0;
        bits |= members.HasFlag(Members.Attributes) ? 1u << (int)FieldTag.Attributes : 0;

        // From the vector on, members and tags stand in the same order.
        return bits | ((uint)(members & Members.All) >> 4 << (int)FieldTag.Vector);
    }

    /// <summary>The member of the API that a field belongs to.</summary>
    public static string NameOf(FieldTag tag) => tag switch
    {
        FieldTag.Labels => "labels",
        FieldTag.TextContent or FieldTag.BytesContent or FieldTag.NoContent => "content",
        FieldTag.MediaType => "mediaType",
        FieldTag.Attributes => "attributes",
        FieldTag.Vector => "vector",
        FieldTag.Strength => "strength",
        FieldTag.Confidence => "confidence",
        FieldTag.ValidFrom => "validFrom",
        FieldTag.ValidTo => "validTo",
        FieldTag.ExpiresAt => "expiresAt",
        FieldTag.CreatedAt => "createdAt",
        FieldTag.UpdatedAt => "updatedAt",
        FieldTag.ReinforcedAt => "reinforcedAt",
        FieldTag.RemoveMembers or FieldTag.RemoveAttributes => "remove",
        FieldTag.AddLabels or FieldTag.AddItems => "add",
        _ => "removeItems",
    };
}
