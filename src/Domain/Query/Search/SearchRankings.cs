using Cairn.Snapshots;
using Cairn.Text;

namespace Cairn.Query.Search;

/// <summary>What a search asks one snapshot: each ranking that it gives a part and a weight for.</summary>
internal sealed class SearchRankings(SearchQuery query, Snapshot snapshot, TextView text, WorkMeter work)
{
    private readonly SearchFilter _filter = new(query, snapshot, work);
    private readonly TextQuery _text = TextQuery.Parse(query.Text.Span, text.Language);

    public Snapshot Snapshot => snapshot;

    /// <summary>Begins a ranking; null: the search does not ask for it.</summary>
    /// <param name="component">Which.</param>
    /// <param name="depth">Hits at most.</param>
    public Scan<IReadOnlyList<TextHit>>? Start(SearchComponent component, int depth) => component switch
    {
        SearchComponent.Text when query.Weights.Text > 0 && _text.Clauses.Count > 0 =>
            new TextSearch<SearchFilter>(text, _text, Bm25.Default, snapshot.Ids, _filter, depth),
        SearchComponent.Graph when query.Weights.Graph > 0 && query.Near.Count > 0 =>
            new NearScan<SearchFilter>(query, snapshot, _filter, depth),
        _ => null,
    };
}
