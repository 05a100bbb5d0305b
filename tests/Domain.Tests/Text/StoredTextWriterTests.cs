using System.Text;
using Cairn.Domain.Tests.Formats.Segments;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Text;

namespace Cairn.Domain.Tests.Text;

public sealed class StoredTextWriterTests
{
    private static readonly KeyedHash Hash = new(7);

    [Fact]
    public async Task WriteAsync_WhenNothingChanged_WritesNothing()
    {
        var index = new TextIndex(Hash, TextLanguage.None);
        TextViews.Fill(index, 0, 5_000);
        var (stored, chunks) = await TextViews.StoreAsync(index.Publish());
        var (again, next) = await TextViews.StoreAsync(index.Publish(), stored, chunks);
        index.Remove(17);
        var (less, afterRemoval) = await TextViews.StoreAsync(index.Publish(), again, next);

        Assert.Empty(next.Written);
        Assert.Empty(afterRemoval.Written);
        Assert.Equal((5_000, 4_999), (less.Documents, less.LiveCount));
        TextViews.AssertSame(index.Publish(), TextIndex.Open(Hash, less, afterRemoval).Publish());
    }

    [Fact]
    public async Task WriteAsync_WhenLittleWasAdded_WritesLittle()
    {
        var index = new TextIndex(Hash, TextLanguage.None);
        TextViews.Fill(index, 0, 50_000);
        var (stored, chunks) = await TextViews.StoreAsync(index.Publish());
        TextViews.Fill(index, 50_000, 100);
        var (later, next) = await TextViews.StoreAsync(index.Publish(), stored, chunks);

        Assert.Equal([(0, 50_000), (50_000, 50_100)], later.Runs.Select(static run => (run.First, run.End)));
        Assert.Equal([(later.Runs[1].PostingsSection, 0), (later.Runs[1].TermsSection, 0), (StoredText.DocumentsSection, 12)], next.Written.Order());
        Assert.InRange(chunks.Written.Count, 20, 60);
        TextViews.AssertSame(index.Publish(), TextIndex.Open(Hash, later, next).Publish());
    }

    [Fact]
    public async Task WriteAsync_WhenItIsCalledOften_KeepsRunsFewAndAdjoining()
    {
        var index = new TextIndex(Hash, TextLanguage.None);
        var (stored, chunks, written) = ((StoredText?)null, (MemoryChunks?)null, 0);
        for (var round = 0; round < 300; round++)
        {
            TextViews.Fill(index, round * 20, 20);
            (stored, chunks) = await TextViews.StoreAsync(index.Publish(), stored, chunks);
            written += stored.Runs[^1].End - stored.Runs[^1].First;
            var behind = stored.Documents;
            foreach (var run in stored.Runs)
            {
                Assert.True(run.End - run.First > (behind -= run.End - run.First));
            }
        }

        // 6,000 documents, of which each is written again when as many are behind it.
        Assert.InRange(written, 6_000, 6_000 * 10);
        Assert.Equal([0, .. stored!.Runs.SkipLast(1).Select(static run => run.End)], stored.Runs.Select(static run => run.First));
        TextViews.AssertSame(index.Publish(), TextIndex.Open(Hash, stored, chunks!).Publish());
    }

    [Fact]
    public async Task WriteAsync_WhenDocumentsAreNoLongerCurrent_LeavesTheirPostingsOut()
    {
        var index = new TextIndex(Hash, TextLanguage.None);
        for (var i = 0; i < 1_000; i++)
        {
            index.Put(0, Encoding.UTF8.GetBytes($"word{i} all"));
        }

        var (stored, chunks) = await TextViews.StoreAsync(index.Publish());
        var view = TextIndex.Open(Hash, stored, chunks).Publish();

        Assert.Equal(["all", "word999"], TextViews.Terms(view));
        Assert.False(view.FindTerm("word998"u8).IsFound);
        Assert.Equal(1, view.FindTerm("all"u8).Stored![0].Place.Documents);

        index.Remove(0);
        (stored, chunks) = await TextViews.StoreAsync(index.Publish());
        Assert.Equal((1_000, 0, 0), (stored.Documents, stored.Runs[0].PostingChunks, stored.Runs[0].TermChunks));
        Assert.Empty(TextViews.Terms(TextIndex.Open(Hash, stored, chunks).Publish()));
    }

    [Fact]
    public async Task WriteAsync_WhileTheWriterGoesOn_StoresTheViewAsItWas()
    {
        var (index, expected) = (new TextIndex(Hash, TextLanguage.None), new TextIndex(Hash, TextLanguage.None));
        TextViews.Fill(index, 0, 20_000);
        TextViews.Fill(expected, 0, 20_000);
        var view = index.Publish();
        var next = 20_000;
        var chunks = new MemoryChunks
        {
            OnWrite = () =>
            {
                TextViews.Fill(index, next, 500);
                TextViews.Fill(index, next - 15_000, 10);
                next += 500;
            },
        };
        var stored = await StoredTextWriter.WriteAsync(view, null, chunks, CancellationToken.None);

        Assert.InRange(next, 25_000, 60_000);
        TextViews.AssertSame(expected.Publish(), TextIndex.Open(Hash, stored, chunks).Publish());
    }

    [Fact]
    public async Task WriteAsync_WhileAnotherThreadAdds_StoresTheViewAsItWas()
    {
        var (index, expected) = (new TextIndex(Hash, TextLanguage.None), new TextIndex(Hash, TextLanguage.None));
        TextViews.Fill(index, 0, 5_000);
        TextViews.Fill(expected, 0, 5_000);
        var view = index.Publish();
        var writer = Task.Run(() => TextViews.Fill(index, 2_500, 40_000), TestContext.Current.CancellationToken);
        do
        {
            var (stored, chunks) = await TextViews.StoreAsync(view);
            TextViews.AssertSame(expected.Publish(), TextIndex.Open(Hash, stored, chunks).Publish());
        }
        while (!writer.IsCompleted);
        await writer;
    }

    [Fact]
    public async Task WriteAsync_WhenItIsCancelled_Ends()
    {
        var index = new TextIndex(Hash, TextLanguage.None);
        TextViews.Fill(index, 0, 20_000);
        using var cancellation = new CancellationTokenSource();
        var chunks = new MemoryChunks { OnWrite = cancellation.Cancel };

        await Assert.ThrowsAsync<OperationCanceledException>(async () => await StoredTextWriter.WriteAsync(index.Publish(), null, chunks, cancellation.Token));
        Assert.Single(chunks.Written);
    }

    [Fact]
    public async Task WriteAsync_WhenRunsAreMerged_LoadsEachChunkOnceAndKeepsNone()
    {
        var index = new TextIndex(Hash, TextLanguage.None);
        TextViews.Fill(index, 0, 30_000);
        var (stored, chunks) = await TextViews.StoreAsync(index.Publish());
        var opened = TextIndex.Open(Hash, stored, chunks);
        var emptyBytes = opened.Bytes;
        var (all, copy) = await TextViews.StoreAsync(opened.Publish());

        Assert.Equal(chunks.All.Keys.Order(), chunks.Loaded.Order());
        Assert.Equal(emptyBytes, opened.Bytes);
        Assert.Equal(stored.Write(), all.Write());
        Assert.All(chunks.All, chunk => Assert.Equal(chunk.Value, copy.All[chunk.Key]));
    }
}
