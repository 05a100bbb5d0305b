using Cairn.Primitives;
using Cairn.Snapshots;

namespace Cairn.Query;

/// <summary>The best paths between two concepts, without repeated concepts.</summary>
/// <remarks>
/// Equally good paths come in the order of their concepts' ids by bytes, from the start on; each sequence of concepts comes once. So the
/// answer depends on the graph alone. Expired concepts cannot be passed, implied ones can. The ends: a path from a concept to
/// itself has length 0; no path leads to or from a concept that cannot be seen. Runs on the caller's thread; memory for what is visited is
/// pooled, 12 bytes a concept row for each search under way, 28 if it is for the strongest path.
/// </remarks>
public sealed record PathQuery
{
    /// <summary>The longest path that can be asked for.</summary>
    public const int MaxDepthLimit = 32;

    /// <summary>The most paths that can be asked for.</summary>
    public const int MaxLimit = 100;

    /// <summary>Row of the concept at the start.</summary>
    public required int From { get; init; }

    /// <summary>Row of the concept at the end.</summary>
    public required int To { get; init; }

    /// <summary>For expiry and decay; taken once per request.</summary>
    public required Timestamp Now { get; init; }

    /// <summary>World time: only associations and concepts that were true then; null: all.</summary>
    public Timestamp? ValidAt { get; init; }

    /// <summary>What is best.</summary>
    public PathMode Mode { get; init; }

    /// <summary>Along associations as they point, against them, or either.</summary>
    public Direction Direction { get; init; }

    /// <summary>Types of associations.</summary>
    public CodeFilter Types { get; init; }

    /// <summary>Associations at most, 1 to <see cref="MaxDepthLimit"/>.</summary>
    public int MaxDepth { get; init; } = 6;

    /// <summary>Paths at most, 1 to <see cref="MaxLimit"/>.</summary>
    public int Limit { get; init; } = 1;

    /// <summary>Concepts that may be expanded before the search gives up, at least 1.</summary>
    public long MaxExpansions { get; init; } = 1_000_000;

    /// <summary>When the search gives up; looked at every few thousand associations.</summary>
    public Deadline Deadline { get; init; }

    /// <summary>Searches.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Depth, limit or expansions.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; looked at as often as the deadline.</exception>
    public PathResult Run(Snapshot snapshot, CancellationToken cancellationToken)
    {
        Check();
        var visibility = new Visibility(snapshot, Now, ValidAt);
        var limits = new SearchLimits(MaxExpansions, Deadline, cancellationToken);
        if (!visibility.ShowsConceptOrImplied(From) || !visibility.ShowsConceptOrImplied(To) || !limits.Check())
        {
            return new([], 0, limits.IsExhausted);
        }

        if (From == To)
        {
            return new([new([From], [], 1)], 0, false);
        }

        var edges = new FilteredEdges(snapshot, visibility, Types);
        var scratch = PathScratch.Rent(snapshot.ConceptRows);
        try
        {
            var paths = visibility.IsEverything && Types.IsAny
                ? Find(new PathGraph<AllEdges>(snapshot, default, Direction, scratch), edges, limits)
                : Find(new PathGraph<FilteredEdges>(snapshot, edges, Direction, scratch), edges, limits);
            return new(paths, limits.Expanded, limits.IsExhausted);
        }
        finally
        {
            PathScratch.Return(scratch);
        }
    }

    private void Check()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxDepth, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(MaxDepth, MaxDepthLimit);
        ArgumentOutOfRangeException.ThrowIfLessThan(Limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Limit, MaxLimit);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxExpansions, 1);
    }

    private IReadOnlyList<ConceptPath> Find<TEdges>(PathGraph<TEdges> graph, FilteredEdges edges, SearchLimits limits)
        where TEdges : struct, IEdgePolicy
    {
        var weights = new PathWeights(graph.Snapshot, edges, Direction, Now);
        IPathSearch search = Mode == PathMode.Shortest
            ? new ShortestSearch<TEdges>(graph, limits)
            : new StrongestSearch<TEdges>(graph, weights, limits, From, To, MaxDepth);
        return new BestPaths(graph.Snapshot, search, weights, Mode, limits).Find(From, To, MaxDepth, Limit);
    }
}
