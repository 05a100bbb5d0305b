using System.Buffers.Binary;
using System.IO.Compression;
using Cairn.Formats.Segments;
using Cairn.Primitives;

namespace Cairn.Domain.Tests.Formats.Segments;

public sealed class SegmentFileTests
{
    // The first section of two chunks in the table of contents, and its chunks.
    private const int Section = SegmentFormat.TocHeaderBytes;
    private const int First = Section + SegmentFormat.SectionBytes;
    private const int Second = First + ChunkEntry.LengthBytes;

    [Fact]
    public void TryFind_WhenSectionsAndNumbersCameInAnyOrder_FindsEach()
    {
        SectionId[] ids = [new(9), new(2, 70_000), new(2, 1), new(40)];
        uint[] numbers = [7, uint.MaxValue, 0, 3];
        var chunks = numbers.SelectMany(number => ids.Select(id => new TestChunk(id, number, [(byte)id.Kind, (byte)id.Argument, (byte)number])));
        var segment = SegmentBytes.Write(chunks).Open();

        Assert.Equal(SegmentBytes.Header, segment.Header);
        Assert.Equal([new(2, 1), new(2, 70_000), new(9), new(40)], segment.Sections.ToArray().Select(section => section.Id));
        Assert.Equal([0, 4, 8, 12], segment.Sections.ToArray().Select(section => section.FirstChunk));
        Assert.Equal(16, segment.ChunkCount);
        foreach (var id in ids)
        {
            foreach (var number in numbers)
            {
                Assert.True(segment.TryFind(id, number, out var chunk));
                Assert.Equal([(byte)id.Kind, (byte)id.Argument, (byte)number], segment.Read(chunk));
            }

            Assert.False(segment.TryFind(id, 1, out _));
            Assert.False(segment.TryFind(id, 8, out _));
        }

        Assert.False(segment.TryFind(new(2), 0, out _));
        Assert.False(segment.TryFind(new(41), 0, out _));
    }

    [Fact]
    public void Open_WhenNothingWasAdded_HasNoSections()
    {
        var segment = SegmentBytes.Write().Open();

        Assert.True(segment.Sections.IsEmpty);
        Assert.Equal(0, segment.ChunkCount);
    }

    [Fact]
    public void Open_WhenAnOptionalSectionIsUnknown_ListsIt()
    {
        var segment = SegmentBytes.Write(new TestChunk(new(200, 5), 1, [1], Required: false), new TestChunk(new(3), 1, [2])).Open();

        Assert.Equal([(3, true, true), (200, false, false)], segment.Sections.ToArray().Select(section => ((int)section.Id.Kind, section.Required, section.Known)));
    }

    [Fact]
    public void Open_WhenARequiredSectionIsUnknown_RefusesNamingIt()
    {
        var segment = SegmentBytes.Write(new TestChunk(new(200, 5), 1, [1]));

        var failure = Assert.Throws<CairnException>(segment.Open);

        Assert.Equal(ErrorKind.Corrupt, failure.Kind);
        Assert.Contains("a.seg, offset 80: written by a later version: section kind 200 (argument 5) is required", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, 0, 'X', "the header is damaged")]
    [InlineData(0, 8, 2, "written by a later version: segment version 2")]
    [InlineData(0, 10, 65, "a field of the header is out of range")]
    [InlineData(0, 12, 1, "a field of the header is out of range")]
    [InlineData(0, 38, 0x20, "a field of the header is out of range")] // position 2^53
    [InlineData(0, 47, 0x80, "a field of the header is out of range")] // epoch
    [InlineData(0, 59, 1, "a field of the header is out of range")]
    [InlineData(-32, 0, 'X', "the footer is damaged")]
    [InlineData(-32, 8, 88, "the footer names a table of contents of 88 bytes at 88")]
    [InlineData(-32, 8, 76, "the footer names a table of contents of 88 bytes at 76")]
    [InlineData(-32, 15, 0x80, "the footer names a table of contents")]
    [InlineData(-32, 16, 80, "the footer names a table of contents of 80 bytes at 80")]
    [InlineData(-32, 24, 1, "the footer names a table of contents")]
    [InlineData(-120, 0, 2, "2 sections are more than it can hold")]
    [InlineData(-120, 3, 0xFF, "sections are more than it can hold")]
    [InlineData(-120, 4, 1, "reserved")]
    [InlineData(-120, Section + 2, 3, "section 3:0 has flags 3")]
    [InlineData(-120, Section + 8, 0, "a section has no chunks, or more than fit")]
    [InlineData(-120, Section + 8, 1, "bytes stand behind its last section")]
    [InlineData(-120, Section + 8, 3, "a section has no chunks, or more than fit")]
    [InlineData(-120, Section + 11, 0xFF, "a section has no chunks, or more than fit")]
    [InlineData(-120, Section + 12, 1, "a section's reserved bytes are not zero")]
    [InlineData(-120, First, 2, "chunks are out of order")]
    [InlineData(-120, First, 3, "chunks are out of order")]
    [InlineData(-120, Second + 4, 3, "in section 3:0, its method is unknown")]
    [InlineData(-120, Second + 5, 1, "its method is unknown")]
    [InlineData(-120, Second + 4, 1, "its lengths do not fit its method")]
    [InlineData(-120, Second + 8, 2, "its lengths do not fit its method")]
    [InlineData(-120, Second + 12, 4, "its lengths do not fit its method")]
    [InlineData(-120, Second + 15, 1, "it is longer than a chunk may be")]
    [InlineData(-120, Second + 20, 1, "its reserved bytes are not zero")]
    [InlineData(-120, Second + 24, 76, "no chunk can begin at its offset")]
    [InlineData(-120, Second + 24, 56, "no chunk can begin at its offset")]
    [InlineData(-120, Second + 24, 80, "it ends behind the last chunk")]
    [InlineData(-120, Second + 31, 0xFF, "it ends behind the last chunk")]
    public void Open_WhenAFieldIsImpossible_IsCorruptAndNamesIt(int part, int at, byte value, string named)
    {
        var segment = SegmentBytes.Write(new TestChunk(new(3), 1, [1, 2]), new TestChunk(new(3), 2, [3, 4, 5]));
        segment.Bytes[(part < 0 ? segment.Bytes.Length + part : part) + at] = value;
        segment.Seal();

        var failure = Assert.Throws<CairnException>(segment.Open);

        Assert.Equal(ErrorKind.Corrupt, failure.Kind);
        Assert.StartsWith("a.seg, offset ", failure.Message, StringComparison.Ordinal);
        Assert.Contains(named, failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2, 1)]
    [InlineData(3, 0)]
    public void Open_WhenSectionsDoNotAscend_IsCorrupt(ushort kind, uint argument)
    {
        var segment = SegmentBytes.Write(new TestChunk(new(3), 1, [1]), new TestChunk(new(3, 1), 1, [2]));
        var second = segment.Toc[(Section + SegmentFormat.SectionBytes + ChunkEntry.LengthBytes)..];
        BinaryPrimitives.WriteUInt16LittleEndian(second, kind);
        BinaryPrimitives.WriteUInt32LittleEndian(second[4..], argument);

        Assert.Contains("sections are out of order", Assert.Throws<CairnException>(segment.Seal().Open).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_WhenChunksShareMoreBytesThanThereAre_IsCorrupt()
    {
        var segment = SegmentBytes.Write(new TestChunk(new(3), 1, new byte[24]), new TestChunk(new(3), 2, [1]));
        new ChunkEntry(2, CompressionMethod.Stored, 24, 24, 0, 64).Write(segment.Toc[Second..]);

        Assert.Contains("chunks overlap", Assert.Throws<CairnException>(segment.Seal().Open).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(CompressionMethod.Stored)]
    [InlineData(CompressionMethod.Deflate)]
    [InlineData(CompressionMethod.Brotli)]
    internal void Read_WhenAnyBitOfTheChunkIsFlipped_IsCorruptAndNamesTheChunk(CompressionMethod method)
    {
        var segment = SegmentBytes.Write(new TestChunk(new(3), 9, TestChunk.Text(100), method));
        var file = segment.Open();
        Assert.True(file.TryFind(new(3), 9, out var chunk));
        Assert.Equal(TestChunk.Text(100), file.Read(chunk));
        Assert.Equal(method, chunk.Method);
        for (var bit = 0; bit < chunk.StoredBytes * 8; bit++)
        {
            segment.Bytes[chunk.Offset + (bit / 8)] ^= (byte)(1 << (bit % 8));
            var failure = Assert.Throws<CairnException>(() => file.Read(chunk));
            Assert.Equal(ErrorKind.Corrupt, failure.Kind);
            Assert.StartsWith("a.seg, offset 64: chunk 9 is damaged", failure.Message, StringComparison.Ordinal);
            Assert.Throws<CairnException>(() => file.ReadEncoded(chunk));
            segment.Bytes[chunk.Offset + (bit / 8)] ^= (byte)(1 << (bit % 8));
        }
    }

    // The checksum is right: whoever wrote these bytes meant them.
    [Theory]
    [InlineData(CompressionMethod.Deflate)]
    [InlineData(CompressionMethod.Brotli)]
    internal void Read_WhenAChunkMakesFarMoreBytes_IsCorruptWithoutUnpackingThem(CompressionMethod method)
    {
        var packed = Compress(new byte[100_000_000], method);
        var file = Write(new(packed, method, 2_000_000, Crc32C.Compute(packed))).Open();
        var chunk = file.Chunk(file.Sections[0], 0);
        var destination = new byte[chunk.RawBytes];

        var before = GC.GetAllocatedBytesForCurrentThread();
        var failure = Assert.Throws<CairnException>(() => file.Read(chunk, destination));
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.Equal(ErrorKind.Corrupt, failure.Kind);
        Assert.Contains("does not decompress", failure.Message, StringComparison.Ordinal);
        Assert.InRange(allocated, 0, (2 * packed.Length) + 100_000);
    }

    [Theory]
    [InlineData(CompressionMethod.Deflate)]
    [InlineData(CompressionMethod.Brotli)]
    internal void Read_WhenAChunkMakesFewerBytes_IsCorrupt(CompressionMethod method)
    {
        var packed = Compress(TestChunk.Text(100), method);
        var file = Write(new(packed, method, 101, Crc32C.Compute(packed))).Open();

        Assert.Contains(
            "does not decompress to its 101 bytes",
            Assert.Throws<CairnException>(() => file.Read(file.Chunk(file.Sections[0], 0))).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void ReadEncoded_WhenAddedToAnotherSegment_MakesTheSameBytes()
    {
        var segment = SegmentBytes.Write(new TestChunk(new(3), 9, TestChunk.Text(100), CompressionMethod.Brotli));
        var file = segment.Open();

        var copy = Write(file.ReadEncoded(file.Chunk(file.Sections[0], 0)), 9);

        Assert.Equal(segment.Bytes, copy.Bytes);
    }

    [Fact]
    public void Read_WhenTheDestinationHasAnotherLength_IsInternal()
    {
        var file = SegmentBytes.Write(new TestChunk(new(3), 9, [1, 2, 3])).Open();
        var chunk = file.Chunk(file.Sections[0], 0);

        Assert.Equal(ErrorKind.Internal, Assert.Throws<CairnException>(() => file.Read(chunk, new byte[4])).Kind);
        Assert.Equal(ErrorKind.Internal, Assert.Throws<CairnException>(() => file.Chunk(file.Sections[0], 1)).Kind);
    }

    [Fact]
    public void Open_WhenThereAreManyChunks_AllocatesLittleMoreThanTheirEntries()
    {
        const int Chunks = 10_000;
        var segment = SegmentBytes.Write(
            Enumerable.Range(0, Chunks).Select(i => new TestChunk(new(3, (uint)i % 10), (uint)i, [(byte)i])));
        segment.Open();

        var before = GC.GetAllocatedBytesForCurrentThread();
        var file = segment.Open();
        var opening = GC.GetAllocatedBytesForCurrentThread() - before;
        Span<byte> destination = stackalloc byte[1];
        before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < Chunks; i++)
        {
            Assert.True(file.TryFind(new(3, (uint)i % 10), (uint)i, out var chunk));
            file.Read(chunk, destination);
        }

        var reading = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.InRange(opening, 1, (Chunks * ChunkEntry.LengthBytes) + 2_000);
        Assert.Equal(0, reading);
    }

    private static byte[] Compress(byte[] raw, CompressionMethod method)
    {
        var packed = new MemoryStream();
        using (Stream compressor = method == CompressionMethod.Deflate
            ? new DeflateStream(packed, CompressionLevel.Fastest, leaveOpen: true)
            : new BrotliStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            compressor.Write(raw);
        }

        return packed.ToArray();
    }

    private static SegmentBytes Write(EncodedChunk chunk, uint number = 0) => SegmentBytes.Write([(new SectionId(3), true, number, chunk)]);
}
