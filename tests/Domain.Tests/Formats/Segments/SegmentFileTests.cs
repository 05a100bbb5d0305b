using Cairn.Formats.Segments;

namespace Cairn.Domain.Tests.Formats.Segments;

public sealed class SegmentFileTests
{
    private static readonly byte[] Text = [.. Enumerable.Range(0, 3_000).Select(i => (byte)"a memory of some words, "[i % 24])];

    [Theory]
    [InlineData(CompressionMethod.Stored)]
    [InlineData(CompressionMethod.Deflate)]
    [InlineData(CompressionMethod.Brotli)]
    internal async Task Read_WhenWritten_GivesTheBytes(CompressionMethod method)
    {
        var segment = (await SegmentBytes.WriteAsync(new TestChunk(new(SectionKind.KeyBytes, 2), 5, Text, method))).Open();

        Assert.True(segment.TryFind(new(SectionKind.KeyBytes, 2), 5, out var chunk));
        Assert.Equal(method, chunk.Method);
        Assert.Equal(Text, segment.Read(chunk));
    }

    [Fact]
    public async Task TryFind_WhenSectionsAndNumbersCameInAnyOrder_FindsEach()
    {
        SectionId[] ids = [new(9), new(2, 70_000), new(2, 1), new(40)];
        uint[] numbers = [7, uint.MaxValue, 0, 3];
        var chunks = numbers.SelectMany(number => ids.Select(id => new TestChunk(id, number, [(byte)id.Kind, (byte)id.Argument, (byte)number])));
        var segment = (await SegmentBytes.WriteAsync(chunks)).Open();

        Assert.Equal(SegmentBytes.Header, segment.Header);
        Assert.Equal([new(2, 1), new(2, 70_000), new(9), new(40)], segment.Sections.ToArray().Select(section => section.Id));
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
}
