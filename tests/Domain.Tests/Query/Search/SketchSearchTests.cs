using Cairn.Domain.Tests.Vectors;
using Cairn.Indexes;
using Cairn.Model;
using Cairn.Query.Search;
using Cairn.Vectors;

namespace Cairn.Domain.Tests.Query.Search;

public sealed class SketchSearchTests
{
    private const int Dimensions = 256;
    private const int Rows = 20_000;
    private static readonly VectorSpec Spec = new(Dimensions, VectorMetric.Cosine, isSketched: true);
    private static readonly KeyTable Ids = NewIds();
    private static readonly float[][] Vectors = NewVectors();
    private static readonly VectorView View = Fill(Enumerable.Range(0, Rows)).Publish();
    private static readonly float[][] Queries = [.. Enumerable.Range(0, 40).Select(static seed => RandomVectors.Sparse(new(seed + 1_000_000), Dimensions))];

    [Fact]
    public void Run_WhenVectorsAreMany_FindsNearlyAllThatALookAtAllFinds()
    {
        var (found, expected) = (0, 0);
        foreach (var query in Queries)
        {
            var search = Begin(query, 10);
            var (hits, all) = (search.Run(default), LookAtAll(query, 10, null));
            Assert.False(search.LooksAtAll);
            Assert.Equal(hits.OrderByDescending(static hit => hit.Score), hits);
            Assert.All(hits.Intersect(all), hit => Assert.True(hit.Score > 0));
            (found, expected) = (found + hits.Intersect(all).Count(), expected + all.Count);
        }

        Assert.Equal(400, expected);
        Assert.InRange(found, 380, 400);
    }

    [Fact]
    public void Run_WhenTheFilterAcceptsAPart_FindsOfThat()
    {
        var found = 0;
        foreach (var query in Queries)
        {
            var search = Begin(query, 10, static row => row % 4 == 1);
            var hits = search.Run(default);
            Assert.False(search.LooksAtAll);
            Assert.All(hits, static hit => Assert.Equal(1, hit.Row % 4));
            found += hits.Intersect(LookAtAll(query, 10, static row => row % 4 == 1)).Count();
        }

        Assert.InRange(found, 380, 400);
    }

    [Theory]
    [InlineData(10)]
    [InlineData(3_000)]
    public void Run_WhenTheFilterAcceptsNoneOfTheNearest_FindsAllThatItAccepts(int accepted)
    {
        foreach (var query in Queries)
        {
            var far = LookAtAll(query, Rows, null, float.NegativeInfinity).TakeLast(accepted).Select(static hit => hit.Row).ToHashSet();

            Assert.Equal(LookAtAll(query, 12, far.Contains, -2), Begin(query, 12, far.Contains, -2).Run(default));
            Assert.Empty(Begin(query, 12, far.Contains, 0.5f).Run(default));
        }
    }

    // A sample of rows, one of each block, promises more than there is.
    [Fact]
    public void Run_WhenTheFilterAcceptsWhatIsSampled_FindsAllThatItAccepts()
    {
        static bool IsFirst(int row) => row % 64 == row / 64 * 37 % 64;
        foreach (var query in Queries)
        {
            Assert.Equal(LookAtAll(query, 300, IsFirst, -2), Begin(query, 300, IsFirst, -2).Run(default));
        }

        Assert.Empty(Begin(Queries[0], 10, static _ => false, -2).Run(default));
    }

    [Fact]
    public void Run_WhenVectorsAreFew_LooksAtAll()
    {
        var view = Fill(Enumerable.Range(0, 500)).Publish();
        var search = new SketchSearch<VectorSpace.Accepted>(view, new(Queries[0], Spec), Ids, new(null), 10, -2);

        Assert.Equal(new VectorSearch<NoOriginals, VectorSpace.Accepted>(view, new(Queries[0], Spec), default, Ids, new(null), 10, hasOriginals: false).Run(default), search.Run(default));
        Assert.True(search.LooksAtAll);
    }

    [Fact]
    public void Run_WhenVectorsWereAddedInAnotherOrder_FindsTheSame()
    {
        int[] rows = [.. Enumerable.Range(0, Rows)];
        new Random(3).Shuffle(rows);
        var index = Fill(rows);
        Array.ForEach(rows[..5_000], row => index.Put(row, Vectors[row]));
        var other = index.Publish();

        Assert.All(Queries, query => Assert.Equal(
            Begin(query, 10).Run(default), new SketchSearch<VectorSpace.Accepted>(other, new(query, Spec), Ids, new(null), 10, 0).Run(default)));
    }

    [Fact]
    public void Run_WhenVectorsChange_FindsThoseOfTheVersion()
    {
        var index = Fill(Enumerable.Range(0, Rows));
        index.Put(7, Queries[0]);
        var with = index.Publish();
        index.Remove(7);
        index.Put(8, Queries[0]);
        var without = index.Publish();

        Assert.Equal((7, 8), (First(with), First(without)));

        int First(VectorView view) => new SketchSearch<VectorSpace.Accepted>(view, new(Queries[0], Spec), Ids, new(null), 10, 0).Run(default)[0].Row;
    }

    // Many equal ones, so that a sample says nothing of how many are as near.
    [Fact]
    public void Run_WhenVectorsAreEqual_FindsTheFirstById()
    {
        var index = new VectorIndex(Spec);
        for (var row = 0; row < Rows; row++)
        {
            index.Put(row, row % 3 == 0 ? Queries[1] : Vectors[row]);
        }

        var hits = new SketchSearch<VectorSpace.Accepted>(index.Publish(), new(Queries[1], Spec), Ids, new(null), 10, 0).Run(default);

        Assert.All(hits, static hit => Assert.Equal(0, hit.Row % 3));
        Assert.Equal(10, hits.Count);
        Assert.Equal(hits.OrderBy(static hit => VectorSpace.IdOf(hit.Row), StringComparer.Ordinal), hits);
    }

    [Fact]
    public async Task Run_WhenTheIndexWasStored_FindsTheSame()
    {
        var chunks = new VectorChunksInMemory();
        var stored = await StoredVectorsWriter.WriteAsync(View, null, 2, chunks, CancellationToken.None);
        var index = VectorIndex.Open(StoredVectors.Read(stored.Write()), chunks, 2);
        var opened = index.Publish();

        Assert.Equal(Spec, index.Spec);
        Assert.All(Queries, query => Assert.Equal(
            Begin(query, 10).Run(default), new SketchSearch<VectorSpace.Accepted>(opened, new(query, Spec), Ids, new(null), 10, 0).Run(default)));
        index.Put(9, Queries[0]);
        Assert.Equal(9, new SketchSearch<VectorSpace.Accepted>(index.Publish(), new(Queries[0], Spec), Ids, new(null), 10, 0).Run(default)[0].Row);
    }

    [Fact]
    public void Step_WhenThereIsMuchToDo_IsBounded()
    {
        var search = Begin(Queries[0], 300);
        var steps = 1;
        for (; search.Step(); steps++)
        {
        }

        Assert.True(steps > 1);
        Assert.Equal(300, search.Result.Count);
    }

    [Fact]
    public void Run_WhenVectorsAreLookedAt_AllocatesNothingForEach() =>
        Assert.InRange(AllocatedBytes.Least(static () => Begin(Queries[0], 10).Run(default)), 1, 16 * 1024);

    private static SketchSearch<VectorSpace.Accepted> Begin(float[] query, int limit, Func<int, bool>? accepts = null, float floor = 0) =>
        new(View, new(query, Spec), Ids, new(accepts), limit, floor);

    private static IReadOnlyList<RankedRow> LookAtAll(float[] query, int limit, Func<int, bool>? accepts, float floor = 0) =>
        new VectorSearch<NoOriginals, VectorSpace.Accepted>(View, new(query, Spec), default, Ids, new(accepts), limit, hasOriginals: false) { Floor = floor }.Run(default);

    private static VectorIndex Fill(IEnumerable<int> rows)
    {
        var index = new VectorIndex(Spec);
        foreach (var row in rows)
        {
            index.Put(row, Vectors[row]);
        }

        return index;
    }

    private static float[][] NewVectors()
    {
        var random = new Random(5);
        return [.. Enumerable.Range(0, Rows).Select(_ => RandomVectors.Sparse(random, Dimensions))];
    }

    private static KeyTable NewIds()
    {
        var ids = new KeyTable(new(3));
        while (ids.Count < Rows)
        {
            ids.FindOrAdd(System.Text.Encoding.UTF8.GetBytes(VectorSpace.IdOf(ids.Count)));
        }

        return ids;
    }
}
