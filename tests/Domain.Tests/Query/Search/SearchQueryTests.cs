using System.Text;
using Cairn.Domain.Tests.Reconciliation;
using Cairn.Formats;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Query;
using Cairn.Query.Search;
using Cairn.Snapshots;
using Cairn.Snapshots.Derived;

namespace Cairn.Domain.Tests.Query.Search;

/// <summary>How the rankings of a search become one list, and how that is cut into pages.</summary>
public sealed class SearchQueryTests
{
    private readonly ReplayHarness _replay = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void Hits_WhenRanksAreFused_HaveTheSumOfTheirShares() => Properties.CheckRandom(60, random =>
    {
        var snapshot = RandomSpace(random, random.Next(5, 250));
        var query = RandomQuery(random, snapshot) with { Limit = SearchQuery.MaxLimit };

        var hits = Search(query, snapshot).Hits;

        var expected = new Dictionary<int, double>();
        foreach (var (weight, ranking) in Rankings(query, snapshot))
        {
            for (var i = 0; i < ranking.Count; i++)
            {
                expected[ranking[i].Row] = expected.GetValueOrDefault(ranking[i].Row) + (weight * 61 / (61 + i));
            }
        }

        Assert.Equal(expected.OrderByDescending(static each => each.Value).Select(static each => Math.Round(each.Value, 9)), hits.Select(static hit => Math.Round(hit.Score, 9)));
        Assert.All(hits, hit => Assert.Equal(expected[hit.Row], hit.Score, 9));
    });

    [Fact]
    public void Pages_WhenFollowed_GiveEachHitOnceAndTheFirstOnesFirst() => Properties.CheckRandom(25, random =>
    {
        var snapshot = RandomSpace(random, random.Next(50, 1500));
        var query = RandomQuery(random, snapshot) with { Limit = random.Next(1, 40), Diversity = random.Next(2) * 0.3 };

        var rows = Follow(query, snapshot, hits => random.Next(3) == 0 ? random.Next(hits + 1) : hits);
        var all = Follow(query with { Limit = SearchQuery.MaxLimit }, snapshot, static hits => hits);

        Assert.Equal(rows.Count, rows.Distinct().Count());
        Assert.Equal(all.Order(), rows.Order());
        Assert.Equal(Search(query, snapshot).Hits.Select(static hit => hit.Row), rows.Take(Search(query, snapshot).Hits.Count));
    });

    [Fact]
    public void Near_WhenAssociationsAreStrongOrWeak_RanksByTheBestWalk()
    {
        _replay.Commit(writer =>
        {
            foreach (var id in new[] { "a", "b", "c", "d", "alone" })
            {
                Put(writer, id, "");
            }

            Associate(writer, "a", "b", 0.25f);
            Associate(writer, "c", "a", 1);
            Associate(writer, "c", "b", 1);
            Associate(writer, "b", "d", 1);
        });
        var snapshot = _replay.Publish();
        var query = new SearchQuery { Now = _replay.Now, Near = [Row(snapshot, "a")] };

        Assert.Equal([("c", 0.5), ("b", 0.125)], Near(query, snapshot));
        Assert.Equal([("c", 0.5), ("b", 0.25), ("d", 0.0625)], Near(query with { Hops = 2 }, snapshot));
        Assert.Equal([("c", 0.5), ("b", 0.25), ("d", 0.125)], Near(query with { Hops = 3 }, snapshot));
        Assert.Equal([("b", 0.5), ("d", 0.25)], Near(query with { Hops = 2, Near = [Row(snapshot, "a"), Row(snapshot, "c")] }, snapshot));
    }

    [Fact]
    public void Weighted_WhenScoresAreFused_MeasuresTextByTheBest()
    {
        _replay.Commit(writer =>
        {
            Put(writer, "x", "red red red red");
            Put(writer, "y", "red and more and more and more blue words");
            Put(writer, "z", "green");
            Associate(writer, "z", "y", 1);
        });
        var snapshot = _replay.Publish();

        var hits = Search(
            new() { Now = _replay.Now, Text = "red"u8.ToArray(), Near = [Row(snapshot, "z")], Method = FusionMethod.Weighted, Weights = new(2, 1, 1) }, snapshot).Hits;

        Assert.Equal(["x", "y"], hits.Select(hit => Id(snapshot, hit.Row)));
        Assert.Equal(2, hits[0].Score, 12);
        Assert.Equal((2 * hits[1].Text.Score / hits[0].Text.Score) + 0.5, hits[1].Score, 12);
    }

    /// <summary>The built-in model's scores are cosines, whatever the space compares its own vectors by.</summary>
    [Theory]
    [InlineData(VectorMetric.L2)]
    [InlineData(VectorMetric.Dot)]
    [InlineData(VectorMetric.Cosine)]
    public void Weighted_WhenTheBuiltInModelFinds_MeasuresByTheCosine(VectorMetric metric)
    {
        _replay.System(FrameKind.Configuration, SettingsCodec.Write(_replay.State.Settings with { VectorMetric = metric }));
        _replay.Commit(writer =>
        {
            Put(writer, "x", "supersonic wings");
            Put(writer, "y", "supersonic wings and very much else that is not about them");
        });

        var hits = Search(
            new() { Now = _replay.Now, Text = "supersonic wings"u8.ToArray(), UsesBuiltInModel = true, Method = FusionMethod.Weighted, Weights = new(0, 1, 0) }, _replay.Publish()).Hits;

        Assert.Equal(2, hits.Count);
        Assert.All(hits, static hit => Assert.Equal(Math.Min(hit.Vector.Score, 1), hit.Score, 12));
        Assert.True(hits[0].Score > hits[1].Score);
    }

    [Fact]
    public void Near_WhenThereIsAHub_FollowsItInSlices()
    {
        _replay.Commit(writer => Put(writer, "hub", ""));
        for (var first = 0; first < 20_000; first += 5000)
        {
            _replay.Commit(writer =>
            {
                for (var i = first; i < first + 5000; i++)
                {
                    Put(writer, $"n{i}", "");
                    Associate(writer, "hub", $"n{i}", 1);
                }
            });
        }

        var snapshot = _replay.Publish();
        var query = new SearchQuery { Now = _replay.Now, Near = [Row(snapshot, "hub")], Hops = 2 };
        var scan = new NearScan<SearchFilter>(query, snapshot, new(query, snapshot, new()), 30_000);
        var (before, goesOn) = (0L, true);
        while (goesOn)
        {
            goesOn = scan.Step();
            Assert.InRange(scan.RowsVisited - before, 0, 4096);
            before = scan.RowsVisited;
        }

        Assert.Equal((20_000, 40_000), (scan.Result.Count, scan.RowsVisited));
    }

    [Fact]
    public void Boosts_WhenGiven_LiftWhatIsStrongCertainAndNew()
    {
        _replay.Commit(writer => Put(writer, "old", "red", strength: 0.5f, confidence: 0.25f));
        _replay.Now = _replay.Now.Plus(TimeSpan.FromDays(30));
        _replay.Commit(writer => Put(writer, "new", "red"));
        var snapshot = _replay.Publish();
        var query = new SearchQuery { Now = _replay.Now, Text = "red"u8.ToArray() };

        double[] Of(SearchBoosts boosts) => [.. Search(query with { Boosts = boosts }, snapshot).Hits.OrderBy(hit => Id(snapshot, hit.Row), StringComparer.Ordinal).Select(static hit => hit.Boost)];

        Assert.Equal([1, 1], Of(default));
        Assert.Equal([3, 2], Of(new(Strength: 2, 0, 0)));
        Assert.Equal([2, 1.25], Of(new(0, Confidence: 1, 0)));
        Assert.Equal([5, 3], Of(new(0, 0, Recency: 4)), static (x, y) => Math.Abs(x - y) < 1e-4);
        Assert.Equal("new", Id(snapshot, Search(query with { Boosts = new(1, 1, 1) }, snapshot).Hits[0].Row));
    }

    [Fact]
    public void Diversity_WhenAskedFor_PutsBackWhatIsLikeTheBest()
    {
        _replay.Commit(writer =>
        {
            Put(writer, "a1", "engine pistons valves");
            Put(writer, "a2", "engine pistons valves");
            Put(writer, "b", "engine sailing wind much longer text that ranks behind");
        });
        var snapshot = _replay.Publish();
        var query = new SearchQuery { Now = _replay.Now, Text = "engine"u8.ToArray() };

        string Order(double diversity) => string.Join(' ', Search(query with { Diversity = diversity }, snapshot).Hits.Select(hit => Id(snapshot, hit.Row)));

        Assert.Equal("a1 a2 b", Order(0));
        Assert.Equal("a1 b a2", Order(0.5));
        Assert.Equal("a1 b a2", Order(1));
    }

    [Fact]
    public void Diversity_WhenOnlyOneHasAVector_ComparesTheirTexts()
    {
        _replay.Commit(static writer =>
        {
            writer.Put(new Concept { Id = "a1", Content = "engine pistons valves", Vector = [1, 0] }, OnExists.Replace);
            writer.Put(new Concept { Id = "a2", Content = "engine pistons valves" }, OnExists.Replace);
            writer.Put(new Concept { Id = "b", Content = "engine sailing wind much longer text that ranks behind" }, OnExists.Replace);
        });
        var snapshot = _replay.Publish();

        var hits = Search(new() { Now = _replay.Now, Text = "engine"u8.ToArray(), Diversity = 0.5 }, snapshot).Hits;

        Assert.Equal("a1 b a2", string.Join(' ', hits.Select(hit => Id(snapshot, hit.Row))));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(4)]
    public void Place_WhenItIsNoneOfOurs_IsRefused(int bytes)
    {
        var snapshot = RandomSpace(new Random(1), 10);
        var place = Enumerable.Repeat((byte)9, Math.Max(bytes, 3)).ToArray();

        Assert.Equal("wrong-cursor", Assert.Throws<CairnException>(() => Search(new() { Now = _replay.Now, Text = "w1"u8.ToArray(), After = place }, snapshot)).Problem);
    }

    private static List<int> Follow(SearchQuery query, Snapshot snapshot, Func<int, int> use)
    {
        var rows = new List<int>();
        for (byte[]? place = []; place is not null;)
        {
            var page = Search(query with { After = place }, snapshot);
            var used = use(page.Hits.Count);
            rows.AddRange(page.Hits.Take(used).Select(static hit => hit.Row));
            place = page.PlaceAfter(used);
        }

        return rows;
    }

    private static SearchPage Search(SearchQuery query, Snapshot snapshot) => query.Start(snapshot).Run(Token);

    private static IEnumerable<(double Weight, IReadOnlyList<RankedRow> Ranking)> Rankings(SearchQuery query, Snapshot snapshot)
    {
        var filter = new SearchFilter(query, snapshot, new());
        var view = TextIndexes.Prepare(snapshot, exact: true).Run(Token).View;
        if (!query.Text.IsEmpty)
        {
            yield return (query.Weights.Text, new TextSearch<SearchFilter>(view, TextQuery.Parse(query.Text.Span, view.Language), Bm25.Default, snapshot.Ids, filter, SearchScan.WholeDepth).Run(Token));
        }

        yield return (query.Weights.Graph, new NearScan<SearchFilter>(query, snapshot, filter, SearchScan.WholeDepth).Run(Token));
    }

    private SearchQuery RandomQuery(Random random, Snapshot snapshot) => new()
    {
        Now = _replay.Now,
        Text = random.Next(4) == 0 ? ReadOnlyMemory<byte>.Empty : Encoding.UTF8.GetBytes($"w{random.Next(9)} w{random.Next(9)}"),
        Near = [.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => random.Next(snapshot.ConceptRows))],
        Hops = random.Next(1, 4),
        Labels = random.Next(3) == 0 ? ["l1"] : [],
        Weights = new(random.Next(1, 4), 1, random.Next(1, 4)),
    };

    private Snapshot RandomSpace(Random random, int concepts)
    {
        for (var first = 0; first < concepts; first += 100)
        {
            _replay.Commit(writer =>
            {
                for (var i = first; i < Math.Min(concepts, first + 100); i++)
                {
                    Put(writer, $"c{i}", string.Join(' ', Enumerable.Range(0, random.Next(1, 6)).Select(_ => $"w{random.Next(12)}")), label: $"l{random.Next(2)}");
                }
            });
        }

        _replay.Commit(writer =>
        {
            for (var i = 0; i < concepts; i++)
            {
                Associate(writer, $"c{random.Next(concepts)}", $"c{random.Next(concepts)}", random.NextSingle());
            }
        });
        return _replay.Publish();
    }

    private static IEnumerable<(string Id, double Score)> Near(SearchQuery query, Snapshot snapshot) => Search(query, snapshot).Hits.Select(hit => (Id(snapshot, hit.Row), hit.Graph.Score));

    private static void Put(CommitWriter writer, string id, string content, string? label = null, float strength = 1, float confidence = 1)
    {
        writer.BeginPut(Encoding.UTF8.GetBytes(id), OnExists.Replace);
        if (label is not null)
        {
            writer.BeginLabels();
            writer.Label(Encoding.UTF8.GetBytes(label));
            writer.EndLabels();
        }

        if (content.Length > 0)
        {
            writer.Content(Encoding.UTF8.GetBytes(content));
        }

        writer.Strength(strength);
        writer.Confidence(confidence);
        writer.EndOperation();
    }

    private static void Associate(CommitWriter writer, string source, string target, float strength)
    {
        writer.BeginAssociate(new(Encoding.UTF8.GetBytes(source), "t"u8, Encoding.UTF8.GetBytes(target), default), OnExists.Skip, MissingEndpoints.Fail);
        writer.Strength(strength);
        writer.EndOperation();
    }

    private static int Row(Snapshot snapshot, string id) => snapshot.FindConcept(Encoding.UTF8.GetBytes(id));

    private static string Id(Snapshot snapshot, int row) => Encoding.UTF8.GetString(snapshot.Concept(row).Id);
}
