using Cairn.Domain.Tests.Query.Search;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Query.Search;
using Cairn.Vectors;

namespace Cairn.Domain.Tests.Vectors;

public sealed class VectorSketchesTests
{
    [Fact]
    public void Compare_WhenAVectorAsks_IsAboutItsCosine() => Properties.CheckRandom(30, static random =>
    {
        var spec = new VectorSpec(32 * random.Next(2, 32), VectorMetric.Cosine, isSketched: true);
        var index = new VectorIndex(spec);
        float[][] vectors = [.. Enumerable.Range(0, 64).Select(_ => RandomVectors.Sparse(random, spec.Dimensions))];
        for (var row = 0; row < vectors.Length; row++)
        {
            Assert.True(index.Put(row, vectors[row]));
        }

        var block = index.Publish().Block(0);
        var (query, keys) = (new SketchQuery(new VectorQuery(vectors[7], spec).Encoded), new float[64]);
        query.Compare(block.Sketches, float.NegativeInfinity, keys);

        // Keys are cosines in a unit of the query's own: that of the vector itself.
        var deviation = 2.5 / Math.Sqrt(spec.Dimensions);
        Assert.All(vectors.Index(), vector =>
            Assert.Equal(NaiveVectors.Score(vectors[7], vector.Item, VectorMetric.Cosine), keys[vector.Index] / keys[7], 0.1 + (2 * deviation)));
        var least = keys.Order().ElementAt(40);
        Assert.Equal(keys.Index().Where(key => key.Item >= least).Aggregate(0UL, static (bits, key) => bits | (1UL << key.Index)), query.Compare(block.Sketches, least, new float[64]));
    });

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(127)]
    public void Write_WhenComponentsAreAlike_TakesThem(int size)
    {
        var sketches = new VectorSketches(32);

        sketches.Write(63, [.. Enumerable.Range(0, 32).Select(i => (sbyte)(i % 2 == 0 ? size : -size))], 0.5f);

        Assert.Equal(size * 0.5f, sketches.Scales[63]);
        Assert.All(Enumerable.Range(0, 8), at => Assert.Equal(size == 0 ? 0x44 : 0x66, sketches.PointsOfSlots[(at * 64) + 63]));
    }

    [Fact]
    public void VectorSpec_WhenThereAreNoSketchesOfSuchVectors_IsRefused()
    {
        Assert.Throws<CairnException>(static () => new VectorSpec(32, VectorMetric.L2, isSketched: true));
        Assert.Throws<CairnException>(static () => new VectorSpec(SketchSums.MaxComponents + 1, VectorMetric.Cosine, isSketched: true));
    }

    [Fact]
    public void WantsRebuild_WhenSketchedVectorsAreMany_DoesNotDivideThem()
    {
        var index = new VectorIndex(new(32, VectorMetric.Cosine, isSketched: true), new(10, 1));
        for (var row = 0; row < 200; row++)
        {
            index.Put(row, RandomVectors.Normal(new(row), 32));
        }

        Assert.False(index.WantsRebuild);
        Assert.Equal(1, index.Rebuild(index.Publish()).Run().Clusters);
    }

    // Rows are in another order than slots, and many keys are equal.
    [Fact]
    public void Take_WhenSketchesAreOffered_IsTheNearestAndThenTheFirstRows() => Properties.CheckRandom(60, static random =>
    {
        var index = new VectorIndex(new(32, VectorMetric.Cosine, isSketched: true));
        int[] rows = [.. Enumerable.Range(0, random.Next(1, 500))];
        random.Shuffle(rows);
        Array.ForEach(rows, row => index.Put(row, RandomVectors.Normal(random, 32)));
        var (view, kinds) = (index.Publish(), random.Next(1, 300));
        float[] keys = [.. rows.Select(_ => (float)random.Next(kinds))];
        var least = random.Next(2) == 0 ? float.NegativeInfinity : random.Next(kinds);
        var count = random.Next(1, 60);
        using var nearest = new NearestSketches(view, count, least);
        for (var slot = 0; slot < rows.Length; slot++)
        {
            if (keys[slot] >= nearest.Least)
            {
                nearest.Offer(new(keys[slot], slot));
            }
        }

        var taken = nearest.Take().ToArray();

        var expected = Enumerable.Range(0, rows.Length).Where(slot => keys[slot] >= least).OrderByDescending(slot => keys[slot]).ThenBy(slot => rows[slot]).Take(count);
        Assert.Equal(expected.Order(), taken.Select(static slot => slot.Number).Order());
    });
}
