using Cairn.Benchmarks.Reporting;
using Cairn.Benchmarks.Workload;
using Cairn.Query.Search;
using Cairn.Snapshots;
using Cairn.Snapshots.Derived;
using Cairn.Text;

namespace Cairn.Benchmarks.Search;

/// <summary>Searches over the concepts of the benchmarks, by words and by vectors: how fast, how near to looking at everything, what the indexes take, and what they cost those who write.</summary>
internal sealed class SearchCommand
{
    private const int Limit = 10;
    private const int QueryCount = 300;
    private const int Commits = 2_000;
    private readonly Dataset _data;
    private readonly SearchQueries _queries;
    private readonly SearchQuery[] _searches;
    private readonly int _rounds;

    private SearchCommand(int concepts, int rounds)
    {
        (_data, _rounds) = (new(new Dataset(concepts), associations: 0), rounds);
        _queries = new(_data, QueryCount);
        _searches = _queries.Searches(Limit);
    }

    public static int Run(bool quick)
    {
        ThreadClock.UseCpuTime();
        Console.WriteLine(Hardware.Line());
        return FigureTable.Print(Console.Out, [.. new SearchCommand(quick ? 10_000 : 100_000, quick ? 3 : 9).Measure()]) ? 0 : 2;
    }

    private IEnumerable<Figure> Measure()
    {
        var count = _data.Concepts.Length;
        var space = new ReplayedSpace();
        var snapshot = space.Load(_data);
        var build = Samples.Least(3, () => Build(snapshot));
        Search(snapshot, _searches[0]);
        yield return Of("building the index, concepts a second", Unit.PerSecond, count * 1e9 / build, Target.None, $"{count:N0} concepts: the first search waits for it");
        yield return Of("bytes of the index, a concept", Unit.Bytes, snapshot.Derived<TextIndexing>().Bytes / (double)count, Target.None, $"texts of {_data.Concepts.Average(static concept => concept.ContentBytes):N0} bytes");
        yield return Of($"two or three words, any of them, first {Limit}", Unit.PerSecond, Rate(snapshot), new(1_500, 3_000), $"{QueryCount} queries");
        yield return Of($"share of the exhaustive first {Limit} that is missing", Unit.Ratio, Enumerable.Range(0, QueryCount).Average(query => Missing(snapshot, query)), new(0.01, 0));
        var plain = new ReplayedSpace();
        plain.Load(_data);
        yield return Of("commit of one concept, applied and published", Unit.Microseconds, TimeCommits(plain) / 1e3, Target.None, "never searched");
        yield return Of("the same, searched", Unit.Microseconds, TimeCommits(space) / 1e3, Target.None, "the index is brought along");
        yield return Of($"the same queries after {Commits:N0} of those", Unit.PerSecond, Rate(space.Publish()), new(1_500, double.NaN), "some documents are no longer current");
        yield return Of("import, never searched", Unit.PerSecond, count * 1e9 / Samples.Least(3, () => Import(isSearched: false)), new(50_000, double.NaN));
        yield return Of("import, searched at its beginning", Unit.PerSecond, count * 1e9 / Samples.Least(3, () => Import(isSearched: true)), new(50_000, double.NaN));
        foreach (var figure in new VectorFigures(_data, _searches, _rounds).Measure())
        {
            yield return figure;
        }
    }

    private static Figure Of(string name, Unit unit, double value, Target target, string note = "") => new(name, value, unit, target, note);

    private static void Build(Snapshot snapshot)
    {
        var index = snapshot.Derived<TextIndexing>();
        var work = new CatchUp<TextView>(index.NewIndexer(snapshot), null, snapshot, []);
        while (work.Step(int.MaxValue, DerivedIndex<TextView>.BytesPerSlice))
        {
        }

        work.Index.Publish();
    }

    private void Import(bool isSearched)
    {
        var space = new ReplayedSpace();
        if (isSearched)
        {
            Search(space.Publish(), _searches[0]);
        }

        space.Load(_data);
    }

    // The median of commits that each rewrite one concept with the text of another.
    private double TimeCommits(ReplayedSpace space)
    {
        var (frames, other) = (new List<byte[]>(), new GeneratedConcept());
        var generator = new ConceptGenerator(Dataset.Seed);
        var writer = new Cairn.Formats.CommitWriter(default);
        for (var i = 0; i < Commits; i++)
        {
            generator.Generate(_data.Concepts.Length + i, other);
            GeneratedConcept.WriteId(i * 31 % _data.Concepts.Length, other.Id);
            CommitFeed.Begin(writer);
            CommitFeed.Put(writer, other, ConceptParts.All);
            frames.Add(space.Stamp(writer.Finish()));
        }

        return Samples.Median(frames.ConvertAll(frame => (double)Samples.Least(1, () =>
        {
            space.Apply(frame);
            space.Publish();
        })));
    }

    private double Rate(Snapshot snapshot) => QueryCount * 1e9 / Samples.Least(_rounds, () => Array.ForEach(_searches, search => Search(snapshot, search)));

    private double Missing(Snapshot snapshot, int query)
    {
        var expected = _queries.Exhaustive(_queries.Words[query], Limit).ToList();
        return expected.Except(Search(snapshot, _searches[query]).Hits.Select(static hit => hit.Row)).Count() / (double)expected.Count;
    }

    private static SearchPage Search(Snapshot snapshot, SearchQuery query) => query.Start(snapshot).Run(CancellationToken.None);
}
