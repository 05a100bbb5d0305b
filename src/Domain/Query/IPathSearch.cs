namespace Cairn.Query;

/// <summary>One search for the best path, as the enumeration of the best ones asks for it.</summary>
internal interface IPathSearch
{
    /// <summary>Finds the best path. Of equally good ones the one whose ids come first.</summary>
    /// <param name="request">Between what, and what to avoid.</param>
    /// <param name="path">Room for <see cref="PathQuery.MaxDepthLimit"/> + 1 rows; the concepts from the start to the end.</param>
    /// <returns>Its length in associations; −1: there is none, or a limit was reached.</returns>
    int Find(in PathRequest request, Span<int> path);
}

/// <summary>What to search for. The path begins after a prefix that is fixed already.</summary>
internal readonly ref struct PathRequest
{
    /// <summary>Rows before <see cref="From"/>, which the path may not touch.</summary>
    public ReadOnlySpan<int> Prefix { get; init; }

    /// <summary>Where it starts.</summary>
    public required int From { get; init; }

    /// <summary>Where it ends; not <see cref="From"/>, not in the prefix.</summary>
    public required int To { get; init; }

    /// <summary>Rows that may not come directly after <see cref="From"/>.</summary>
    public ReadOnlySpan<int> Skip { get; init; }

    /// <summary>Associations at most.</summary>
    public required int MaxLength { get; init; }

    /// <summary>Only paths that cost no more (<see cref="PathWeights"/>), the prefix aside; a search by length alone need not look at it.</summary>
    public required long MaxCost { get; init; }
}
