using System.Buffers.Binary;
using System.Text;
using Cairn.Domain.Tests.Formats.Segments;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Text;

namespace Cairn.Domain.Tests.Text;

/// <summary>Whatever bytes a stored text index has, it answers or throws Corrupt: no other exception, no endless loop.</summary>
public sealed class StoredTextFuzzTests
{
    private static readonly KeyedHash Hash = new(7);
    private static readonly StoredRun Run = new(3, 90, 4, ["a"u8.ToArray()]);

    [Fact]
    public void Decoders_WhenBytesAreRandom_ThrowOnlyCorrupt() => Properties.CheckRandom(5_000, random =>
    {
        var bytes = new byte[random.Next(1, 200)];
        random.NextBytes(bytes);
        Fuzz.IsCorrupt(() => StoredText.Read(bytes));
        Fuzz.IsCorrupt(() => StoredText.Read([1, 0, 0, .. bytes]));
        Fuzz.IsCorrupt(() => StoredText.Read([1, 0, 0, 9, 0, 0, 0, 9, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 1, .. bytes]));
        Fuzz.IsCorrupt(() => TermChunk.Read([.. bytes], Run));
        Fuzz.IsCorrupt(() => TermChunk.Read([1, (byte)'a', 1, 1, 0, 0, .. bytes], Run));
        Fuzz.IsCorrupt(() => PostingChunk.Read([.. bytes], Run));
        Fuzz.IsCorrupt(() => PostingChunk.Read([(byte)bytes.Length, 0, .. bytes], Run));
        Fuzz.IsCorrupt(() => TextDocuments.Read(bytes));
    });

    [Fact]
    public async Task Read_WhenTheStateIsTruncatedOrLengthened_IsCorruptAtEveryLength()
    {
        var (stored, _) = await Small();
        var bytes = stored.Write();
        for (var length = 0; length < bytes.Length; length++)
        {
            Assert.Equal(ErrorKind.Corrupt, Assert.Throws<CairnException>(() => StoredText.Read(bytes.AsSpan(0, length))).Kind);
        }

        Assert.Equal(ErrorKind.Corrupt, Assert.Throws<CairnException>(() => StoredText.Read([.. bytes, 0])).Kind);
    }

    [Fact]
    public async Task Read_WhenTheStateIsOfALaterVersion_SaysSo()
    {
        var (stored, _) = await Small();
        var bytes = stored.Write();
        bytes[0] = 2;

        Assert.Contains("later version", Assert.Throws<CairnException>(() => StoredText.Read(bytes)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Chunks_WhenTruncated_AreCorruptOrLessAtEveryLength()
    {
        var (stored, chunks) = await Small();
        var run = stored.Runs[0];
        var terms = chunks[run.TermsSection, 0];
        var postings = chunks[run.PostingsSection, 0];
        var whole = TermChunk.Read(terms, run).Count;
        Assert.True(PostingChunk.Read(postings, run).IsStart(0));
        for (var length = 0; length < terms.Length; length++)
        {
            Fuzz.IsCorrupt(() => Assert.InRange(TermChunk.Read(terms[..length], run).Count, 1, whole - 1));
        }

        for (var length = 0; length < postings.Length; length++)
        {
            Fuzz.IsCorrupt(() => PostingChunk.Read(postings[..length], run));
        }
    }

    [Fact]
    public async Task Index_WhenAChunkIsMutated_ThrowsOnlyCorrupt()
    {
        var (stored, chunks) = await Small();
        var (whole, damaged) = (0, 0);
        for (var seed = 0; seed < 4_000; seed++)
        {
            var random = new Random(seed);
            var copy = chunks.Next(stored.Sections);
            var section = copy.All.Keys.Order().ElementAt(random.Next(copy.All.Count));
            copy[section.Section, section.Number] = Fuzz.Change(copy[section.Section, section.Number], random);
            var isDamaged = Fuzz.IsCorrupt(() => ReadAll(TextIndex.Open(Hash, stored, copy).Publish(), random));
            (whole, damaged) = isDamaged ? (whole, damaged + 1) : (whole + 1, damaged);
        }

        // Many mutations reach beyond the decoders.
        Assert.InRange(whole, 300, 3_700);
        Assert.InRange(damaged, 300, 3_700);
    }

    [Fact]
    public async Task Index_WhenTheStateIsMutated_ThrowsOnlyCorrupt()
    {
        var (stored, chunks) = await Small();
        var bytes = stored.Write();
        var read = 0;
        for (var seed = 0; seed < 4_000; seed++)
        {
            var random = new Random(seed);
            StoredText? mutated = null;
            Fuzz.IsCorrupt(() => mutated = StoredText.Read(Fuzz.Change(bytes, random)));

            // What has millions of chunks would be gigabytes of empty places.
            if (mutated is not null && mutated.Runs.All(static run => run.PostingChunks < 1_000))
            {
                read++;
                Fuzz.IsCorrupt(() => ReadAll(TextIndex.Open(Hash, mutated, chunks).Publish(), random));
            }
        }

        Assert.InRange(read, 200, 3_800);
    }

    [Fact]
    public async Task Open_WhenAChunkIsMissing_IsCorrupt()
    {
        var (stored, chunks) = await Small();
        foreach (var (missing, _) in chunks.All)
        {
            var copy = new MemoryChunks();
            foreach (var ((section, number), bytes) in chunks.All.Where(chunk => chunk.Key != missing))
            {
                copy[section, number] = bytes;
            }

            Assert.Equal(ErrorKind.Corrupt, Assert.Throws<CairnException>(() => ReadAll(TextIndex.Open(Hash, stored, copy).Publish(), new(1))).Kind);
        }
    }

    [Fact]
    public async Task FindTerm_WhenAChunkHasOtherTermsThanItsFencesSay_IsCorrupt()
    {
        var (stored, chunks) = await Small();
        var run = stored.Runs[0];
        Assert.InRange(run.TermChunks, 2, 9);
        Assert.True(Find(run).IsFound);
        foreach (var fences in new byte[][][] { ["al"u8.ToArray(), .. run.Fences.Skip(1)], [run.Fences[0], "alm"u8.ToArray(), .. run.Fences.Skip(2)] })
        {
            Assert.Equal(ErrorKind.Corrupt, Assert.Throws<CairnException>(() => Find(run with { Fences = fences })).Kind);
        }

        TextTerm Find(StoredRun first) => TextIndex.Open(Hash, stored with { Runs = [first, stored.Runs[1]] }, chunks).Publish().FindTerm("all"u8);
    }

    [Fact]
    public async Task Read_WhenAListGoesBackOrOn_IsCorrupt()
    {
        var (stored, chunks) = await Small();
        var run = stored.Runs[0];

        // Two lists of one posting each, of documents 1 and 0, and a dictionary that takes them for one.
        chunks[run.PostingsSection, 0] = [3, 0, 2, 1, 0, 3, 0, 1, 1, 0];
        foreach (var (blocks, offset) in new[] { (2, 0), (3, 0), (1, 1), (1, 10), (1, 60_000) })
        {
            byte[] place = [5, (byte)blocks, 0, (byte)(offset | 0x80), (byte)((offset >> 7) | 0x80), (byte)(offset >> 14)];
            chunks[run.TermsSection, 0] = [(byte)run.Fences[0].Length, .. run.Fences[0], .. place];
            var view = TextIndex.Open(Hash, stored with { Runs = [run with { Fences = [run.Fences[0]], PostingChunks = 1 }] }, chunks).Publish();
            var term = view.FindTerm(run.Fences[0]);
            Assert.Equal(5, term.Stored![0].Place.Documents);
            Assert.Equal(ErrorKind.Corrupt, Assert.Throws<CairnException>(() => TextViews.Postings(view, term)).Kind);
        }
    }

    [Fact]
    public async Task Put_WhenTwoCurrentDocumentsAreOfOneRow_IsCorrupt()
    {
        var (stored, chunks) = await Small();
        var documents = chunks[StoredText.DocumentsSection, 0];
        documents.AsSpan(0, 8).CopyTo(documents.AsSpan(8));
        var index = TextIndex.Open(Hash, stored, chunks);

        Assert.Equal(ErrorKind.Corrupt, Assert.Throws<CairnException>(() => index.Put(5, "word"u8)).Kind);
        BinaryPrimitives.WriteInt32LittleEndian(documents, 1 << 30);
        Assert.Equal(ErrorKind.Corrupt, Assert.Throws<CairnException>(() => TextIndex.Open(Hash, stored, chunks).Remove(5)).Kind);
    }

    // One run of several chunks of each kind, and a smaller one.
    private static async Task<(StoredText Stored, MemoryChunks Chunks)> Small()
    {
        var (index, random) = (new TextIndex(Hash, TextLanguage.None), new Random(9));
        Put(0, 5_000);
        var (stored, chunks) = await TextViews.StoreAsync(index.Publish());
        Put(5_000, 50);
        return await TextViews.StoreAsync(index.Publish(), stored, chunks);

        void Put(int from, int count)
        {
            for (var row = from; row < from + count; row++)
            {
                index.Put(row, Encoding.UTF8.GetBytes($"all all all {RandomTexts.Words(random, 5, 30)} row{row / 4}"));
            }
        }
    }

    private static void ReadAll(TextView view, Random random)
    {
        Span<int> positions = stackalloc int[PostingLists.MaxPositions];
        var sum = 0L;
        for (var walk = view.WalkTermsOnce(0); walk.MoveNext();)
        {
            var found = view.FindTerm(walk.Bytes);
            Assert.Equal(walk.Term, found);
            var at = view.Read(found);
            if (random.Next(2) == 0)
            {
                at.AdvanceTo(random.Next(6_000));
            }

            for (at.MoveNext(); at.Document != PostingCursor.AtEnd; at.MoveNext())
            {
                sum += at.ReadPositions(positions) + view[at.Document].Terms;
            }
        }

        Assert.NotEqual(0, sum + view.FindPrefix("row1"u8, 50).Count);
    }
}
