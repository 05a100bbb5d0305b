using Cairn.Snapshots;

namespace Cairn.Query.Search;

/// <summary>What one ranking says of a concept.</summary>
/// <param name="Rank">From 1 on; 0: it did not find it.</param>
/// <param name="Score">Its own: BM25, the similarity of the vectors, or the closeness in the graph.</param>
public readonly record struct ComponentRank(int Rank, double Score);

/// <summary>A concept that was found.</summary>
/// <param name="Row">Its row in <see cref="SearchPage.Snapshot"/>.</param>
/// <param name="Fused">What the rankings give it together.</param>
/// <param name="Boost">What that was multiplied by.</param>
/// <param name="Text">By words.</param>
/// <param name="Vector">By meaning.</param>
/// <param name="Graph">By connection.</param>
public readonly record struct SearchHit(int Row, double Fused, double Boost, ComponentRank Text, ComponentRank Vector, ComponentRank Graph)
{
    /// <summary>Greater is better; to be compared within one search only.</summary>
    public double Score => Fused * Boost;
}

/// <summary>The best, or those that come behind a page before.</summary>
public sealed class SearchPage
{
    private readonly SearchPlace _first;
    private readonly SearchPlace? _next;

    internal SearchPage(Snapshot snapshot, IReadOnlyList<SearchHit> hits, SearchPlace first, SearchPlace? next) =>
        (Snapshot, Hits, _first, _next) = (snapshot, hits, first, next);

    /// <summary>What was searched: that which was asked for, or a later one.</summary>
    public Snapshot Snapshot { get; }

    /// <summary>In order, at most the limit.</summary>
    public IReadOnlyList<SearchHit> Hits { get; }

    /// <summary>Where the search goes on behind the first hits of this page; null: there are no more. The list ends where each ranking has given 1,000.</summary>
    /// <param name="count">How many of them were of use, 0 to all.</param>
    public byte[]? PlaceAfter(int count) => count < Hits.Count ? _first.Skip(count).Encode() : _next?.Encode();
}
