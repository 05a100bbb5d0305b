using Cairn.Embeddings;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Query.Search;
using Cairn.Snapshots;
using Cairn.Snapshots.Derived;

namespace Cairn.Domain.Tests.Query.Search;

/// <summary>What a search by meaning has to find, computed of the concepts of its snapshot alone.</summary>
internal static class NaiveMeaning
{
    // Of float32, relative to the length of what is compared, and of int8.
    private const double Rounding = 1e-5, Quantised = 0.02;
    private static readonly double ByChance = 3 / Math.Sqrt(HashingModel.Dimensions);

    /// <summary>Searches a snapshot by a vector, and requires what comparing all says.</summary>
    public static SearchPage RequireSameByVector(Snapshot snapshot, SearchQuery query)
    {
        SearchPage page;
        try
        {
            page = query.Start(snapshot).Run(CancellationToken.None);
        }
        catch (CairnException refusal) when (refusal.Problem == "limit")
        {
            // Only where the settings say so, or there are vectors of other components; which state was searched is not known, unless it was that one.
            Assert.NotEqual(refusal.Limit, query.Vector!.Length);
            Assert.True(!query.IsExact || refusal.Limit == snapshot.Settings.VectorDimensions || Alive(snapshot).Any(row => snapshot.Concept(row).VectorDimensions == refusal.Limit));
            return new(snapshot, [], default, null);
        }

        var metric = page.Snapshot.Settings.VectorMetric;
        var scores = Vectors(page.Snapshot, query).ToDictionary(static pair => pair.Key, pair => NaiveVectors.Score(query.Vector!, pair.Value, metric));
        var expected = scores.Values.OrderDescending().Take(query.Limit).ToList();
        Assert.Equal(expected.Count, page.Hits.Count);
        for (var i = 0; i < expected.Count; i++)
        {
            var tolerance = Rounding * (1 + Math.Abs(expected[i]));
            Assert.Equal(expected[i], page.Hits[i].Vector.Score, tolerance);
            Assert.Equal(scores[page.Hits[i].Row], page.Hits[i].Vector.Score, tolerance);
        }

        return page;
    }

    /// <summary>Searches a snapshot by the built-in model alone, and requires what comparing all says, but for what int8 rounds off.</summary>
    public static SearchPage RequireSameByText(Snapshot snapshot, SearchQuery query)
    {
        var page = (query with { UsesBuiltInModel = true, Weights = new(0, 1, 0) }).Start(snapshot).Run(CancellationToken.None);
        var text = page.Snapshot.View(page.Snapshot.Derived<TextIndexing>());
        if (text is null)
        {
            // Written past meanwhile: what weighs how much is not to be had any more.
            return page;
        }

        var vector = new float[HashingModel.Dimensions];
        if (!HashingModel.TryEmbed(query.Text.Span, text.Language, vector, term => Bm25.InverseDocumentFrequency(text.LiveCount, text.Count(text.FindTerm(term)))))
        {
            Assert.Empty(page.Hits);
            return page;
        }

        var scores = Cosines(page.Snapshot, query, vector);
        Assert.All(page.Hits, hit => Assert.Equal(scores[hit.Row], hit.Vector.Score, Quantised));
        Assert.All(page.Hits, static hit => Assert.True(hit.Vector.Score > ByChance));
        var last = page.Hits.Count == query.Limit ? page.Hits[^1].Vector.Score : ByChance;
        var found = page.Hits.Select(static hit => hit.Row).ToHashSet();
        Assert.DoesNotContain(scores, score => score.Value > last + (2 * Quantised) && !found.Contains(score.Key));
        return page;
    }

    private static Dictionary<int, double> Cosines(Snapshot snapshot, SearchQuery query, float[] vector)
    {
        var (scores, buffer, other) = (new Dictionary<int, double>(), new byte[EmbeddedText.MaxBytes], new float[HashingModel.Dimensions]);
        foreach (var row in Alive(snapshot).Where(row => snapshot.Concept(row).Exists(query.Now)))
        {
            if (HashingModel.TryEmbed(snapshot.Concept(row).WriteTextWithoutLabels(buffer), snapshot.Settings.Language, other))
            {
                scores.Add(row, NaiveVectors.Score(vector, other, VectorMetric.Cosine));
            }
        }

        return scores;
    }

    private static Dictionary<int, float[]> Vectors(Snapshot snapshot, SearchQuery query)
    {
        var vectors = new Dictionary<int, float[]>();
        foreach (var row in Alive(snapshot).Where(row => snapshot.Concept(row).Exists(query.Now) && snapshot.Concept(row).VectorDimensions == query.Vector!.Length))
        {
            var vector = new float[query.Vector!.Length];
            snapshot.Concept(row).CopyVector(vector);
            vectors.Add(row, vector);
        }

        return vectors;
    }

    private static IEnumerable<int> Alive(Snapshot snapshot) => Enumerable.Range(0, snapshot.ConceptRows).Where(row => snapshot.Concept(row).IsAlive);
}
