using Cairn.Model;
using Cairn.Primitives;
using Cairn.Snapshots;

namespace Cairn.Query.Search;

/// <summary>What a search asks of one snapshot: each ranking that it gives a part and a weight for.</summary>
internal sealed class SearchRankings
{
    private readonly SearchQuery _query;
    private readonly SearchViews _views;
    private readonly SearchFilter _filter;
    private readonly TextQuery? _text;
    private readonly bool _canCompare;

    /// <param name="query">The search.</param>
    /// <param name="views">What it looks into.</param>
    /// <param name="work">Counts what the condition does.</param>
    /// <exception cref="CairnException">Invalid: the vector has other components than those of the space.</exception>
    public SearchRankings(SearchQuery query, SearchViews views, WorkMeter work)
    {
        (_query, _views, _filter) = (query, views, new(query, views.Snapshot, work));
        _text = views.Text is { } text ? TextQuery.Parse(query.Text.Span, text.Language) : null;
        var dimensions = views.Vectors?.View?.Spec.Dimensions ?? Snapshot.Settings.VectorDimensions;
        _canCompare = query.Vector?.Length == dimensions;
        if (query is { Vector: { } vector, HasVectorOfText: false, Weights.Vector: > 0 } && dimensions is { } others && !_canCompare)
        {
            throw CairnException.OverLimit("/vector", $"the vectors of this space have {others} components", others, vector.Length);
        }
    }

    public Snapshot Snapshot => _views.Snapshot;

    /// <summary>What the scores of the ranking by meaning are: those of the built-in model are cosines, whatever the space compares its vectors by.</summary>
    public VectorMetric VectorMetric => _views.Vectors?.View?.Spec.Metric ?? VectorMetric.Cosine;

    /// <summary>At most one ranking is asked for that could find anything.</summary>
    public bool IsOne => (AsksText ? 1 : 0) + (ComparesStored || ComparesHashed ? 1 : 0) + (AsksGraph ? 1 : 0) <= 1;

    private bool AsksText => _query.Weights.Text > 0 && _text is { Clauses.Count: > 0 };

    private bool ComparesStored => _canCompare && _views.Vectors?.View is not null;

    private bool ComparesHashed => _views.Hashed is { Count: > 0 };

    private bool AsksGraph => _query.Weights.Graph > 0 && _query.Near.Count > 0;

    /// <summary>Begins a ranking; null: the search does not ask for it, or there is nothing that it could find.</summary>
    /// <param name="component">Which.</param>
    /// <param name="depth">Hits at most.</param>
    /// <param name="found">What the ranking by words has found.</param>
    public Scan<IReadOnlyList<RankedRow>>? Start(SearchComponent component, int depth, IReadOnlyList<RankedRow> found) => component switch
    {
        SearchComponent.Text when AsksText => new TextSearch<SearchFilter>(_views.Text!, _text!, Bm25.Default, Snapshot.Ids, _filter, depth),
        SearchComponent.Vector when ComparesStored => new VectorRanking(_query, Snapshot, _views.Vectors!.View!, _filter, depth),
        SearchComponent.Vector when ComparesHashed => new HashedRanking(_query, Snapshot, _views.Text!, _views.Hashed!, _filter, depth, found),
        SearchComponent.Graph when AsksGraph => new NearScan<SearchFilter>(_query, Snapshot, _filter, depth),
        _ => null,
    };
}
