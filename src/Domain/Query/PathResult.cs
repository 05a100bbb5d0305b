namespace Cairn.Query;

/// <summary>What makes one path better than another.</summary>
public enum PathMode
{
    /// <summary>Fewer associations.</summary>
    Shortest,

    /// <summary>A greater product of current strength × confidence along it, then fewer associations.</summary>
    Strongest,
}

/// <summary>One path without repeated concepts.</summary>
/// <param name="Concepts">Rows, from the start to the end; one more than there are associations.</param>
/// <param name="Associations">Rows; for each step the association that is worth most.</param>
/// <param name="Score">Product of current strength × confidence of its associations, 0 to 1; 1 for a path without any.</param>
public sealed record ConceptPath(IReadOnlyList<int> Concepts, IReadOnlyList<int> Associations, double Score)
{
    /// <summary>How many associations.</summary>
    public int Length => Associations.Count;
}

/// <summary>The paths found.</summary>
/// <param name="Paths">The best first.</param>
/// <param name="Expanded">Concepts whose associations were followed, a measure of the work.</param>
/// <param name="Truncated">A limit was reached: the paths are the best ones, but there may be more.</param>
public sealed record PathResult(IReadOnlyList<ConceptPath> Paths, long Expanded, bool Truncated);
