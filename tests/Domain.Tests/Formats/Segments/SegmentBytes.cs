using System.Buffers.Binary;
using Cairn.Formats.Segments;
using Cairn.Primitives;

namespace Cairn.Domain.Tests.Formats.Segments;

/// <summary>A segment in memory: what a writer wrote, a source for a reader, and what tests change in it.</summary>
internal sealed class SegmentBytes(byte[] bytes) : ISegmentSource
{
    public static readonly SegmentHeader Header = new(new(UInt128.Parse("123456789012345678901234567890")), LogPosition.Of(3, 4096), 7);

    public byte[] Bytes { get; } = bytes;

    public long LengthBytes => Bytes.Length;

    public int TocOffset => (int)BinaryPrimitives.ReadInt64LittleEndian(Bytes.AsSpan(Bytes.Length - SegmentFooter.LengthBytes + 8));

    public Span<byte> Toc => Bytes.AsSpan(TocOffset..^SegmentFooter.LengthBytes);

    public void Read(long offset, Span<byte> destination)
    {
        if (offset < 0 || offset > Bytes.Length || destination.Length > Bytes.Length - offset)
        {
            throw new InvalidOperationException($"a reader asked for {destination.Length} bytes at {offset} of {Bytes.Length}");
        }

        Bytes.AsSpan((int)offset, destination.Length).CopyTo(destination);
    }

    /// <summary>Every kind below 100 is known.</summary>
    public SegmentFile Open() => SegmentFile.Open(this, "a.seg", static kind => kind < 100);

    /// <summary>Fits the checksums, and the place of the table, to bytes that a test changed.</summary>
    public SegmentBytes Seal()
    {
        var header = Bytes.AsSpan(0, SegmentHeader.LengthBytes);
        var footer = Bytes.AsSpan(Bytes.Length - SegmentFooter.LengthBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(header[60..], Crc32C.Compute(header[..60]));
        if (TocOffset >= 0 && TocOffset <= Bytes.Length - SegmentFooter.LengthBytes)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(footer[20..], Crc32C.Compute(Toc));
        }

        BinaryPrimitives.WriteUInt32LittleEndian(footer[28..], Crc32C.Compute(footer[..28]));
        return this;
    }

    public static SegmentBytes Write(params IEnumerable<TestChunk> chunks) =>
        Write(chunks.Select(chunk => (chunk.Section, chunk.Required, chunk.Number, EncodedChunk.Encode(chunk.Raw, chunk.Method))));

    public static SegmentBytes Write(IEnumerable<(SectionId Section, bool Required, uint Number, EncodedChunk Chunk)> chunks)
    {
        var sink = new MemoryStream();
        var writer = new SegmentWriter(Header, sink.WriteAsync);
        foreach (var (section, required, number, chunk) in chunks)
        {
            writer.AddAsync(section, required, number, chunk, CancellationToken.None).AsTask().GetAwaiter().GetResult();
        }

        var lengthBytes = writer.FinishAsync(CancellationToken.None).AsTask().GetAwaiter().GetResult();
        Assert.Equal(sink.Length, lengthBytes);
        return new(sink.ToArray());
    }
}

/// <summary>A chunk for a test to write.</summary>
internal sealed record TestChunk(
    SectionId Section, uint Number, byte[] Raw, CompressionMethod Method = CompressionMethod.Stored, bool Required = true)
{
    /// <summary>A text that compresses well, of any length.</summary>
    public static byte[] Text(int lengthBytes) => [.. Enumerable.Range(0, lengthBytes).Select(i => (byte)"a memory of some words, "[i % 24])];

    /// <summary>Some of everything: sections by turns and out of order, gaps in numbers, each method, an empty chunk, an unknown section.</summary>
    public static TestChunk[] Everything() =>
    [
        new(new(SectionKind.KeyReferences, 3), 2, [1, 2, 3]),
        new(new(SectionKind.State), 0, "state"u8.ToArray()),
        new(new(SectionKind.ConceptArena, 13), 7, Text(300), CompressionMethod.Deflate),
        new(new(SectionKind.KeyReferences, 3), 0, [4, 5, 6, 7, 8, 9, 10, 11]),
        new(new(SectionKind.ConceptArena, 13), 4_000_000_000, Text(500), CompressionMethod.Brotli),
        new(new(SectionKind.ConceptRows), 1, []),
        new(new(60_000, uint.MaxValue), 0, [12], Required: false),
    ];
}
