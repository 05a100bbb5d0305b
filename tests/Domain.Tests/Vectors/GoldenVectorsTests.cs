using System.Globalization;
using System.Text;
using Cairn.Domain.Tests.Architecture;
using Cairn.Domain.Tests.Formats.Segments;
using Cairn.Formats.Segments;
using Cairn.Model;
using Cairn.Vectors;

namespace Cairn.Domain.Tests.Vectors;

/// <summary>The bytes of version 1 of a stored index of vectors, and what they say. The file is never regenerated: see tests/Golden/README.md.</summary>
public sealed class GoldenVectorsTests
{
    private const string Path = "tests/Golden/vectors/v1/vectors";
    private const uint Index = 4;

    [Fact]
    public void Disassembly_OfGoldenBytes_IsTheGoldenText() => Assert.Equal(SourceTree.ReadText($"{Path}.txt"), Disassemble(Golden()));

    // How vectors are encoded and divided may change; how what came of it is stored may not.
    [Fact]
    public async Task Chunks_WhenWrittenToday_AreTheGoldenOnes()
    {
        var (stored, chunks) = Golden();
        var today = new VectorChunksInMemory();

        var written = await StoredVectorsWriter.WriteAsync(VectorIndex.Open(stored, chunks, Index).Publish(), null, Index, today, CancellationToken.None);

        Assert.Equal(stored.Write(), written.Write());
        foreach (var (section, count) in stored.Sections(Index))
        {
            Assert.Equal(count, today.AddedOf(section.Kind));
            Assert.All(Enumerable.Range(0, count), number => Assert.Equal(chunks[section, number], today[section, number]));
        }
    }

    [Fact]
    public void Open_OfGoldenBytes_GoesOn()
    {
        var (stored, chunks) = Golden();
        var index = VectorIndex.Open(stored, chunks, Index);
        var before = ViewContents.Of(index.Publish());

        index.Put(1, [1, 2, 3]);
        index.Remove(before.Keys.Last());

        var after = ViewContents.Of(index.Publish());
        Assert.Equal(before.Where(pair => pair.Key != 1).SkipLast(1), after.Where(static pair => pair.Key != 1));
    }

    private static (StoredVectors Stored, VectorChunksInMemory Chunks) Golden()
    {
        var (file, chunks) = (new SegmentBytes(SourceTree.ReadBytes($"{Path}.seg")).Open(), new VectorChunksInMemory());
        foreach (var section in file.Sections)
        {
            for (var i = 0; i < section.ChunkCount; i++)
            {
                var chunk = file.Chunk(section, i);
                chunks[section.Id, (int)chunk.Number] = file.Read(chunk);
            }
        }

        return (StoredVectors.Read(chunks[new(SectionKind.IndexState, Index), 0]), chunks);
    }

    private static string Disassemble((StoredVectors Stored, VectorChunksInMemory Chunks) golden)
    {
        var (text, (stored, chunks)) = (new StringBuilder(), golden);
        var (spec, clustering) = (stored.Spec, stored.Clustering);
        Line($"{spec.Dimensions} components, {spec.Metric}, {stored.Count} vectors, divided {clustering.Division.Vectors} at {clustering.Division.Imbalance:R}");
        for (var i = 0; i < clustering.Plan.Depths.Length; i++)
        {
            Line($"nearest {clustering.Plan.Depths[i]}: {clustering.Plan.Counts[i]}");
        }

        for (var i = 0; i < clustering.Count; i++)
        {
            Line($"centre {i}: {Vector(clustering.Centroids!.Codes(i), clustering.Centroids.Value(i))}");
        }

        foreach (var (number, block) in stored.Blocks.Index())
        {
            Line($"block {number}: cluster {block.Cluster}, {block.Used} used, live {block.Live:x}");
            var contents = VectorChunks.ReadBlock(chunks[new(SectionKind.Vectors, Index), number], spec);
            for (var slot = 0; slot < block.Used; slot++)
            {
                Line($"  {contents.Slots[slot].Row}: {Vector(contents.Codes.AsSpan(slot * spec.RowBytes, spec.RowBytes), contents.Slots[slot])}");
            }

            Assert.Equal(contents.Slots, VectorChunks.ReadSlots(chunks[new(SectionKind.VectorSlots, Index), number / 64])[number % 64]);
        }

        return text.ToString();

        void Line(FormattableString line) => text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');

        static string Vector(ReadOnlySpan<sbyte> codes, VectorSlot slot) =>
            string.Create(CultureInfo.InvariantCulture, $"{string.Join(' ', codes[..3].ToArray())} × {slot.Scale:R} − {slot.Offset:R}");
    }
}
