using System.Numerics.Tensors;
using System.Text;
using Cairn.Benchmarks.Reporting;
using Cairn.Benchmarks.Vectors;
using Cairn.Benchmarks.Workload;
using Cairn.Query.Search;
using Cairn.Snapshots;
using Cairn.Snapshots.Derived;

namespace Cairn.Benchmarks.Search;

/// <summary>Searches of a space whose concepts have vectors: what is found is held against comparing all of them.</summary>
/// <param name="data">The concepts, each of one label.</param>
/// <param name="words">A search by words for each query.</param>
/// <param name="rounds">How often each figure is taken.</param>
internal sealed class VectorFigures(Dataset data, SearchQuery[] words, int rounds)
{
    private const int JudgedQueries = 100;
    private readonly VectorData _vectors = new(data.Concepts.Length, words.Length);

    public IEnumerable<Figure> Measure()
    {
        var count = data.Concepts.Length;
        yield return new("import with a vector each", count * 1e9 / Samples.Least(2, () => new ReplayedSpace().Load(data, _vectors)), Unit.PerSecond, new(20_000, double.NaN));
        var snapshot = new ReplayedSpace().Load(data, _vectors);
        SearchQuery[] near = [.. _vectors.Queries.Select((vector, i) => words[i] with { Text = default, Vector = vector })];
        SearchQuery[] labelled = [.. near.Select((search, i) => search with { Labels = [LabelOf(i)] })];
        yield return new("the index of the vectors, concepts a second", count * 1e9 / Samples.Least(1, () => Run(snapshot, near[0])), Unit.PerSecond, Target.None, "the first search waits for it");
        Wait(snapshot.Derived<VectorIndexing>());
        yield return new("bytes of it, a vector", snapshot.Derived<VectorIndexing>().Bytes / (double)count, Unit.Bytes, Target.None, $"beside {VectorData.Dimensions * sizeof(float)} B of the original");
        yield return Rate("by vector", snapshot, near, new(800, 1_500), $"recall {Recall(snapshot, near):N4}");
        yield return Rate("by vector, with one of eight labels", snapshot, labelled, new(1_000, 2_000), $"recall {Recall(snapshot, labelled):N4}");
        yield return Rate("by words and vector", snapshot, [.. near.Select((search, i) => search with { Text = words[i].Text })], new(700, 1_500));
        SearchQuery[] meant = [.. words.Select(static search => search with { UsesBuiltInModel = true })];
        yield return new("the index of the built-in model, concepts a second", count * 1e9 / Samples.Least(1, () => Run(snapshot, meant[0])), Unit.PerSecond, Target.None, "the first search waits for it");
        Wait(snapshot.Derived<HashedIndexing>());
        yield return new("bytes of it, a concept", snapshot.Derived<HashedIndexing>().Bytes / (double)count, Unit.Bytes, Target.None);
        yield return Rate("by words and the built-in model", snapshot, meant, Target.None);
    }

    private static IReadOnlyList<SearchHit> Run(Snapshot snapshot, SearchQuery query) => query.Start(snapshot).Run(CancellationToken.None).Hits;

    // Many vectors are divided on another thread.
    private static void Wait<TView>(DerivedIndex<TView> index)
        where TView : class => SpinWait.SpinUntil(() => !index.IsCompacting);

    private Figure Rate(string name, Snapshot snapshot, SearchQuery[] searches, Target target, string note = "") =>
        new($"{name}, first {searches[0].Limit}", searches.Length * 1e9 / Samples.Least(rounds, () => Array.ForEach(searches, search => Run(snapshot, search))), Unit.PerSecond, target, note);

    private string LabelOf(int query) => Encoding.UTF8.GetString(data.Concepts[query].Label);

    // The share of the nearest that is found.
    private double Recall(Snapshot snapshot, SearchQuery[] searches) => searches.Take(JudgedQueries).Average(search =>
    {
        var nearest = Enumerable.Range(0, data.Concepts.Length)
            .Where(row => search.Labels.Count == 0 || search.Labels.Contains(Encoding.UTF8.GetString(data.Concepts[row].Label)))
            .OrderByDescending(row => TensorPrimitives.Dot<float>(search.Vector, _vectors.Vector(row))).Take(search.Limit).ToArray();
        return Run(snapshot, search).Count(hit => nearest.Contains(hit.Row)) / (double)nearest.Length;
    });
}
