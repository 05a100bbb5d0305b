using System.Text;
using Cairn.Domain.Tests.Formats.Segments;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Text;

namespace Cairn.Domain.Tests.Text;

public sealed class StoredTextTests
{
    private static readonly KeyedHash Hash = new(7);

    [Fact]
    public void Open_WhenRoundsAreRandom_HoldsWhatAnIndexInMemoryDoes() => Properties.CheckRandom(25, random =>
    {
        var language = (TextLanguage)random.Next(2);
        var (index, plain) = (new TextIndex(Hash, language), new TextIndex(Hash, language));
        StoredText? stored = null;
        MemoryChunks? chunks = null;
        var earlier = new List<(TextView Expected, TextView Actual)>();
        for (var round = 0; round < 12; round++)
        {
            Change(random, random.Next(2) == 0 ? 3 : 150, index, plain);
            var view = index.Publish();
            earlier.Add((plain.Publish(), view));
            if (random.Next(3) > 0)
            {
                (stored, chunks) = TextViews.StoreAsync(view, stored, chunks).GetAwaiter().GetResult();
            }

            if (stored is not null && chunks is not null && stored.Documents == view.Documents && random.Next(3) == 0)
            {
                // What was removed after the last store is removed again, as catching up does.
                (index, var rows) = (TextIndex.Open(Hash, stored, chunks), Current(view));
                foreach (var row in Current(index.Publish()).Except(rows))
                {
                    index.Remove(row);
                }
            }
            else if (random.Next(6) == 0)
            {
                (index, stored, chunks) = (TextIndex.CopyLive(view, Hash), null, null);
            }

            TextViews.AssertSame(plain.Publish(), index.Publish());
        }

        foreach (var (expected, actual) in earlier)
        {
            TextViews.AssertSame(expected, actual);
        }
    });

    [Fact]
    public async Task AdvanceTo_WhenPostingsAreInRunsAndMemory_StopsWhereAWalkWould()
    {
        var (view, _) = await InRunsAndMemory();
        foreach (var word in new[] { "all", "even", "third", "rare", "late", "last" })
        {
            var term = view.FindTerm(Encoding.UTF8.GetBytes(word));
            var documents = new List<int>();
            var walk = view.Read(term);
            for (walk.MoveNext(); walk.Document != PostingCursor.AtEnd; walk.MoveNext())
            {
                documents.Add(walk.Document);
            }

            Assert.Equal(view.Count(term), documents.Count);
            documents.Add(PostingCursor.AtEnd);
            Properties.CheckRandom(60, random =>
            {
                var cursor = view.Read(term);
                for (int at = 0, target = 0; at < documents.Count - 1;)
                {
                    target += random.Next(random.Next(1, 20_000));
                    cursor.AdvanceTo(target);
                    at = documents.FindIndex(at, document => document >= target);
                    Assert.Equal(documents[at], cursor.Document);
                    if (random.Next(2) == 0 && at < documents.Count - 1)
                    {
                        cursor.MoveNext();
                        Assert.Equal(documents[++at], cursor.Document);
                    }

                    target = Math.Min(documents[at], view.Documents);
                }
            });
        }
    }

    [Fact]
    public async Task Open_WhenATermIsLookedUp_LoadsFewChunks()
    {
        var (index, random) = (new TextIndex(Hash, TextLanguage.None), new Random(3));
        for (var row = 0; row < 60_000; row++)
        {
            index.Put(row, Encoding.UTF8.GetBytes($"all {RandomTexts.Words(random, 6, 20_000)} row{row}"));
        }

        var (stored, chunks) = await TextViews.StoreAsync(index.Publish());
        Assert.InRange(chunks.All.Count, 80, 400);
        var view = TextIndex.Open(Hash, stored, chunks).Publish();
        Assert.Empty(chunks.Loaded);

        Assert.True(view.TryCount(view.FindTerm("all"u8), out var count));
        Assert.Equal(60_000, count);
        Assert.Equal([(stored.Runs[0].TermsSection, chunks.Loaded[0].Number)], chunks.Loaded);
        Assert.Equal([new(31_234, 1, "7")], TextViews.Postings(view, "row31234"));

        // Of the dictionary, of the postings and of the documents.
        Assert.Equal(4, chunks.Loaded.Count);
        Assert.Single(view.FindPrefix("row31234"u8, 10));
        Assert.Equal(4, chunks.Loaded.Count);
        var cursor = view.Read(view.FindTerm("all"u8));
        cursor.AdvanceTo(100);
        Assert.Equal((100, 5), (cursor.Document, chunks.Loaded.Count));
    }

    [Fact]
    public async Task Read_WhenPostingsAreLoaded_AllocatesNothingForEach()
    {
        var (view, _) = await InRunsAndMemory();
        long Allocated(string word)
        {
            var term = view.FindTerm(Encoding.UTF8.GetBytes(word));
            return AllocatedBytes.Least(() => view.Count(term));
        }

        view = await Removed(view);
        Assert.InRange(Allocated("all"), 0, Allocated("rare"));

        // Counting reads the postings of a view that has documents that are not current.
        static async Task<TextView> Removed(TextView view)
        {
            var (stored, chunks) = await TextViews.StoreAsync(view);
            var index = TextIndex.Open(Hash, stored, chunks);
            index.Remove(0);
            return index.Publish();
        }
    }

    [Fact]
    public async Task Lineage_WhenAnIndexIsOpenedOrCopied_IsAnother()
    {
        var index = new TextIndex(Hash, TextLanguage.None);
        TextViews.Fill(index, 0, 10);
        var view = index.Publish();
        TextViews.Fill(index, 0, 10);
        var (stored, chunks) = await TextViews.StoreAsync(view);

        Assert.Same(view.Lineage, index.Publish().Lineage);
        Assert.NotSame(view.Lineage, TextIndex.Open(Hash, stored, chunks).Publish().Lineage);
        Assert.NotSame(view.Lineage, TextIndex.CopyLive(view, Hash).Publish().Lineage);
    }

    [Fact]
    public async Task Bytes_WhenChunksAreLoaded_CountThem()
    {
        var index = new TextIndex(Hash, TextLanguage.None);
        TextViews.Fill(index, 0, 30_000);
        var (stored, chunks) = await TextViews.StoreAsync(index.Publish());
        var opened = TextIndex.Open(Hash, stored, chunks);
        var before = opened.Bytes;
        Assert.InRange(before, 0, 16 * 1024);
        TextViews.Postings(opened.Publish(), "all");

        Assert.InRange(opened.Bytes - before, 60_000, 800_000);
    }

    // A run of 40,000 documents, one of 10,000, and 10,000 in memory.
    private static async Task<(TextView View, MemoryChunks Chunks)> InRunsAndMemory()
    {
        var index = new TextIndex(Hash, TextLanguage.None);
        Put(0, 40_000);
        var (stored, chunks) = await TextViews.StoreAsync(index.Publish());
        Put(40_000, 10_000);
        (stored, chunks) = await TextViews.StoreAsync(index.Publish(), stored, chunks);
        index = TextIndex.Open(Hash, stored, chunks);
        Put(50_000, 10_000);
        return (index.Publish(), chunks);

        void Put(int from, int count)
        {
            for (var row = from; row < from + count; row++)
            {
                var text = "all" + (row % 2 == 0 ? " even" : "") + (row % 3 == 0 ? " third third" : "") + (row % 9_000 == 5 ? " rare" : "")
                    + (row > 45_000 ? " late" : "") + (row > 59_000 ? " last" : "");
                index.Put(row, Encoding.UTF8.GetBytes(text));
            }
        }
    }

    private static void Change(Random random, int most, params TextIndex[] indexes)
    {
        for (var i = random.Next(most); i > 0; i--)
        {
            var row = random.Next(200);
            var text = Encoding.UTF8.GetBytes(RandomTexts.Words(random, random.Next(1, 30), 80) + (random.Next(20) == 0 ? string.Concat(Enumerable.Repeat(" often", 700)) : ""));
            var isRemoved = random.Next(5) == 0;
            foreach (var index in indexes)
            {
                if (isRemoved)
                {
                    index.Remove(row);
                }
                else
                {
                    index.Put(row, text);
                }
            }
        }
    }

    private static HashSet<int> Current(TextView view) => [.. Enumerable.Range(0, view.Documents).Where(view.IsLive).Select(document => view[document].Row)];
}
