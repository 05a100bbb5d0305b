using System.Buffers.Binary;
using Cairn.Formats.Segments;
using Cairn.Primitives;

namespace Cairn.Domain.Tests.Formats.Segments;

public sealed class SegmentWriterTests
{
    [Fact]
    public void AddAsync_WhenChunksHaveOddLengths_AlignsEachWithZeros()
    {
        var segment = SegmentBytes.Write(Enumerable.Range(0, 20).Select(i => new TestChunk(new(1), (uint)i, [.. Enumerable.Repeat((byte)255, i)])));
        var file = segment.Open();
        var at = 64L;
        for (var i = 0; i < 20; i++)
        {
            var chunk = file.Chunk(file.Sections[0], i);
            Assert.Equal(at, chunk.Offset);
            at += (i + 7) / 8 * 8;
            Assert.DoesNotContain(segment.Bytes[(int)(chunk.Offset + i)..(int)at], padding => padding != 0);
        }

        Assert.Equal(at, segment.TocOffset);
    }

    [Fact]
    public async Task AddAsync_WhenTheFileIsLong_HandsOnPiecesOfTheBuffersSize()
    {
        var (pieces, sink) = (new List<int>(), new MemoryStream());
        var writer = new SegmentWriter(SegmentBytes.Header, (piece, _) =>
        {
            pieces.Add(piece.Length);
            sink.Write(piece.Span);
            return ValueTask.CompletedTask;
        });
        var raw = new byte[(2 * SegmentWriter.BufferBytes) + 12_345];
        new Random(1).NextBytes(raw);
        await writer.AddAsync(new(1), true, 0, raw, CompressionMethod.Stored, CancellationToken.None);
        await writer.AddAsync(new(1), true, 1, raw.AsMemory(5), CompressionMethod.Stored, CancellationToken.None);
        var lengthBytes = await writer.FinishAsync(CancellationToken.None);

        Assert.All(pieces[..^1], piece => Assert.Equal(SegmentWriter.BufferBytes, piece));
        Assert.Equal(lengthBytes, pieces.Sum());
        var file = new SegmentBytes(sink.ToArray()).Open();
        Assert.Equal(raw, file.Read(file.Chunk(file.Sections[0], 0)));
        Assert.Equal(raw[5..], file.Read(file.Chunk(file.Sections[0], 1)));
    }

    [Fact]
    public async Task FinishAsync_WhenANumberCameTwice_IsInternal()
    {
        var writer = new SegmentWriter(SegmentBytes.Header, Discard);
        foreach (uint number in new uint[] { 3, 1, 3 })
        {
            await AddAsync(writer, number);
        }

        await InternalAsync(() => writer.FinishAsync(CancellationToken.None).AsTask());
    }

    [Fact]
    public async Task AddAsync_WhenASectionIsRequiredAndNot_IsInternal()
    {
        var writer = new SegmentWriter(SegmentBytes.Header, Discard);
        await AddAsync(writer, 1);

        await InternalAsync(() => AddAsync(writer, 2, required: false));
    }

    [Fact]
    public async Task AddAsync_WhenFinished_IsInternal()
    {
        var writer = new SegmentWriter(SegmentBytes.Header, Discard);
        await writer.FinishAsync(CancellationToken.None);

        await InternalAsync(() => AddAsync(writer, 1));
        await InternalAsync(() => writer.FinishAsync(CancellationToken.None).AsTask());
    }

    [Fact]
    public async Task FinishAsync_WhenTheSinkFailed_IsInternal()
    {
        var writer = new SegmentWriter(SegmentBytes.Header, (_, _) => throw new CairnException(ErrorKind.Unavailable, "disk full"));
        var raw = new byte[SegmentWriter.BufferBytes];

        var failure = await Assert.ThrowsAsync<CairnException>(
            () => writer.AddAsync(new(1), true, 0, raw, CompressionMethod.Stored, CancellationToken.None).AsTask());

        Assert.Equal(ErrorKind.Unavailable, failure.Kind);
        await InternalAsync(() => writer.FinishAsync(CancellationToken.None).AsTask());
    }

    [Fact]
    public async Task AddAsync_WhenThereAreTooManySections_IsInternal()
    {
        var writer = new SegmentWriter(SegmentBytes.Header, Discard);
        for (var argument = 0u; argument < SegmentFormat.MaxSections; argument++)
        {
            await AddAsync(writer, 0, section: new(1, argument));
        }

        await AddAsync(writer, 1, section: new(1, 5));
        await InternalAsync(() => AddAsync(writer, 0, section: new(2)));
    }

    [Theory]
    [InlineData(CompressionMethod.Deflate)]
    [InlineData(CompressionMethod.Brotli)]
    internal void Encode_WhenItSavesAnEighth_CompressesElseStores(CompressionMethod method)
    {
        var random = new byte[8_000];
        new Random(1).NextBytes(random);

        Assert.Equal(CompressionMethod.Stored, EncodedChunk.Encode(random, method).Method);
        for (var zeros = 0; zeros < 2_000; zeros += 25)
        {
            random.AsSpan(0, zeros).Clear();
            var chunk = EncodedChunk.Encode(random, method);
            Assert.Equal(random.Length, chunk.RawBytes);
            Assert.Equal(Crc32C.Compute(chunk.Stored.Span), chunk.Crc);
            Assert.True(chunk.Method == CompressionMethod.Stored ? chunk.Stored.Length == 8_000 : chunk.Stored.Length <= 7_000);
        }

        Assert.Equal(method, EncodedChunk.Encode(random, method).Method);
    }

    [Theory]
    [InlineData(CompressionMethod.Stored)]
    [InlineData(CompressionMethod.Deflate)]
    [InlineData(CompressionMethod.Brotli)]
    internal void Encode_WhenAChunkIsAsLongAsItMayBe_TakesItAndNoLonger(CompressionMethod method)
    {
        var raw = new byte[SegmentFormat.MaxChunkBytes + 1];

        Assert.Equal(method, EncodedChunk.Encode(raw.AsMemory(1), method).Method);
        Assert.Equal(ErrorKind.Internal, Assert.Throws<CairnException>(() => EncodedChunk.Encode(raw, method)).Kind);
    }

    // The layout as the page has it, without the code's own constants.
    [Fact]
    public async Task FinishAsync_WhenOneChunkWasAdded_HasEveryFieldWhereThePageSays()
    {
        var bytes = SegmentBytes.Write(new TestChunk(new(6, 9), 5, [1, 2, 3])).Bytes;

        Assert.Equal(64 + 8 + (8 + 16 + 32) + 32, bytes.Length);
        Assert.Equal("CairnSeg"u8, bytes.AsSpan(0, 8));
        Assert.Equal(1, BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(8)));
        Assert.Equal(64, BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(10)));
        Assert.Equal(SegmentBytes.Header.Incarnation, Incarnation.Read(bytes.AsSpan(16)));
        Assert.Equal((3L << 32) + 4096, BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(32)));
        Assert.Equal(7, BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(40)));
        Assert.Equal(Crc32C.Compute(bytes.AsSpan(0, 60)), BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(60)));
        Assert.Equal([1, 2, 3, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 6, 0, 1, 0, 9, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0], bytes[64..96]);
        Assert.Equal([5, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 3, 0, 0, 0], bytes[96..112]);
        Assert.Equal(Crc32C.Compute([1, 2, 3]), BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(112)));
        Assert.Equal([0, 0, 0, 0, 64, 0, 0, 0, 0, 0, 0, 0], bytes[116..128]);
        Assert.Equal("CairnToc"u8, bytes.AsSpan(128, 8));
        Assert.Equal(72, BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(136)));
        Assert.Equal(56, BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(144)));
        Assert.Equal(Crc32C.Compute(bytes.AsSpan(72, 56)), BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(148)));
        Assert.Equal(Crc32C.Compute(bytes.AsSpan(128, 28)), BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(156)));
    }

    [Fact]
    public async Task Segment_WhenLongerThanFourGiB_GivesItsLastChunk()
    {
        var file = new SparseFile();
        var writer = new SegmentWriter(SegmentBytes.Header, file.WriteAsync);
        var zeros = EncodedChunk.Encode(new byte[SegmentFormat.MaxChunkBytes], CompressionMethod.Stored);
        var chunks = (uint)((5L << 30) / SegmentFormat.MaxChunkBytes);
        for (var number = 0u; number < chunks; number++)
        {
            await writer.AddAsync(new(1), true, number, zeros, CancellationToken.None);
        }

        await writer.AddAsync(new(1), true, chunks, new byte[] { 1, 2, 3 }, CompressionMethod.Stored, CancellationToken.None);
        Assert.Equal(await writer.FinishAsync(CancellationToken.None), file.LengthBytes);

        var segment = SegmentFile.Open(file, "a.seg", static _ => true);
        Assert.True(segment.TryFind(new(1), chunks, out var last));
        Assert.Equal(64 + (5L << 30), last.Offset);
        Assert.Equal([1, 2, 3], segment.Read(last));
    }

    // Keeps only the pieces that are not all zero.
    private sealed class SparseFile : ISegmentSource
    {
        private readonly Dictionary<long, byte[]> _pieces = [];

        public long LengthBytes { get; private set; }

        public ValueTask WriteAsync(ReadOnlyMemory<byte> piece, CancellationToken cancellationToken)
        {
            Assert.Equal(0, LengthBytes % SegmentWriter.BufferBytes);
            if (piece.Span.ContainsAnyExcept((byte)0))
            {
                _pieces.Add(LengthBytes, piece.ToArray());
            }

            LengthBytes += piece.Length;
            return ValueTask.CompletedTask;
        }

        public void Read(long offset, Span<byte> destination)
        {
            for (var i = 0; i < destination.Length; i++)
            {
                var (piece, at) = Math.DivRem(offset + i, SegmentWriter.BufferBytes);
                destination[i] = _pieces.TryGetValue(piece * SegmentWriter.BufferBytes, out var bytes) ? bytes[at] : (byte)0;
            }
        }
    }

    private static ValueTask Discard(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) => ValueTask.CompletedTask;

    private static Task AddAsync(SegmentWriter writer, uint number, bool required = true, SectionId? section = null) =>
        writer.AddAsync(section ?? new(1), required, number, new byte[] { 1 }, CompressionMethod.Stored, CancellationToken.None).AsTask();

    private static async Task InternalAsync(Func<Task> act) => Assert.Equal(ErrorKind.Internal, (await Assert.ThrowsAsync<CairnException>(act)).Kind);
}
