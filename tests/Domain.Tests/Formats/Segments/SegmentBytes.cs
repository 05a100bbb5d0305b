using Cairn.Formats.Segments;
using Cairn.Primitives;

namespace Cairn.Domain.Tests.Formats.Segments;

/// <summary>A segment in memory: what a writer wrote, and a source for a reader.</summary>
internal sealed class SegmentBytes(byte[] bytes) : ISegmentSource
{
    public static readonly SegmentHeader Header = new(new(UInt128.Parse("123456789012345678901234567890")), LogPosition.Of(3, 4096), 7);

    public byte[] Bytes { get; } = bytes;

    public long LengthBytes => Bytes.Length;

    public void Read(long offset, Span<byte> destination)
    {
        if (offset < 0 || offset > Bytes.Length || destination.Length > Bytes.Length - offset)
        {
            throw new CairnException(ErrorKind.Corrupt, "read past the end");
        }

        Bytes.AsSpan((int)offset, destination.Length).CopyTo(destination);
    }

    /// <summary>Every kind is known.</summary>
    public SegmentFile Open() => SegmentFile.Open(this, "a.seg", static _ => true);

    public static async Task<SegmentBytes> WriteAsync(params IEnumerable<TestChunk> chunks)
    {
        var sink = new MemoryStream();
        var writer = new SegmentWriter(Header, sink.WriteAsync);
        foreach (var chunk in chunks)
        {
            await writer.AddAsync(chunk.Section, chunk.Required, chunk.Number, chunk.Raw, chunk.Method, CancellationToken.None);
        }

        var lengthBytes = await writer.FinishAsync(CancellationToken.None);
        Assert.Equal(sink.Length, lengthBytes);
        return new(sink.ToArray());
    }
}

/// <summary>A chunk for a test to write.</summary>
internal sealed record TestChunk(
    SectionId Section, uint Number, byte[] Raw, CompressionMethod Method = CompressionMethod.Stored, bool Required = true);
