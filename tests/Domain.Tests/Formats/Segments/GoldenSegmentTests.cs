using Cairn.Domain.Tests.Architecture;
using Cairn.Formats.Segments;

namespace Cairn.Domain.Tests.Formats.Segments;

/// <summary>The bytes of segment format version 1. They are never regenerated: a change of the layout is a new version.</summary>
public sealed class GoldenSegmentTests
{
    private const string Folder = "tests/Golden/segment/v1";

    [Theory]
    [InlineData("stored")]
    [InlineData("compressed")]
    public void Disassembly_OfGoldenBytes_IsTheGoldenText(string name) =>
        Assert.Equal(SourceTree.ReadText($"{Folder}/{name}.txt"), SegmentDisassembly.Of(Read(name)));

    [Fact]
    public void Segment_WhenWrittenToday_HasTheGoldenBytes() =>
        Assert.Equal(Read("stored").Bytes, SegmentBytes.Write(Stored()).Bytes);

    // What a compressor makes of the same text may change with its version; that the file is the same around it may not.
    [Fact]
    public void Segment_WhenItsChunksAreCopiedToday_HasTheGoldenBytes()
    {
        var golden = Read("compressed");
        var file = golden.Open();
        var chunks =
            from section in file.Sections.ToArray()
            from index in Enumerable.Range(0, section.ChunkCount)
            let chunk = file.Chunk(section, index)
            orderby chunk.Offset, chunk.StoredBytes
            select (section.Id, section.Required, chunk.Number, file.ReadEncoded(chunk));

        Assert.Equal(golden.Bytes, SegmentBytes.Write(chunks).Bytes);
    }

    [Fact]
    public void Segment_WhenReadToday_HasTheChunksThatWereWritten()
    {
        var file = Read("compressed").Open();
        foreach (var chunk in TestChunk.Everything())
        {
            Assert.True(file.TryFind(chunk.Section, chunk.Number, out var entry));
            Assert.Equal(chunk.Raw, file.Read(entry));
            Assert.Equal(chunk.Method, entry.Method);
        }
    }

    private static IEnumerable<TestChunk> Stored() => TestChunk.Everything().Select(chunk => chunk with { Method = CompressionMethod.Stored });

    private static SegmentBytes Read(string name) => new(SourceTree.ReadBytes($"{Folder}/{name}.seg"));
}
