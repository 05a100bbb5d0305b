using System.Buffers.Binary;
using Cairn.Formats.Segments;
using Cairn.Primitives;

namespace Cairn.Domain.Tests.Formats.Segments;

/// <summary>Whatever bytes a reader of segments gets, it answers or throws Corrupt, and never reads outside of the file (its source would throw another exception).</summary>
public sealed class SegmentFuzzTests
{
    [Fact]
    public void Open_WhenTruncated_IsCorruptAtEveryLength()
    {
        var whole = SegmentBytes.Write(TestChunk.Everything()).Bytes;
        for (var length = 0; length < whole.Length; length++)
        {
            IsCorrupt(whole[..length]);
            IsCorrupt(whole[^length..]);
        }

        IsCorrupt([.. whole, 0]);
        IsCorrupt([.. whole, .. new byte[8]]);
        IsCorrupt([.. whole, .. whole]);
    }

    [Fact]
    public void Open_WhenAnyBitIsFlipped_IsCorruptOrReadsTheSameAndTheChunkIsCorrupt()
    {
        var segment = SegmentBytes.Write(TestChunk.Everything());
        var (expected, toc) = (SegmentDisassembly.Of(segment), segment.TocOffset);
        for (var bit = 0; bit < segment.Bytes.Length * 8; bit++)
        {
            segment.Bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            if (bit / 8 < SegmentHeader.LengthBytes || bit / 8 >= toc)
            {
                IsCorrupt(segment.Bytes);
            }
            else if (!InPadding(segment.Open(), bit / 8))
            {
                Assert.Equal(ErrorKind.Corrupt, Assert.Throws<CairnException>(() => ReadAll(segment.Open())).Kind);
            }
            else
            {
                Assert.Equal(expected, SegmentDisassembly.Of(segment));
            }

            segment.Bytes[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    [Fact]
    public void Open_WhenBytesAreRandom_IsCorrupt() => Properties.CheckRandom(2_000, random =>
    {
        var bytes = new byte[random.Next(1_000)];
        random.NextBytes(bytes);
        IsCorrupt(bytes);
    });

    [Fact]
    public void Open_WhenMutatedUnderGoodChecksums_ThrowsOnlyCorrupt()
    {
        var whole = SegmentBytes.Write(TestChunk.Everything()).Bytes;
        var opened = 0;
        for (var seed = 0; seed < 20_000; seed++)
        {
            var segment = Mutate([.. whole], new Random(seed));
            try
            {
                ReadAll(segment.Open(), () => opened++);
            }
            catch (CairnException failure) when (failure.Kind == ErrorKind.Corrupt)
            {
            }
        }

        // The mutations are gentle enough to reach the reading of chunks.
        Assert.InRange(opened, 1_000, 19_000);
    }

    [Fact]
    public void Open_WhenTheTableIsRandomUnderGoodChecksums_ThrowsOnlyCorrupt()
    {
        var whole = SegmentBytes.Write(TestChunk.Everything()).Bytes;
        Properties.CheckRandom(5_000, random =>
        {
            var segment = new SegmentBytes([.. whole]);
            random.NextBytes(segment.Toc[random.Next(segment.Toc.Length)..]);
            if (random.Next(2) == 0)
            {
                BinaryPrimitives.WriteInt64LittleEndian(segment.Toc, random.Next(12));
            }

            try
            {
                ReadAll(segment.Seal().Open());
            }
            catch (CairnException failure) when (failure.Kind == ErrorKind.Corrupt)
            {
            }
        });
    }

    [Theory]
    [InlineData(CompressionMethod.Deflate)]
    [InlineData(CompressionMethod.Brotli)]
    internal void Read_WhenCompressedBytesAreMutatedUnderAGoodChecksum_ThrowsOnlyCorrupt(CompressionMethod method)
    {
        var whole = EncodedChunk.Encode(TestChunk.Text(5_000).Select((value, i) => (byte)(value + (i / 500))).ToArray(), method);
        Assert.Equal(method, whole.Method);
        var corrupt = 0;
        for (var seed = 0; seed < 3_000; seed++)
        {
            var random = new Random(seed);
            byte[] stored = [.. whole.Stored.Span[..random.Next(1, whole.Stored.Length + 1)], .. new byte[random.Next(3)]];
            stored[random.Next(stored.Length)] = (byte)random.Next(256);
            var chunk = new EncodedChunk(stored, method, whole.RawBytes, Crc32C.Compute(stored));
            try
            {
                ReadAll(SegmentBytes.Write([(new SectionId(3), true, 0u, chunk)]).Open());
            }
            catch (CairnException failure) when (failure.Kind == ErrorKind.Corrupt)
            {
                corrupt++;
            }
        }

        Assert.InRange(corrupt, 2_000, 3_000);
    }

    private static bool InPadding(SegmentFile file, int at)
    {
        foreach (var section in file.Sections)
        {
            for (var i = 0; i < section.ChunkCount; i++)
            {
                var chunk = file.Chunk(section, i);
                if (at >= chunk.Offset && at < chunk.Offset + chunk.StoredBytes)
                {
                    return false;
                }
            }
        }

        return true;
    }

    // One to three fields of header, table or footer get values of the sort that break parsers.
    private static SegmentBytes Mutate(byte[] bytes, Random random)
    {
        var segment = new SegmentBytes(bytes);
        var toc = segment.TocOffset;
        for (var changes = random.Next(1, 4); changes > 0; changes--)
        {
            var at = random.Next(10) switch
            {
                0 => random.Next(SegmentHeader.LengthBytes),
                1 => random.Next(bytes.Length - SegmentFooter.LengthBytes, bytes.Length),
                2 => random.Next(SegmentHeader.LengthBytes, toc),
                _ => random.Next(toc, bytes.Length - SegmentFooter.LengthBytes),
            };
            bytes[at] = random.Next(3) switch
            {
                0 => new byte[] { 0, 1, 0x7F, 0x80, 0xFF }[random.Next(5)],
                1 => (byte)(bytes[at] + random.Next(-8, 9)),
                _ => (byte)random.Next(256),
            };
        }

        return segment.Seal();
    }

    private static void ReadAll(SegmentFile file, Action? opened = null)
    {
        opened?.Invoke();
        foreach (var section in file.Sections)
        {
            for (var i = 0; i < section.ChunkCount; i++)
            {
                var chunk = file.Chunk(section, i);
                Assert.Equal(chunk.RawBytes, file.Read(chunk).Length);
            }
        }
    }

    private static void IsCorrupt(byte[] bytes)
    {
        var failure = Assert.Throws<CairnException>(new SegmentBytes(bytes).Open);
        Assert.Equal(ErrorKind.Corrupt, failure.Kind);
        Assert.StartsWith("a.seg, offset ", failure.Message, StringComparison.Ordinal);
    }
}
