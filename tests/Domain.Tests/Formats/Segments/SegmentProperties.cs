using Cairn.Formats.Segments;

namespace Cairn.Domain.Tests.Formats.Segments;

/// <summary>Random chunks, encoded at once and added in random order, come back as they were.</summary>
public sealed class SegmentProperties
{
    [Fact]
    public void Segment_WhenWrittenFromRandomChunks_ReadsBackEqual() => Properties.CheckRandom(100, random =>
    {
        var expected = Chunks(random);
        var order = expected.Keys.ToArray();
        random.Shuffle(order);
        var encoded = order.AsParallel().AsOrdered().Select(key => EncodedChunk.Encode(expected[key].Raw, expected[key].Method)).ToArray();

        var file = SegmentBytes.Write(order.Zip(encoded, static (key, chunk) => (key.Section, key.Section.Kind % 2 == 0, key.Number, chunk))).Open();

        var seen = new List<(SectionId, uint)>();
        foreach (var section in file.Sections)
        {
            for (var i = 0; i < section.ChunkCount; i++)
            {
                var chunk = file.Chunk(section, i);
                seen.Add((section.Id, chunk.Number));
                Assert.Equal(expected[(section.Id, chunk.Number)].Raw, file.Read(chunk));
                Assert.True(file.TryFind(section.Id, chunk.Number, out var found));
                Assert.Equal(chunk, found);
            }
        }

        Assert.Equal(expected.Keys.Order(), seen);
        for (var i = 0; i < 20; i++)
        {
            var key = (Id(random), Number(random));
            Assert.Equal(expected.ContainsKey(key), file.TryFind(key.Item1, key.Item2, out _));
        }
    });

    private static Dictionary<(SectionId Section, uint Number), TestChunk> Chunks(Random random)
    {
        var chunks = new Dictionary<(SectionId Section, uint Number), TestChunk>();
        for (var count = random.Next(60); count > 0; count--)
        {
            var (id, number) = (Id(random), Number(random));
            chunks[(id, number)] = new(id, number, Raw(random), (CompressionMethod)random.Next(3));
        }

        return chunks;
    }

    private static SectionId Id(Random random) => new((ushort)random.Next(5), (uint)random.Next(3) * (uint.MaxValue / 2));

    private static uint Number(Random random) => random.Next(4) == 0 ? uint.MaxValue - (uint)random.Next(3) : (uint)random.Next(40);

    // Random bytes of few values, so that some compress and some do not; rarely longer than the writer's buffer.
    private static byte[] Raw(Random random)
    {
        var raw = new byte[random.Next(200) == 0 ? random.Next(3_000_000) : random.Next(random.Next(20_000) + 1)];
        random.NextBytes(raw);
        var mask = (byte)(0xFF >> random.Next(8));
        foreach (ref var value in raw.AsSpan())
        {
            value &= mask;
        }

        return raw;
    }
}
