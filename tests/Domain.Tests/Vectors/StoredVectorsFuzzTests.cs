using Cairn.Model;
using Cairn.Primitives;
using Cairn.Vectors;

namespace Cairn.Domain.Tests.Vectors;

/// <summary>Whatever bytes a stored index is read from, it is read or Corrupt; what was read can be searched, changed and stored, or is Corrupt when it is loaded.</summary>
public sealed class StoredVectorsFuzzTests
{
    private const uint Index = 0;
    private const int Rows = 150;
    private static readonly VectorSpec Spec = new(5, VectorMetric.L2);

    [Fact]
    public void Read_WhenTruncatedOrLonger_IsCorrupt()
    {
        var (state, _) = Store();
        for (var length = 0; length < state.Length; length++)
        {
            IsCorrupt(() => StoredVectors.Read(state.AsSpan(0, length)));
        }

        IsCorrupt(() => StoredVectors.Read([.. state, 0]));
    }

    [Fact]
    public void Read_WhenBytesAreRandom_IsCorrupt() => Properties.CheckRandom(3_000, static random =>
    {
        var bytes = new byte[random.Next(400)];
        random.NextBytes(bytes);
        IsCorrupt(() => StoredVectors.Read(bytes));
        bytes.AsSpan(0, Math.Min(8, bytes.Length)).Clear();
        bytes.AsSpan(0, Math.Min(1, bytes.Length)).Fill(1);
        IsCorrupt(() => StoredVectors.Read(bytes));
    });

    [Fact]
    public void Read_WhenMutated_IsCorruptOrWritesTheSameAndCanBeOpened()
    {
        var (state, chunks) = Store();
        var read = 0;
        for (var seed = 0; seed < 6_000; seed++)
        {
            var random = new Random(seed);
            byte[] mutated = [.. state];
            for (var i = random.Next(1, 4); i > 0; i--)
            {
                mutated[random.Next(random.Next(2) == 0 ? 32 : mutated.Length)] = (byte)random.Next(random.Next(2) == 0 ? 3 : 256);
            }

            OnlyCorrupt(() =>
            {
                var stored = StoredVectors.Read(mutated);
                read++;
                Assert.Equal(mutated, stored.Write());
                UseAll(stored, chunks);
            });
        }

        Assert.InRange(read, 500, 5_500);
    }

    [Fact]
    public void Load_WhenChunksAreMutated_ThrowsOnlyCorrupt()
    {
        var (state, chunks) = Store();
        var stored = StoredVectors.Read(state);
        var names = stored.Sections(Index).SelectMany(static section => Enumerable.Range(0, section.Chunks).Select(number => (section.Section, number))).ToArray();
        var used = 0;
        for (var seed = 0; seed < 4_000; seed++)
        {
            var (random, copy) = (new Random(seed), chunks.Clone());
            var (section, number) = names[random.Next(3) == 0 ? names.Length - 1 : random.Next(names.Length)];
            var raw = copy[section, number];
            raw[random.Next(raw.Length)] = (byte)random.Next(256);
            copy[section, number] = [.. raw[..(random.Next(4) == 0 ? random.Next(raw.Length) : raw.Length)], .. new byte[random.Next(5) == 0 ? random.Next(20) : 0]];
            OnlyCorrupt(() =>
            {
                UseAll(stored, copy);
                used++;
            });
        }

        Assert.InRange(used, 100, 3_900);
    }

    [Fact]
    public void Load_WhenARowIsBeyondTheCheckpoint_IsCorrupt()
    {
        var (state, chunks) = Store();

        IsCorrupt(() => VectorIndex.Open(StoredVectors.Read(state), chunks, Index, rows: 3).Remove(1));
        IsCorrupt(() => ViewContents.Of(VectorIndex.Open(StoredVectors.Read(state), chunks, Index, rows: 3).Publish()));
    }

    [Fact]
    public void Load_WhenAChunkIsMissing_IsCorrupt()
    {
        var (state, _) = Store();

        IsCorrupt(() => VectorIndex.Open(StoredVectors.Read(state), new VectorChunksInMemory(), Index).Remove(1));
    }

    private static (byte[] State, VectorChunksInMemory Chunks) Store()
    {
        var (index, random, chunks) = (new VectorIndex(Spec, new(60, 1)), new Random(6), new VectorChunksInMemory());
        for (var row = 0; row < Rows; row++)
        {
            index.Put(row, RandomVectors.Normal(random, Spec.Dimensions));
        }

        index = index.Rebuild(index.Publish()).Run();
        for (var row = 0; row < Rows; row += 3)
        {
            index.Put(row, RandomVectors.Normal(random, Spec.Dimensions));
            index.Remove(row + 1);
        }

        var stored = StoredVectorsWriter.WriteAsync(index.Publish(), null, Index, chunks, CancellationToken.None).AsTask().GetAwaiter().GetResult();
        Assert.InRange(stored.SlotChunks, 1, 1);
        Assert.InRange(stored.Clustering.Count, 5, 50);
        return (stored.Write(), chunks);
    }

    // All that an index is for.
    private static void UseAll(StoredVectors stored, VectorChunksInMemory chunks)
    {
        var index = VectorIndex.Open(stored, chunks, Index, Rows, new(60, 1));
        var view = index.Publish();
        var query = new VectorQuery(RandomVectors.Normal(new(1), stored.Spec.Dimensions), stored.Spec).Encoded;
        view.Clustering.Rank(query, new float[view.Clustering.Count]);
        view.Clustering.Plan.Probes(37);
        Span<int> products = stackalloc int[VectorBlock.Slots];
        for (var cluster = 0; cluster < view.Clustering.Count; cluster++)
        {
            foreach (var block in view.Blocks(cluster))
            {
                if (block is not null && view.LiveIn(block) != 0)
                {
                    query.Multiply(block, view.LiveIn(block), products);
                    Assert.InRange(block[0].Row, 0, int.MaxValue);
                }
            }
        }

        for (var row = 0; row < Rows; row += 2)
        {
            index.Put(row, RandomVectors.Normal(new(row), stored.Spec.Dimensions));
            index.Remove(row + 1);
        }

        _ = index.WantsRebuild;
        StoredVectorsWriter.WriteAsync(index.Publish(), stored, Index, new VectorChunksInMemory(), CancellationToken.None).AsTask().GetAwaiter().GetResult();
    }

    private static void IsCorrupt(Action action) => Assert.Equal(ErrorKind.Corrupt, Assert.Throws<CairnException>(action).Kind);

    private static void OnlyCorrupt(Action action)
    {
        try
        {
            action();
        }
        catch (CairnException failure) when (failure.Kind == ErrorKind.Corrupt)
        {
        }
    }
}
