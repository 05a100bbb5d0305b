using Cairn.Domain.Tests.Query.Search;
using Cairn.Formats.Segments;
using Cairn.Indexes;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Query.Search;
using Cairn.Vectors;

namespace Cairn.Domain.Tests.Vectors;

public sealed class StoredVectorsTests
{
    private const uint Index = 7;
    private static readonly ClusterCounts Few = new(60, 1);
    private static readonly KeyTable Ids = NewIds();
    private static readonly CancellationToken None = CancellationToken.None;

    [Theory]
    [InlineData(VectorMetric.Cosine)]
    [InlineData(VectorMetric.Dot)]
    [InlineData(VectorMetric.L2)]
    public void Open_WhenVectorsComeAndGo_IsAsAnIndexThatWasNeverStored(VectorMetric metric) => Properties.CheckRandom(25, random =>
    {
        var spec = new VectorSpec(random.Next(1, 80), metric);
        var (index, plain) = (new VectorIndex(spec, Few), new VectorIndex(spec, Few));
        var checkpoint = new VectorCheckpoint(Index, Few);
        var rows = new Dictionary<int, float[]>();
        for (var round = 0; round < 60; round++)
        {
            for (var i = random.Next(25); i > 0; i--)
            {
                Change([index, plain], rows, random);
            }

            if (index.WantsRebuild || random.Next(12) == 0)
            {
                (index, plain) = (index.Rebuild(index.Publish()).Run(), plain.Rebuild(plain.Publish()).Run());
            }

            if (random.Next(3) == 0)
            {
                checkpoint.Store(index.Publish());
                index = random.Next(2) == 0 ? checkpoint.Open(rows.Keys.DefaultIfEmpty().Max() + 1) : index;
            }

            Assert.Equal((plain.Count, plain.Clusters, plain.WantsRebuild), (index.Count, index.Clusters, index.WantsRebuild));
            var query = RandomVectors.Normal(random, spec.Dimensions);
            Assert.Equal(Search(plain.Publish(), query), Search(index.Publish(), query));
        }

        Assert.Equal(ViewContents.Of(rows, spec), ViewContents.Of(index.Publish()));
    });

    [Fact]
    public async Task WriteAsync_WhenStoredAgain_WritesWhatChanged()
    {
        var index = Filled(1_000, 32, new(1));
        var stored = await StoredVectorsWriter.WriteAsync(index.Publish(), null, Index, new VectorChunksInMemory(), None);
        var again = new VectorChunksInMemory();

        index.Remove(3);
        var removed = await StoredVectorsWriter.WriteAsync(index.Publish(), stored, Index, again, None);
        Assert.Empty(again.Added);
        Assert.Equal((1_000, 999), (stored.Count, removed.Count));

        index.Put(4, RandomVectors.Normal(new(2), 32));
        await StoredVectorsWriter.WriteAsync(index.Publish(), removed, Index, again, None);
        Assert.Equal([(new(SectionKind.Vectors, Index), 15), (new(SectionKind.VectorSlots, Index), 0)], again.Added);
    }

    [Fact]
    public async Task WriteAsync_WhenTheIndexIsDivided_WritesOneClusterAfterTheOther()
    {
        var index = Divided(out _);
        var chunks = new VectorChunksInMemory();

        var stored = await StoredVectorsWriter.WriteAsync(index.Publish(), null, Index, chunks, None);

        var written = chunks.Added.Where(static chunk => chunk.Section.Kind == SectionKind.Vectors).Select(static chunk => chunk.Number).ToList();
        Assert.Equal(written.OrderBy(number => stored.Blocks[number].Cluster).ThenBy(static number => number), written);
        Assert.Equal(stored.Sections(Index).Select(static section => section.Chunks), [chunks.AddedOf(SectionKind.Vectors), chunks.AddedOf(SectionKind.VectorSlots)]);
        Assert.Equal(stored.Sections(Index).Select(static section => section.Section), [new(SectionKind.Vectors, Index), new(SectionKind.VectorSlots, Index)]);
    }

    [Fact]
    public void Open_WhenNothingIsAskedYet_LoadsNothingAndStoresNothing()
    {
        var checkpoint = new VectorCheckpoint(Index, Few);
        checkpoint.Store(Divided(out _).Publish());

        var index = checkpoint.Open();
        var view = index.Publish();
        checkpoint.Store(view);

        Assert.Equal(6_000, view.Count);
        Assert.Empty(checkpoint.Chunks.Loaded);
        Assert.Empty(checkpoint.Chunks.Added);
        Assert.InRange(index.Bytes, 1, 6_000 * 48 / 2);
    }

    [Fact]
    public void Put_WhenTheIndexWasOpened_LoadsSlotsAndTheBlockThatIsWrittenOn()
    {
        var checkpoint = new VectorCheckpoint(Index, Few);
        checkpoint.Store(Divided(out _).Publish());
        var index = checkpoint.Open();

        index.Remove(17);
        Assert.Equal((0, checkpoint.Stored!.SlotChunks), (checkpoint.Chunks.LoadedOf(SectionKind.Vectors), checkpoint.Chunks.LoadedOf(SectionKind.VectorSlots)));

        index.Put(18, RandomVectors.Normal(new(8), 48));
        Assert.InRange(checkpoint.Chunks.LoadedOf(SectionKind.Vectors), 0, 1);
        Assert.Equal(5_999, index.Publish().Count);
    }

    [Fact]
    public void Put_WhenChunksCannotBeReadNow_IsDoneLater()
    {
        var checkpoint = new VectorCheckpoint(Index, Few);
        checkpoint.Store(Filled(300, 32, new(1)).Publish());
        var index = checkpoint.Open();
        checkpoint.Chunks.IsUnavailable = true;
        Assert.Equal(ErrorKind.Unavailable, Assert.Throws<CairnException>(() => index.Remove(5)).Kind);
        Assert.Equal(ErrorKind.Unavailable, Assert.Throws<CairnException>(() => ViewContents.Of(index.Publish())).Kind);

        checkpoint.Chunks.IsUnavailable = false;
        index.Remove(5);

        Assert.False(ViewContents.Of(index.Publish()).ContainsKey(5));
        Assert.Equal(299, index.Publish().Count);
    }

    [Fact]
    public void Search_WhenTheIndexIsDividedAndCold_LoadsWhatItLooksInto()
    {
        var checkpoint = new VectorCheckpoint(Index, Few);
        var warm = Divided(out var centres).Publish();
        checkpoint.Store(warm);
        var cold = checkpoint.Open().Publish();
        var search = Begin(cold, centres[3]);

        var hits = search.Run(default);

        Assert.Equal(Search(warm, centres[3]), Text(hits));
        Assert.Equal(0, checkpoint.Chunks.LoadedOf(SectionKind.VectorSlots));
        var keys = new float[cold.Clustering.Count];
        cold.Clustering.Rank(new VectorQuery(centres[3], cold.Spec).Encoded, keys);
        var looked = Enumerable.Range(0, keys.Length).OrderByDescending(cluster => keys[cluster]).Take(search.Probes).ToHashSet();
        Assert.InRange(search.Probes, 1, cold.Clustering.Count / 4);
        Assert.Equal(
            checkpoint.Stored!.Blocks.Index().Where(block => looked.Contains(block.Item.Cluster)).Select(static block => block.Index),
            checkpoint.Chunks.Loaded.Select(static chunk => chunk.Number).Order());

        Begin(cold, centres[3]).Run(default);
        Assert.Equal(checkpoint.Chunks.Loaded.Distinct().Count(), checkpoint.Chunks.Loaded.Count);
    }

    [Fact]
    public async Task WriteAsync_WhileTheWriterGoesOn_StoresTheVersion()
    {
        var random = new Random(4);
        var (index, rows, checkpoint) = (new VectorIndex(new(24, VectorMetric.L2), Few), new Dictionary<int, float[]>(), new VectorCheckpoint(Index, Few));
        for (var round = 0; round < 40; round++)
        {
            index = round % 10 == 9 ? index.Rebuild(index.Publish()).Run() : index;
            var view = index.Publish();
            var expected = ViewContents.Of(view);
            var stored = Task.Run(() => checkpoint.Store(view), TestContext.Current.CancellationToken);
            while (!stored.IsCompleted || rows.Count < 100)
            {
                Change([index], rows, random);
            }

            await stored;
            Assert.Equal(expected, ViewContents.Of(checkpoint.Peek(20_000).Publish()));
        }
    }

    [Fact]
    public void Lineage_WhenAnIndexIsWrittenAnewOrOpened_IsAnother()
    {
        var (index, checkpoint) = (Filled(10, 32, new(1)), new VectorCheckpoint(Index, Few));
        var view = index.Publish();
        checkpoint.Store(view);
        index.Put(11, RandomVectors.Normal(new(2), 32));

        Assert.Same(view.Lineage, index.Publish().Lineage);
        Assert.NotSame(view.Lineage, index.Rebuild(view).Run().Publish().Lineage);
        Assert.NotSame(view.Lineage, checkpoint.Open().Publish().Lineage);
    }

    [Fact]
    public void Bytes_WhenBlocksAreLoaded_CountThem()
    {
        var checkpoint = new VectorCheckpoint(Index, Few);
        var warm = Divided(out _);
        checkpoint.Store(warm.Publish());
        var index = checkpoint.Open();
        var before = index.Bytes;

        ViewContents.Of(index.Publish());
        index.Remove(6_000);

        Assert.InRange(index.Bytes - before, 6_000 * (64 + 12), 6_000 * (64 + 12 + 8));
        var loaded = index.Bytes;
        for (var row = 0; row < 6_000; row++)
        {
            index.Put(row, RandomVectors.Normal(new(row), 48));
        }

        Assert.InRange(index.Bytes - loaded, 6_000 * (64 + 12), 6_000 * (64 + 12) * 2);
    }

    [Fact]
    public void Read_WhenWritten_IsTheSame()
    {
        var checkpoint = new VectorCheckpoint(Index, Few);
        checkpoint.Store(Divided(out _).Publish());
        var bytes = checkpoint.Stored!.Write();

        var read = StoredVectors.Read(bytes);

        Assert.Equal(bytes, read.Write());
        Assert.Equal(checkpoint.Stored.Blocks, read.Blocks);
        Assert.Equal((checkpoint.Stored.Spec, checkpoint.Stored.Clustering.Division), (read.Spec, read.Clustering.Division));
    }

    private static VectorIndex Divided(out float[][] centres)
    {
        var random = new Random(11);
        float[][] some = centres = [.. Enumerable.Range(0, 40).Select(_ => RandomVectors.Normal(random, 48))];
        var index = new VectorIndex(new(48, VectorMetric.Cosine), new(500, 2));
        for (var row = 0; row < 6_000; row++)
        {
            index.Put(row, RandomVectors.About(random, some, 0.3));
        }

        return index.Rebuild(index.Publish()).Run();
    }

    private static VectorIndex Filled(int count, int dimensions, Random random)
    {
        var index = new VectorIndex(new(dimensions, VectorMetric.Cosine));
        for (var row = 0; row < count; row++)
        {
            index.Put(row, RandomVectors.Normal(random, dimensions));
        }

        return index;
    }

    private static void Change(VectorIndex[] indexes, Dictionary<int, float[]> rows, Random random)
    {
        var row = random.Next(random.Next(3) == 0 ? 20_000 : 150);
        if (random.Next(4) == 0)
        {
            Array.ForEach(indexes, index => index.Remove(row));
            rows.Remove(row);
        }
        else
        {
            rows[row] = RandomVectors.Normal(random, indexes[0].Spec.Dimensions);
            Array.ForEach(indexes, index => index.Put(row, rows[row]));
        }
    }

    private static KeyTable NewIds()
    {
        var ids = new KeyTable(new(3));
        while (ids.Count < 20_000)
        {
            ids.FindOrAdd(BitConverter.GetBytes(ids.Count));
        }

        return ids;
    }

    private static VectorSearch<NoOriginals, VectorSpace.Accepted> Begin(VectorView view, float[] query) =>
        new(view, new(query, view.Spec), default, Ids, new(null), 10, hasOriginals: false);

    private static string Search(VectorView view, float[] query) => Text(Begin(view, query).Run(default));

    private static string Text(IReadOnlyList<RankedRow> hits) => string.Join(' ', hits.Select(static hit => $"{hit.Row}:{hit.Score:R}"));
}
