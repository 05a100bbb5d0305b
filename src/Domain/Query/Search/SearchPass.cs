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
    private readonly SearchRankings _rankings;
    private readonly Queue<SearchComponent> _components = new(Enum.GetValues<SearchComponent>());
    private Scan<IReadOnlyList<RankedRow>>? _ranking;
    private IReadOnlyList<RankedRow> _byText = [];
    private long _visited;
    private List<SearchHit> _hits = [];

    /// <param name="query">What is searched for.</param>
    /// <param name="rankings">What it consists of, of one snapshot.</param>
    /// <param name="depth">Hits of each ranking, at most.</param>
    public SearchPass(SearchQuery query, SearchRankings rankings, int depth)
    {
        (_query, _snapshot, _fusion, _depth) = (query, rankings.Snapshot, new(query, rankings.Snapshot, rankings.VectorMetric), depth);
        _rankings = rankings;
    }

    /// <summary>A ranking was cut off: there may be more behind it.</summary>
    public bool IsCut { get; private set; }

    public override List<SearchHit> Result => _hits;

    public override bool Step()
    {
        while (_ranking is null)
        {
            if (!_components.TryPeek(out var next))
            {
                Finish();
                return false;
            }

            _ranking = _rankings.Start(next, _depth, _byText);
            if (_ranking is null)
            {
                _components.Dequeue();
            }
        }

        _ranking.Deadline = Deadline;
        var goesOn = _ranking.Step();
        RowsVisited = _visited + _ranking.RowsVisited;
        if (!goesOn)
        {
            Take(_components.Dequeue(), _ranking.Result);
            (_ranking, _visited) = (null, RowsVisited);
        }

        return true;
    }

    private void Take(SearchComponent component, IReadOnlyList<RankedRow> found)
    {
        _fusion.Add(component, found);
        IsCut |= found.Count == _depth;
        _byText = component == SearchComponent.Text ? found : _byText;
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
