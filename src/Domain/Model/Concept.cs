using Cairn.Primitives;

namespace Cairn.Model;

/// <summary>A concept as an in-process program writes and reads it. Members left at null take their defaults in a put.</summary>
public sealed record Concept
{
    /// <summary>Caller's id, 1 to 512 bytes; empty in a put: derived from the commit.</summary>
    public string Id { get; init; } = "";

    /// <summary>At most 16.</summary>
    public IReadOnlyList<string> Labels { get; init; } = [];

    /// <summary>Text content; null if there is none or it is bytes.</summary>
    public string? Content { get; init; }

    /// <summary>Content as bytes; null if there is none or it is text.</summary>
    public byte[]? ContentBytes { get; init; }

    /// <summary>What the content is.</summary>
    public string? MediaType { get; init; }

    /// <summary>Typed attributes, at most 256.</summary>
    public IReadOnlyDictionary<string, Value> Attributes { get; init; } = System.Collections.ObjectModel.ReadOnlyDictionary<string, Value>.Empty;

    /// <summary>Float32 vector, at most 4,096 components.</summary>
    public float[]? Vector { get; init; }

    /// <summary>Strength when last set or reinforced, 0 to 1.</summary>
    public float Strength { get; init; } = 1;

    /// <summary>Confidence, 0 to 1.</summary>
    public float Confidence { get; init; } = 1;

    /// <summary>When it began to be true in the world.</summary>
    public Timestamp? ValidFrom { get; init; }

    /// <summary>When it ceased to be true in the world.</summary>
    public Timestamp? ValidTo { get; init; }

    /// <summary>When it is forgotten.</summary>
    public Timestamp? ExpiresAt { get; init; }

    /// <summary>The service's: the commit that last changed it.</summary>
    public LogPosition Version { get; init; }

    /// <summary>The service's.</summary>
    public Timestamp CreatedAt { get; init; }

    /// <summary>The service's.</summary>
    public Timestamp UpdatedAt { get; init; }

    /// <summary>The service's: when strength was last set or reinforced.</summary>
    public Timestamp ReinforcedAt { get; init; }
}

/// <summary>What identifies an association.</summary>
/// <param name="Source">Id of the concept it leaves.</param>
/// <param name="Type">1 to 128 bytes.</param>
/// <param name="Target">Id of the concept it reaches.</param>
/// <param name="Key">Tells parallel associations apart; at most 128 bytes, usually empty.</param>
public sealed record AssociationKey(string Source, string Type, string Target, string Key = "");

/// <summary>An association as an in-process program writes and reads it.</summary>
public sealed record Association
{
    /// <summary>Ends, type and key.</summary>
    public required AssociationKey Key { get; init; }

    /// <summary>Typed attributes, at most 256.</summary>
    public IReadOnlyDictionary<string, Value> Attributes { get; init; } = System.Collections.ObjectModel.ReadOnlyDictionary<string, Value>.Empty;

    /// <summary>Strength when last set or reinforced, 0 to 1.</summary>
    public float Strength { get; init; } = 1;

    /// <summary>Confidence, 0 to 1.</summary>
    public float Confidence { get; init; } = 1;

    /// <summary>When it began to be true in the world.</summary>
    public Timestamp? ValidFrom { get; init; }

    /// <summary>When it ceased to be true in the world.</summary>
    public Timestamp? ValidTo { get; init; }

    /// <summary>The service's: the commit that last changed it.</summary>
    public LogPosition Version { get; init; }

    /// <summary>The service's.</summary>
    public Timestamp CreatedAt { get; init; }

    /// <summary>The service's.</summary>
    public Timestamp UpdatedAt { get; init; }

    /// <summary>The service's: when strength was last set or reinforced.</summary>
    public Timestamp ReinforcedAt { get; init; }
}
