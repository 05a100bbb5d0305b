using Cairn.Model;
using Cairn.Primitives;

namespace Cairn.Storage.Lookups;

/// <summary>
/// One concept as the lookups index keeps it: all of it, and of its attributes what conditions can ask for. Labels, attributes and expiry are written and asked for; what is
/// read need not have them, since the body does. Immutable.
/// </summary>
public sealed record LookupDocument
{
    /// <summary>The concept's id, UTF-8, 1 to 512 bytes.</summary>
    public required ReadOnlyMemory<byte> Id { get; init; }

    /// <summary>The commit that last changed it; of a tombstone, a position at which the concept was not there.</summary>
    public required LogPosition Position { get; init; }

    /// <summary>What the document tells.</summary>
    public required LookupState State { get; init; }

    /// <summary>The concept's labels.</summary>
    public IReadOnlyList<string> Labels { get; init; } = [];

    /// <summary>Of each attribute that is set what <see cref="LookupImage"/> shows, by name.</summary>
    public IReadOnlyDictionary<string, Value> Attributes { get; init; } = System.Collections.ObjectModel.ReadOnlyDictionary<string, Value>.Empty;

    /// <summary>When the concept is forgotten; null: never.</summary>
    public Timestamp? ExpiresAt { get; init; }

    /// <summary>The body of a commit that puts the concept, as frames hold it; empty unless it is <see cref="LookupState.Stored"/>, or was not asked for.</summary>
    public ReadOnlyMemory<byte> Body { get; init; }
}

/// <summary>What a document tells of its concept. The values are stored.</summary>
public enum LookupState
{
    /// <summary>It is there, and this is it.</summary>
    Stored = 1,

    /// <summary>It is there, but too large to be kept here: who wants it loads the space.</summary>
    TooLarge = 2,

    /// <summary>It is not there. Kept for a day, so that no straggler brings an older state of the concept back.</summary>
    Deleted = 3,
}
