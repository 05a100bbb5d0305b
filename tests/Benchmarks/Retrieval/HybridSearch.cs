using System.Numerics.Tensors;
using System.Text;
using Cairn.Benchmarks.Reporting;
using Cairn.Embeddings;
using Cairn.Model;
using Cairn.Query.Search;
using Rankings = System.Collections.Generic.IReadOnlyList<(Cairn.Benchmarks.Retrieval.JudgedQuery Query, System.Collections.Generic.IReadOnlyList<string> Found)>;

namespace Cairn.Benchmarks.Retrieval;

/// <summary>The vectors of a collection's texts by the built-in model, and the rankings that they give, alone and together with those of full-text search.</summary>
internal sealed class HybridSearch
{
    private const int EmbedRounds = 5;
    private readonly JudgedCollection _collection;
    private readonly Dictionary<string, int> _rows;
    private readonly float[][] _vectors;

    /// <param name="collection">What is embedded and asked.</param>
    /// <param name="text">The same, by full-text search.</param>
    public HybridSearch(JudgedCollection collection, CollectionSearch text)
    {
        _collection = collection;
        _rows = collection.Documents.Select(static (document, row) => (document.Id, row)).ToDictionary(static pair => pair.Id, static pair => pair.row);
        _vectors = [.. collection.Documents.Select(static _ => new float[HashingModel.Dimensions])];
        EmbedNanoseconds = Enumerable.Range(0, EmbedRounds).Min(_ => Embed(text));
        Vectors = Rank((query, _) => VectorOf(query, null), text);
        Weighted = Rank((query, _) => VectorOf(query, text), text);
        Hybrid = Fuse(Rank((query, found) => WithFeedback(VectorOf(query, null), found), text), text);
        WeightedHybrid = Fuse(Rank((query, found) => WithFeedback(VectorOf(query, text), found), text), text);
        PlainHybrid = Fuse(Weighted, text);
    }

    /// <summary>By vectors alone, the query's terms all alike.</summary>
    public Rankings Vectors { get; }

    /// <summary>By vectors alone, the query's terms weighed by how rare they are.</summary>
    public Rankings Weighted { get; }

    /// <summary>Both rankings fused, without feedback.</summary>
    public Rankings PlainHybrid { get; }

    /// <summary>Both rankings fused, the query's vector moved towards the first texts that full-text search found; the query's terms all alike.</summary>
    public Rankings Hybrid { get; }

    /// <summary>The same, the query's terms weighed.</summary>
    public Rankings WeightedHybrid { get; }

    /// <summary>To embed all texts: the least of some rounds.</summary>
    public long EmbedNanoseconds { get; }

    private long Embed(CollectionSearch text)
    {
        var before = ThreadClock.Nanoseconds();
        for (var row = 0; row < _vectors.Length; row++)
        {
            HashingModel.TryEmbed(text.TextOf(row), TextLanguage.English, _vectors[row]);
        }

        return ThreadClock.Nanoseconds() - before;
    }

    private static float[] VectorOf(JudgedQuery query, CollectionSearch? text)
    {
        var vector = new float[HashingModel.Dimensions];
        HashingModel.TryEmbed(Encoding.UTF8.GetBytes(query.Text), TextLanguage.English, vector, text is null ? null : text.WeightOf);
        return vector;
    }

    private float[] WithFeedback(float[] query, IReadOnlyList<string> found)
    {
        RelevanceFeedback.Apply(query, [.. found.Take(RelevanceFeedback.Texts).Select(id => (ReadOnlyMemory<float>)_vectors[_rows[id]])]);
        return query;
    }

    private Rankings Rank(Func<JudgedQuery, IReadOnlyList<string>, float[]> vectorOf, CollectionSearch text) =>
        [.. text.Rankings.Select(ranking => (ranking.Query, Nearest(vectorOf(ranking.Query, ranking.Found))))];

    private IReadOnlyList<string> Nearest(float[] query) =>
        [.. _collection.Documents.OrderByDescending(document => TensorPrimitives.Dot<float>(query, _vectors[_rows[document.Id]])).Take(CollectionSearch.Depth).Select(static document => document.Id)];

    private Rankings Fuse(Rankings vectors, CollectionSearch text) =>
        [.. text.Rankings.Zip(vectors, (first, second) => (first.Query, (IReadOnlyList<string>)[.. RankFusion.Fuse(Hits(first.Found), Hits(second.Found)).Select(hit => _collection.Documents[hit.Row].Id)]))];

    private RankedRow[] Hits(IReadOnlyList<string> found) => [.. found.Select(id => new RankedRow(_rows[id], 0))];
}
