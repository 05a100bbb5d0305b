using System.Text;
using Cairn.Columns;
using Cairn.Primitives;

namespace Cairn.Domain.Tests.Columns;

public sealed class ArenaTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(127)]
    [InlineData(128)]
    [InlineData(16_383)]
    [InlineData(16_384)]
    [InlineData(Arena.MaxContiguousBytes)]
    [InlineData(Arena.MaxContiguousBytes + 1)]
    [InlineData(Arena.ChunkBytes)]
    [InlineData(1024 * 1024)]
    [InlineData(2_097_151)]
    [InlineData(2_097_152)]
    public void Append_WhenOfThisLength_ReadsBack(int lengthBytes)
    {
        var arena = new ArenaWriter();
        byte[]? scratch = null;
        arena.Append("before"u8);
        var value = Value(lengthBytes, 1);

        var reference = arena.Append(value);
        var after = arena.Append("after"u8);

        var published = arena.Publish();
        Assert.Equal(value, arena.Read(reference, ref scratch));
        Assert.Equal(value, Read(published, reference));
        Assert.Equal(lengthBytes, published.LengthOf(reference));
        Assert.Equal("after"u8, Read(published, after));
        Assert.True(lengthBytes > Arena.MaxContiguousBytes || published.TryGetSpan(reference, out _));
    }

    [Fact]
    public void Values_WhenWrittenReleasedAndCompacted_KeepTheirContent() => Properties.CheckRandom(8, random =>
    {
        var table = new TableWriter(new());
        var arena = new ArenaWriter();
        table.Attach(0, arena);
        var compaction = new ArenaCompaction(table, 0, arena);
        var values = new Dictionary<int, byte[]>();
        var kept = new List<(Table Table, Arena Arena, Dictionary<int, byte[]> Values)>();
        for (var i = 0; i < 200; i++)
        {
            table.AddRow();
        }

        for (var round = 0; round < 400; round++)
        {
            var row = random.Next(random.Next(4) == 0 ? 200 : 20);
            if (random.Next(8) == 0)
            {
                table.Unset(row, 0);
                values.Remove(row);
            }
            else
            {
                values[row] = Value(Length(random), round);
                table.Set(row, 0, (arena.Append(values[row]) << 1) | 1);
            }

            if (random.Next(4) == 0)
            {
                compaction.Step(1);
            }

            if (random.Next(40) == 0)
            {
                kept.Add((table.Publish(), arena.Publish(), new(values)));
            }
        }

        kept.Add((table.Publish(), arena.Publish(), values));
        foreach (var (rows, bytes, expected) in kept)
        {
            for (var row = 0; row < rows.RowCount; row++)
            {
                Assert.Equal(expected.ContainsKey(row), rows.TryGet(row, 0, out var cell));
                Assert.True(!expected.TryGetValue(row, out var value) || Read(bytes, cell >> 1).AsSpan().SequenceEqual(value));
            }
        }
    });

    [Fact]
    public void Memory_WhenTheSameRowsAreRewrittenForEver_StaysFlat()
    {
        var table = new TableWriter(new());
        var arena = new ArenaWriter();
        table.Attach(0, arena);
        var compaction = new ArenaCompaction(table, 0, arena);
        for (var i = 0; i < 1000; i++)
        {
            table.AddRow();
        }

        var peak = 0L;
        for (var i = 0; i < 200_000; i++)
        {
            table.Set(i * 7919 % 1000, 0, (arena.Append(Value(300, i)) << 1) | 1);
            compaction.Step(i % 64 == 0 ? 1 : 0);
            peak = Math.Max(peak, arena.AllocatedBytes);
        }

        Assert.InRange(arena.LiveBytes, 302_000, 302_000);
        Assert.InRange(peak, 0, 4 * 302_000);
        Assert.Equal(Spine<byte[]>.ChunkLength, arena.Publish().Chunks.Length);
    }

    [Fact]
    public void Release_WhenOfTheLastValueOfAChunk_GivesTheChunkUpButNotForOlderReaders()
    {
        var arena = new ArenaWriter();
        var references = Enumerable.Range(0, 20).Select(i => arena.Append(Value(50_000, i))).ToList();
        var published = arena.Publish();
        var allocated = arena.AllocatedBytes;

        references.ForEach(arena.Release);

        Assert.Equal(0, arena.LiveBytes);
        Assert.InRange(arena.AllocatedBytes, 0, allocated / 10);
        Assert.Equal(Value(50_000, 3), Read(published, references[3]));
    }

    [Fact]
    public void Release_WhenTwice_IsAnInternalError()
    {
        var arena = new ArenaWriter();
        var reference = arena.Append(Value(100, 1));
        arena.Release(reference);

        Assert.Equal(ErrorKind.Internal, Assert.Throws<CairnException>(() => arena.Release(reference)).Kind);
    }

    private static int Length(Random random) => random.Next(12) switch
    {
        0 => 0,
        < 6 => random.Next(200),
        < 10 => random.Next(20_000),
        10 => random.Next(70_000, 90_000),
        _ => random.Next(1024 * 1024),
    };

    private static byte[] Value(int lengthBytes, int seed)
    {
        var value = new byte[lengthBytes];
        for (var i = 0; i < value.Length; i++)
        {
            value[i] = (byte)((i * 31) + (i >> 8) + seed);
        }

        return value;
    }

    private static byte[] Read(Arena arena, long reference)
    {
        var copy = new byte[arena.LengthOf(reference)];
        arena.CopyTo(reference, copy);
        if (arena.TryGetSpan(reference, out var span))
        {
            Assert.True(span.SequenceEqual(copy));
        }

        return copy;
    }
}
