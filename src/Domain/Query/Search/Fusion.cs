using Cairn.Model;
using Cairn.Primitives;
using Cairn.Snapshots;

namespace Cairn.Query.Search;

/// <summary>
/// Makes one ranking of several, and lifts what is strong, certain or new. By ranks: Cormack, Clarke and Büttcher, "Reciprocal Rank Fusion", SIGIR 2009, scaled so that
/// the first of a ranking gets its weight. One thread.
/// </summary>
/// <param name="query">What is searched for.</param>
/// <param name="snapshot">Where.</param>
/// <param name="metric">What the scores by meaning are.</param>
internal sealed class Fusion(SearchQuery query, Snapshot snapshot, VectorMetric metric)
{
    /// <summary>How little the first ranks are ahead of the next ones; as published.</summary>
    public const int Damping = 60;

    /// <summary>By which a space without a half-life tells what is new.</summary>
    public static readonly TimeSpan RecencyHalfLife = TimeSpan.FromDays(30);

    private readonly Dictionary<int, int> _places = [];
    private readonly List<SearchHit> _hits = [];

    /// <summary>Adds a ranking.</summary>
    /// <param name="component">Which one.</param>
    /// <param name="ranking">The best first, each row once.</param>
    public void Add(SearchComponent component, IReadOnlyList<RankedRow> ranking)
    {
        var weight = WeightOf(component);
        for (var i = 0; i < ranking.Count; i++)
        {
            var share = query.Method == FusionMethod.ReciprocalRank
                ? (Damping + 1d) / (Damping + 1 + i)
                : ShareOf(component, ranking[i].Score, ranking[0].Score);
            Add(ranking[i].Row, component, weight * share, new(i + 1, ranking[i].Score));
        }
    }

    /// <summary>All rows, the best first.</summary>
    public List<SearchHit> Finish()
    {
        var boosts = query.Boosts;
        for (var i = 0; i < _hits.Count && boosts != default; i++)
        {
            _hits[i] = _hits[i] with { Boost = BoostOf(snapshot.Concept(_hits[i].Row), boosts) };
        }

        _hits.Sort(Compare);
        return _hits;
    }

    private void Add(int row, SearchComponent component, double fused, ComponentRank rank)
    {
        if (!_places.TryGetValue(row, out var place))
        {
            place = _hits.Count;
            _places.Add(row, place);
            _hits.Add(new(row, 0, 1, default, default, default));
        }

        var hit = _hits[place] with { Fused = _hits[place].Fused + fused };
        _hits[place] = component switch
        {
            SearchComponent.Text => hit with { Text = rank },
            SearchComponent.Vector => hit with { Vector = rank },
            _ => hit with { Graph = rank },
        };
    }

    private double WeightOf(SearchComponent component) => component switch
    {
        SearchComponent.Text => query.Weights.Text,
        SearchComponent.Vector => query.Weights.Vector,
        _ => query.Weights.Graph,
    };

    // Where a score has a best of its own it is measured by that: a cosine of 1, a distance of 0, or the concept itself. BM25 and a dot product have none but that of the best that was found.
    private double ShareOf(SearchComponent component, double score, double best) => (component, metric) switch
    {
        (SearchComponent.Vector, VectorMetric.L2) => 1 / (1 - Math.Min(score, 0)),
        (SearchComponent.Vector, VectorMetric.Cosine) or (SearchComponent.Graph, _) => Math.Clamp(score, 0, 1),
        _ => best > 0 ? Math.Max(score, 0) / best : 0,
    };

    private double BoostOf(ConceptView concept, SearchBoosts boosts)
    {
        var boost = 1 + (boosts.Strength * concept.CurrentStrength(query.Now)) + (boosts.Confidence * concept.Confidence);
        return boosts.Recency == 0 ? boost : boost + (boosts.Recency * RecencyOf(concept));
    }

    private double RecencyOf(ConceptView concept)
    {
        var changed = Timestamp.Latest(concept.UpdatedAt, concept.ReinforcedAt);
        return Decay.At(1, changed, query.Now, snapshot.Settings.HalfLife ?? RecencyHalfLife);
    }

    private int Compare(SearchHit x, SearchHit y)
    {
        var byScore = y.Score.CompareTo(x.Score);
        return byScore != 0 ? byScore : snapshot.Ids[x.Row].SequenceCompareTo(snapshot.Ids[y.Row]);
    }
}

/// <summary>The rankings of a search.</summary>
internal enum SearchComponent
{
    /// <summary>By words.</summary>
    Text,

    /// <summary>By meaning.</summary>
    Vector,

    /// <summary>By connection.</summary>
    Graph,
}
