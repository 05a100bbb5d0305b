using System.Globalization;
using System.Text;
using Cairn.Domain.Tests.Architecture;
using Cairn.Domain.Tests.Formats.Segments;
using Cairn.Formats;
using Cairn.Formats.Segments;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Text;

namespace Cairn.Domain.Tests.Text;

/// <summary>The bytes of version 1 of a stored text index, in a segment, and what they say. The files are never regenerated: see tests/Golden/README.md.</summary>
public sealed class GoldenTextTests
{
    private const string Path = "tests/Golden/text/v1/text";
    private static readonly KeyedHash Hash = new(7);
    private static readonly SectionId State = new(SectionKind.IndexState);

    [Fact]
    public void Disassembly_OfGoldenBytes_IsTheGoldenText() => Assert.Equal(SourceTree.ReadText($"{Path}.txt"), Disassemble(Golden()));

    [Fact]
    public void Open_OfGoldenBytes_HoldsWhatWasWritten()
    {
        var chunks = Golden();
        var index = TextIndex.Open(Hash, StoredText.Read(chunks[State, 0]), chunks);
        TextViews.AssertSame(Index().Publish(), index.Publish());

        // It goes on as it would have.
        index.Put(3, "the last words"u8);
        Assert.Equal([new(3, 1, "1")], TextViews.Postings(index.Publish(), "last"));
        Assert.Equal([new(4, 1, "0")], TextViews.Postings(index.Publish(), "naiv"));
    }

    [Fact]
    public async Task Chunks_WhenWrittenToday_AreTheGoldenOnes()
    {
        var (stored, chunks) = await Write();
        chunks[State, 0] = stored.Write();
        var golden = Golden();

        Assert.Equal(golden.All.Keys.Order(), chunks.All.Keys.Order());
        Assert.All(golden.All, chunk => Assert.Equal(chunk.Value, chunks.All[chunk.Key]));
    }

    private static MemoryChunks Golden()
    {
        var (file, chunks) = (new SegmentBytes(SourceTree.ReadBytes($"{Path}.seg")).Open(), new MemoryChunks());
        foreach (var section in file.Sections)
        {
            for (var i = 0; i < section.ChunkCount; i++)
            {
                chunks[section.Id, (int)file.Chunk(section, i).Number] = file.Read(file.Chunk(section, i));
            }
        }

        return chunks;
    }

    private static TextIndex Index(Action<TextIndex>? stored = null)
    {
        var index = new TextIndex(Hash, TextLanguage.English);
        for (var row = 0; row < 13; row++)
        {
            index.Put(row, Encoding.UTF8.GetBytes($"fig{row} figs {string.Concat(Enumerable.Repeat("echo ", row > 3 ? 600 : 1))}"));
        }

        index.Put(1, "the figs of another, and another"u8);
        index.Remove(2);
        stored?.Invoke(index);
        index.Put(4, "naïve figs"u8);
        index.Put(20, "figs"u8);
        index.Remove(0);
        return index;
    }

    // A run of fourteen documents, and one of two behind it; the last change is of bits alone.
    private static async Task<(StoredText Stored, MemoryChunks Chunks)> Write()
    {
        TextView? first = null;
        var last = Index(index => first = index.Publish()).Publish();
        var (stored, chunks) = await TextViews.StoreAsync(first!);
        return await TextViews.StoreAsync(last, stored, chunks);
    }

    private static string Disassemble(MemoryChunks chunks)
    {
        var (text, stored) = (new StringBuilder(), StoredText.Read(chunks[State, 0]));
        Line($"{stored.Language}, {stored.Documents} documents, current {stored.LiveCount} with {stored.LiveTerms} terms: {string.Join(' ', Enumerable.Range(0, stored.Documents).Where(stored.Live.Contains))}");
        foreach (var document in TextDocuments.Read(chunks[StoredText.DocumentsSection, 0]))
        {
            Line($"  row {document.Row}, {document.Terms} terms");
        }

        foreach (var run in stored.Runs)
        {
            Line($"run {run.First} to {run.End}, {run.PostingChunks} chunks of postings, terms from {string.Join(' ', run.Fences.Select(Encoding.UTF8.GetString))}");
            var terms = TermChunk.Read(chunks[run.TermsSection, 0], run);
            for (var i = 0; i < terms.Count; i++)
            {
                var place = terms.Place(i);
                Line($"  {Encoding.UTF8.GetString(terms[i])}: {place.Documents} documents, {place.Blocks} blocks from chunk {place.Chunk}, {place.Offset}");
            }

            Blocks(chunks[run.PostingsSection, 0]);
        }

        return text.ToString();

        void Blocks(byte[] bytes)
        {
            for (var reader = new ByteReader(bytes); reader.Left > 0;)
            {
                Line($"  block at {reader.At}");
                var document = -1L;
                for (var entries = new ByteReader(reader.Medium()); entries.Left > 0;)
                {
                    document += entries.Varint();
                    var frequency = entries.Varint();
                    var positions = Convert.ToHexStringLower(frequency == 1 ? [(byte)entries.Varint()] : entries.Varying());
                    Line($"    document {document}, {frequency} times: {positions[..Math.Min(32, positions.Length)]} {positions.Length / 2} bytes");
                }
            }
        }

        void Line(FormattableString line) => text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');
    }
}
