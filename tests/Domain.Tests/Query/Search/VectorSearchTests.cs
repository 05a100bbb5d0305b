using Cairn.Domain.Tests.Vectors;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Vectors;

namespace Cairn.Domain.Tests.Query.Search;

public sealed class VectorSearchTests
{
    private static readonly ClusterCounts Divided = new(500, 2);

    [Theory]
    [InlineData(VectorMetric.Cosine)]
    [InlineData(VectorMetric.Dot)]
    [InlineData(VectorMetric.L2)]
    public void Run_WhenTheIndexIsNotDivided_FindsTheNearest(VectorMetric metric) => Properties.CheckRandom(40, random =>
    {
        var space = new VectorSpace(random.Next(1, 70), metric);
        for (var i = 0; i < 300; i++)
        {
            space.Put(random.Next(250), RandomVectors.Normal(random, space.Index.Spec.Dimensions));
            space.Remove(random.Next(250));
        }

        var query = RandomVectors.Normal(random, space.Index.Spec.Dimensions);
        var wanted = random.Next(1, 15);
        var hits = space.Search(query, wanted, static row => row % 3 != 1);

        // In one dimension all cosines are alike, but for the last bit: scores tell whether as near ones were found.
        double ScoreOf(int row) => NaiveVectors.Score(query, space.Vectors[row], metric);
        var nearest = space.Nearest(query, wanted, static row => row % 3 != 1);
        Assert.Equal(nearest.Length, hits.DistinctBy(static hit => hit.Row).Count());
        Assert.All(hits.Zip(nearest), pair => Assert.Equal(ScoreOf(pair.Second), pair.First.Score, 1e-4));
        Assert.All(hits, hit => Assert.True(hit.Row % 3 != 1 && Math.Abs(ScoreOf(hit.Row) - hit.Score) < 1e-4));
    });

    [Theory]
    [InlineData(VectorMetric.Cosine, 0.3, 0.97)]
    [InlineData(VectorMetric.L2, 0.3, 0.97)]
    [InlineData(VectorMetric.Dot, 0.3, 0.95)]
    [InlineData(VectorMetric.Cosine, 3, 0.95)] // Hardly any clusters.
    public void Run_WhenTheIndexIsDivided_FindsNearlyAllOfTheNearest(VectorMetric metric, double noise, double least)
    {
        var random = new Random(11);
        float[][] centres = [.. Enumerable.Range(0, 40).Select(_ => RandomVectors.Normal(random, 48))];
        var space = Fill(new(48, metric, Divided), 6_000, () => RandomVectors.About(random, centres, noise));

        float[][] queries = [.. Enumerable.Range(0, 30).Select(_ => RandomVectors.About(random, centres, noise))];

        Assert.True(space.Index.Clusters > 100);
        Assert.InRange(space.Recall(queries, 10), least, 1);
        Assert.InRange(space.Recall(queries, 50), least, 1);
        Assert.InRange(space.Recall(queries, 10, static row => row % 7 == 0), 0.97, 1);
        Assert.InRange(space.Recall(queries, 10, static row => row % 100 == 0), 0.97, 1);
    }

    [Fact]
    public void Run_WhenTheIndexIsDivided_LooksIntoFewClusters()
    {
        var random = new Random(11);
        float[][] centres = [.. Enumerable.Range(0, 40).Select(_ => RandomVectors.Normal(random, 48))];
        var space = Fill(new(48, VectorMetric.Cosine, Divided), 6_000, () => RandomVectors.About(random, centres, 0.3));

        var search = space.Begin(centres[3], 10);
        search.Run(default);

        Assert.InRange(search.Probes, 1, space.Index.Clusters / 4);
        Assert.InRange(search.RowsVisited, 10, 2_000);
    }

    [Fact]
    public void Run_WhenTheFilterAcceptsFewerThanWanted_FindsThemAll()
    {
        var random = new Random(4);
        var space = Fill(new(16, VectorMetric.Cosine, Divided), 3_000, () => RandomVectors.Normal(random, 16));
        int[] accepted = [1_700, 5, 2_999];

        var hits = space.Search(RandomVectors.Normal(random, 16), 10, accepted.Contains);

        Assert.Equal(accepted.Order(), hits.Select(static hit => hit.Row).Order());
        Assert.Empty(space.Search(RandomVectors.Normal(random, 16), 10, static _ => false));
    }

    [Fact]
    public void Run_WhenScoresAreEqual_IsInByteOrderOfTheIds()
    {
        var space = Fill(new(8, VectorMetric.L2, Divided), 400, static () => [1, 2, 3, 4, 5, 6, 7, 8]);
        float[] query = [1, 1, 1, 1, 1, 1, 1, 1];

        var hits = space.Search(query, 20);

        Assert.Equal(space.Nearest(query, 20), hits.Select(static hit => hit.Row));
    }

    [Fact]
    public void Run_WhenOriginalsAreGone_LeavesTheirRowsOut()
    {
        var index = new VectorIndex(new(2, VectorMetric.Cosine));
        index.Put(0, [1, 0]);
        index.Put(1, [0, 1]);
        var ids = new Cairn.Indexes.KeyTable(new(3));
        ids.FindOrAdd("a"u8);
        ids.FindOrAdd("b"u8);
        var source = new VectorsByRow(new Dictionary<int, float[]> { [1] = [0, 1] });

        var hits = new Cairn.Query.Search.VectorSearch<VectorsByRow, VectorSpace.Accepted>(
            index.Publish(), new([1, 0], index.Spec), source, ids, new(null), 5).Run(default);

        Assert.Equal([1], hits.Select(static hit => hit.Row));
    }

    [Fact]
    public void Step_WhenThereIsMuchToDo_IsBounded()
    {
        var random = new Random(4);
        var space = Fill(new(1024, VectorMetric.Dot), 6_000, () => [.. Enumerable.Range(0, 1024).Select(_ => (float)random.NextDouble())]);
        var search = space.Begin(RandomVectors.Normal(random, 1024), 1_000);
        var steps = 1;
        for (var before = 0L; search.Step(); steps++)
        {
            Assert.InRange(search.RowsVisited - before, 0, 20_000);
            before = search.RowsVisited;
        }

        Assert.True(steps > 1);
        Assert.Equal(1_000, search.Result.Count);
    }

    [Fact]
    public void Run_WhenMoreVectorsAreLookedAt_AllocatesNoMore()
    {
        var random = new Random(4);
        var space = new VectorSpace(32, VectorMetric.Cosine);
        var query = RandomVectors.Normal(random, 32);
        Fill(space, 500, () => RandomVectors.Normal(random, 32));
        var few = Allocated();
        Fill(space, 5_000, () => RandomVectors.Normal(random, 32));

        Assert.InRange(Allocated() - few, -64, 64);

        long Allocated() => AllocatedBytes.Least(() => space.Search(query, 10));
    }

    [Theory]
    [InlineData(VectorMetric.Cosine, new float[] { 0, 0 })]
    [InlineData(VectorMetric.Cosine, new[] { 1, float.NaN })]
    [InlineData(VectorMetric.Dot, new[] { 1, float.PositiveInfinity })]
    [InlineData(VectorMetric.L2, new float[] { 1, 2, 3 })]
    public void VectorQuery_WhenItCannotBeCompared_IsRefused(VectorMetric metric, float[] query)
    {
        var failure = Assert.Throws<CairnException>(() => new VectorQuery(query, new(2, metric)));

        Assert.Equal(ErrorKind.Invalid, failure.Kind);
    }

    [Theory]
    [InlineData(VectorMetric.Cosine)]
    [InlineData(VectorMetric.Dot)]
    [InlineData(VectorMetric.L2)]
    public void Run_WhenVectorsAreAsGreatOrSmallAsTheyGet_ScoresAreNumbers(VectorMetric metric)
    {
        var space = new VectorSpace(2, metric);
        float[] sizes = [1e-45f, 1e-30f, 1, 1e30f, float.MaxValue];
        for (var row = 0; row < 2 * sizes.Length; row++)
        {
            space.Put(row, row % 2 == 0 ? [sizes[row / 2], 0] : [0, -sizes[row / 2]]);
        }

        foreach (var size in sizes)
        {
            var hits = space.Search([size, 0], 10);
            Assert.Equal(10, hits.Count);
            Assert.All(hits, hit => Assert.Equal(NaiveVectors.Score([size, 0], space.Vectors[hit.Row], metric), hit.Score, Math.Abs(hit.Score) * 1e-5));
            Assert.Equal(hits.OrderByDescending(static hit => hit.Score).Select(static hit => hit.Score), hits.Select(static hit => hit.Score));
        }
    }

    [Fact]
    public void ListedSearch_WhenRowsAreGiven_ComparesJustThose() => Properties.CheckRandom(40, static random =>
    {
        var space = new VectorSpace(random.Next(3, 40), VectorMetric.Cosine);
        Fill(space, 100, () => RandomVectors.Normal(random, space.Index.Spec.Dimensions));
        space.Remove(3);
        var query = RandomVectors.Normal(random, space.Index.Spec.Dimensions);
        int[] rows = [.. Enumerable.Range(0, 120).Where(_ => random.Next(3) == 0)];

        Assert.Equal(space.Nearest(query, 7, rows.Contains), space.SearchListed(query, 7, rows).Select(static hit => hit.Row));
    });

    private static VectorSpace Fill(VectorSpace space, int count, Func<float[]> draw)
    {
        for (var row = 0; row < count; row++)
        {
            space.Put(row, draw());
        }

        space.RebuildIfWanted();

        return space;
    }
}
