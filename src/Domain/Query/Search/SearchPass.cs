using Cairn.Snapshots;

namespace Cairn.Query.Search;

/// <summary>
/// Asks each ranking of a search for its first hits, one ranking after the other, and makes one of them. One thread, one snapshot.
/// </summary>
internal sealed class SearchPass : Scan<List<SearchHit>>
{
    private readonly SearchQuery _query;
    private readonly Snapshot _snapshot;
    private readonly Fusion _fusion;
    private readonly int _depth;
    private readonly Queue<(SearchComponent Component, Scan<IReadOnlyList<TextHit>> Scan)> _rankings = new();
    private long _visited;
    private List<SearchHit> _hits = [];

    /// <param name="query">What is searched for.</param>
    /// <param name="rankings">What it consists of, of one snapshot.</param>
    /// <param name="depth">Hits of each ranking, at most.</param>
    public SearchPass(SearchQuery query, SearchRankings rankings, int depth)
    {
        (_query, _snapshot, _fusion, _depth) = (query, rankings.Snapshot, new(query, rankings.Snapshot), depth);
        foreach (var component in Enum.GetValues<SearchComponent>())
        {
            if (rankings.Start(component, depth) is { } scan)
            {
                _rankings.Enqueue((component, scan));
            }
        }
    }

    /// <summary>A ranking was cut off: there may be more behind it.</summary>
    public bool IsCut { get; private set; }

    public override List<SearchHit> Result => _hits;

    public override bool Step()
    {
        if (!_rankings.TryPeek(out var ranking))
        {
            Finish();
            return false;
        }

        ranking.Scan.Deadline = Deadline;
        if (!ranking.Scan.Step())
        {
            _rankings.Dequeue();
            _fusion.Add(ranking.Component, ranking.Scan.Result);
            IsCut |= ranking.Scan.Result.Count == _depth;
            _visited += ranking.Scan.RowsVisited;
            RowsVisited = _visited;
            if (_rankings.Count == 0)
            {
                Finish();
                return false;
            }

            return true;
        }

        RowsVisited = _visited + ranking.Scan.RowsVisited;
        return true;
    }

    private void Finish()
    {
        _hits = _fusion.Finish();
        if (_query.Diversity > 0)
        {
            Diversity.Apply(_snapshot, _hits, _query.Diversity);
        }
    }
}
