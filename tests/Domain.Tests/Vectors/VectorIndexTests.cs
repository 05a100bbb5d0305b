using Cairn.Model;
using Cairn.Vectors;

namespace Cairn.Domain.Tests.Vectors;

public sealed class VectorIndexTests
{
    // Divided early, so that few vectors show all that many do.
    private static readonly ClusterCounts Few = new(60, 1);

    [Theory]
    [InlineData(VectorMetric.Cosine)]
    [InlineData(VectorMetric.Dot)]
    [InlineData(VectorMetric.L2)]
    public void Publish_WhenVectorsComeAndGo_EachViewStaysAsItWas(VectorMetric metric) => Properties.CheckRandom(40, random =>
    {
        var spec = new VectorSpec(random.Next(1, 80), metric);
        var index = new VectorIndex(spec, Few);
        var rows = new Dictionary<int, float[]>();
        var views = new List<(VectorView View, SortedDictionary<int, string> Expected)>();
        for (var i = 0; i < 600; i++)
        {
            Change(index, rows, random);
            if (index.WantsRebuild || random.Next(100) == 0)
            {
                index = index.Rebuild(index.Publish()).Run();
            }

            if (random.Next(30) == 0)
            {
                views.Add((index.Publish(), ViewContents.Of(rows, spec)));
            }
        }

        Assert.All(views, static version => Assert.Equal(version.Expected, ViewContents.Of(version.View)));
    });

    [Fact]
    public void Put_WhenAVectorCannotBeCompared_TheRowHasNone()
    {
        var index = new VectorIndex(new(2, VectorMetric.Cosine));
        float[][] refused = [[0, 0], [-0f, 0], [1, float.NaN], [float.PositiveInfinity, 1], [1], [1, 2, 3], []];
        foreach (var vector in refused)
        {
            Assert.True(index.Put(7, [1, 2]));
            Assert.False(index.Put(7, vector));
            Assert.Empty(ViewContents.Of(index.Publish()));
        }
    }

    [Theory]
    [InlineData(VectorMetric.Dot)]
    [InlineData(VectorMetric.L2)]
    public void Put_WhenAVectorIsZeroAndHasAPlace_IsTaken(VectorMetric metric) => Assert.True(new VectorIndex(new(2, metric)).Put(0, [0, 0]));

    [Fact]
    public void TryFind_WhenTheWriterHasGoneOn_FindsWhatIsOfTheVersionOrNothing() => Properties.CheckRandom(40, static random =>
    {
        var (index, rows) = (new VectorIndex(new(24, VectorMetric.Cosine)), new Dictionary<int, float[]>());
        for (var i = 0; i < 200; i++)
        {
            Change(index, rows, random);
        }

        var (view, expected) = (index.Publish(), ViewContents.Of(rows, index.Spec));
        Assert.All(rows.Keys, row => Assert.True(view.TryFind(row, out _, out _)));
        var changed = new HashSet<int>();
        for (var i = 0; i < 200; i++)
        {
            var row = random.Next(200);
            changed.Add(row);
            _ = random.Next(2) == 0 ? index.Put(row, RandomVectors.Normal(random, 24)) : Remove(index, row);
        }

        for (var row = 0; row < 25_000; row++)
        {
            if (view.TryFind(row, out var block, out var slot))
            {
                Assert.Equal(expected[row], ViewContents.Text(block.Codes(slot), block[slot].Scale, block[slot].Offset));
            }
            else
            {
                Assert.True(changed.Contains(row) || !expected.ContainsKey(row));
            }
        }

        static bool Remove(VectorIndex index, int row)
        {
            index.Remove(row);
            return true;
        }
    });

    [Fact]
    public void Rebuild_WhenDoneTwice_DividesAlike()
    {
        Assert.Equal(Divide(), Divide());

        static string Divide()
        {
            var index = new VectorIndex(new(16, VectorMetric.Cosine), Few);
            PutAll(index, [], new(5), 2_000);
            index = index.Rebuild(index.Publish()).Run();
            var view = index.Publish();
            return string.Join(';', Enumerable.Range(0, view.Clustering.Count).Select(cluster => RowsOf(view, cluster)));
        }
    }

    [Fact]
    public void WantsRebuild_WhenMostSlotsAreDead_LeavesThemOut()
    {
        var (random, rows) = (new Random(2), new Dictionary<int, float[]>());
        var index = new VectorIndex(new(64, VectorMetric.Cosine));
        while (!index.WantsRebuild)
        {
            PutAll(index, rows, random, 1_000);
        }

        var before = index.Bytes;
        index = index.Rebuild(index.Publish()).Run();

        Assert.InRange(index.Bytes, 1, before / 3);
        Assert.Equal(ViewContents.Of(rows, index.Spec), ViewContents.Of(index.Publish()));
        Assert.False(index.WantsRebuild);
    }

    [Fact]
    public void WantsRebuild_WhenVectorsAreFourTimesAsMany_DividesAnew()
    {
        var index = new VectorIndex(new(8, VectorMetric.Cosine), Few);
        PutAll(index, [], new(3), 100);
        index = index.Rebuild(index.Publish()).Run();
        var before = index.Clusters;
        PutAll(index, [], new(4), 300);
        Assert.False(index.WantsRebuild);

        PutAll(index, [], new(4), 500);
        index = index.Rebuild(index.Publish()).Run();

        Assert.Equal((Few.For(100), Few.For(500)), (before, index.Clusters));
    }

    [Fact]
    public void WantsRebuild_WhenVectorsGatherInOneCluster_DividesAnew()
    {
        var index = new VectorIndex(new(8, VectorMetric.Cosine), Few);
        PutAll(index, [], new(3), 1_000);
        index = index.Rebuild(index.Publish()).Run();
        var random = new Random(9);
        for (var row = 0; row < 1_000; row++)
        {
            index.Put(row, RandomVectors.About(random, [[1, 2, 3, 4, 5, 6, 7, 8]], 0.01));
        }

        Assert.True(index.WantsRebuild);
        index = index.Rebuild(index.Publish()).Run();
        Assert.False(index.WantsRebuild);
    }

    // 80 KB of slots a block, and what a publish copies.
    [Fact]
    public void Publish_WhenFewVectorsChanged_CopiesLittle()
    {
        var index = new VectorIndex(new(64, VectorMetric.Cosine));
        PutAll(index, [], new(3), 20_000);
        index.Publish();
        var vector = RandomVectors.Normal(new(1), 64);

        var bytes = AllocatedBytes.Least(() =>
        {
            index.Put(5, vector);
            index.Publish();
        });

        Assert.InRange(bytes, 0, 16 * 1024);
    }

    private static void PutAll(VectorIndex index, Dictionary<int, float[]> rows, Random random, int count)
    {
        for (var row = 0; row < count; row++)
        {
            index.Put(row, rows[row] = RandomVectors.Normal(random, index.Spec.Dimensions));
        }
    }

    private static void Change(VectorIndex index, Dictionary<int, float[]> rows, Random random)
    {
        var row = random.Next(random.Next(3) == 0 ? 20_000 : 150);
        if (random.Next(4) == 0)
        {
            index.Remove(row);
            rows.Remove(row);
        }
        else
        {
            index.Put(row, rows[row] = RandomVectors.Normal(random, index.Spec.Dimensions));
        }
    }

    private static string RowsOf(VectorView view, int cluster)
    {
        var rows = new List<int>();
        foreach (var block in view.Blocks(cluster))
        {
            for (var slot = 0; block is not null && slot < block.Capacity; slot++)
            {
                if ((view.LiveIn(block) >> slot & 1) != 0)
                {
                    rows.Add(block[slot].Row);
                }
            }
        }

        return string.Join(',', rows);
    }
}
