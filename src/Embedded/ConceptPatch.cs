using Cairn.Formats;
using Cairn.Model;
using Cairn.Primitives;

namespace Cairn.Embedded;

/// <summary>A change of parts of a concept: what is null or empty here stays as it is. Immutable.</summary>
public sealed record ConceptPatch
{
    /// <summary>Replaces the labels.</summary>
    public IReadOnlyList<string>? Labels { get; init; }

    /// <summary>Replaces the content.</summary>
    public string? Content { get; init; }

    /// <summary>Sets attributes by name; others stay.</summary>
    public IReadOnlyDictionary<string, Value> Attributes { get; init; } = System.Collections.ObjectModel.ReadOnlyDictionary<string, Value>.Empty;

    /// <summary>Replaces the vector.</summary>
    public float[]? Vector { get; init; }

    /// <summary>Sets the strength, 0 to 1.</summary>
    public float? Strength { get; init; }

    /// <summary>Sets the confidence, 0 to 1.</summary>
    public float? Confidence { get; init; }

    /// <summary>Sets when it ceased to be true.</summary>
    public Timestamp? ValidTo { get; init; }

    /// <summary>Sets when it is forgotten.</summary>
    public Timestamp? ExpiresAt { get; init; }

    /// <summary>Labels to add if they are not there.</summary>
    public IReadOnlyList<string> AddLabels { get; init; } = [];

    /// <summary>Labels to take away.</summary>
    public IReadOnlyList<string> RemoveLabels { get; init; } = [];

    /// <summary>Items to add to array attributes, such as <c>observations</c>, if they are not there.</summary>
    public IReadOnlyDictionary<string, Value[]> AddItems { get; init; } = System.Collections.ObjectModel.ReadOnlyDictionary<string, Value[]>.Empty;

    /// <summary>Items to take out of array attributes.</summary>
    public IReadOnlyDictionary<string, Value[]> RemoveItems { get; init; } = System.Collections.ObjectModel.ReadOnlyDictionary<string, Value[]>.Empty;

    /// <summary>Attributes to take away.</summary>
    public IReadOnlyList<string> RemoveAttributes { get; init; } = [];

    /// <summary>Members to put back to their defaults.</summary>
    public Members Remove { get; init; }
}
