using Cairn.Model;
using Cairn.Query;
using Cairn.Snapshots;

namespace Cairn.Embedded;

/// <summary>Which paths are asked for. Immutable.</summary>
/// <param name="From">Id of the concept at the start.</param>
/// <param name="To">Id of the concept at the end.</param>
public sealed record PathRequest(string From, string To)
{
    /// <summary>What is best: the shortest (the default) or the strongest.</summary>
    public PathMode Mode { get; init; }

    /// <summary>Along associations as they point, against them, or either.</summary>
    public Direction Direction { get; init; }

    /// <summary>Types of associations, any of; none named: all.</summary>
    public IReadOnlyCollection<string> Types { get; init; } = [];

    /// <summary>Associations at most, 1 to <see cref="PathQuery.MaxDepthLimit"/>.</summary>
    public int MaxDepth { get; init; } = 6;

    /// <summary>Paths at most, 1 to <see cref="PathQuery.MaxLimit"/>.</summary>
    public int Limit { get; init; } = 1;
}

/// <summary>One path without repeated concepts.</summary>
/// <param name="Concepts">Ids from the start to the end; one more than there are associations.</param>
/// <param name="Associations">For each step the association that is worth most.</param>
/// <param name="Score">Product of current strength × confidence of its associations, 0 to 1.</param>
public sealed record MemoryPath(IReadOnlyList<string> Concepts, IReadOnlyList<AssociationKey> Associations, double Score);
