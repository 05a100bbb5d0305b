using Cairn.Embeddings;
using Cairn.Primitives;
using Cairn.Snapshots;
using Cairn.Vectors;

namespace Cairn.Query.Search;

/// <summary>What a search asks of one snapshot: each ranking that it gives a part and a weight for.</summary>
internal sealed class SearchRankings
{
    // Cosines of texts that share nothing lie about 0, with a deviation of one by the root of the components: three of them chance rarely reaches.
    private static readonly float ByChance = 3 / MathF.Sqrt(HashingModel.Dimensions);

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
        _canCompare = query.Vector?.Length == views.Vectors?.View?.Spec.Dimensions;
        if (query is { Vector: { } vector, HasVectorOfText: false } && views.Vectors?.View is { Spec: var spec } && !_canCompare)
        {
            throw CairnException.OverLimit("/vector", $"the vectors of this space have {spec.Dimensions} components", spec.Dimensions, vector.Length);
        }
    }

    public Snapshot Snapshot => _views.Snapshot;

    /// <summary>Begins a ranking; null: the search does not ask for it, or there is nothing that it could find.</summary>
    /// <param name="component">Which.</param>
    /// <param name="depth">Hits at most.</param>
    /// <param name="found">What the ranking by words has found.</param>
    public Scan<IReadOnlyList<RankedRow>>? Start(SearchComponent component, int depth, IReadOnlyList<RankedRow> found) => component switch
    {
        SearchComponent.Text when _query.Weights.Text > 0 && _text is { Clauses.Count: > 0 } =>
            new TextSearch<SearchFilter>(_views.Text!, _text, Bm25.Default, Snapshot.Ids, _filter, depth),
        SearchComponent.Vector when _canCompare && _views.Vectors?.View is { } view => new VectorRanking(_query, Snapshot, view, _filter, depth),
        SearchComponent.Vector when _views.Hashed is { Count: > 0 } hashed => StartHashed(hashed, depth, found),
        SearchComponent.Graph when _query.Weights.Graph > 0 && _query.Near.Count > 0 => new NearScan<SearchFilter>(_query, Snapshot, _filter, depth),
        _ => null,
    };

    // The text's words count by how rare they are, and what was found by them says what else may be meant.
    private VectorSearch<NoOriginals, SearchFilter>? StartHashed(VectorView view, int depth, IReadOnlyList<RankedRow> found)
    {
        var (text, vector) = (_views.Text!, new float[HashingModel.Dimensions]);
        if (!HashingModel.TryEmbed(_query.Text.Span, text.Language, vector, term => Bm25.InverseDocumentFrequency(text.LiveCount, Math.Min(text.LiveCount, text.CountAbout(text.FindTerm(term))))))
        {
            return null;
        }

        RelevanceFeedback.Apply(vector, VectorsOf(found));
        return new(view, new(vector, view.Spec), default, Snapshot.Ids, _filter, depth, hasOriginals: false) { Floor = ByChance };
    }

    private List<ReadOnlyMemory<float>> VectorsOf(IReadOnlyList<RankedRow> found)
    {
        var (vectors, buffer) = (new List<ReadOnlyMemory<float>>(), new byte[EmbeddedText.MaxBytes]);
        foreach (var row in found.Take(RelevanceFeedback.Texts))
        {
            var vector = new float[HashingModel.Dimensions];
            if (HashingModel.TryEmbed(Snapshot.Concept(row.Row).WriteEmbeddedText(buffer), _views.Text!.Language, vector))
            {
                vectors.Add(vector);
            }
        }

        return vectors;
    }
}
