using System.Text;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Text;

namespace Cairn.Domain.Tests.Text;

public sealed class TextIndexTests
{
    private readonly TextIndex _index = new(new(7), TextLanguage.English);

    [Fact]
    public void Publish_WhenTextsChange_LeavesEarlierViewsAsTheyWere()
    {
        Put(3, "fig pear");
        var first = _index.Publish();
        Put(3, "fig plum plum");
        Put(5, "pear");
        var second = _index.Publish();
        _index.Remove(3);
        var third = _index.Publish();

        Assert.Equal([(3, 1)], Find(first, "fig"));
        Assert.Equal([(3, 1)], Find(first, "pear"));
        Assert.Empty(Find(first, "plum"));
        Assert.Equal([(3, 1)], Find(second, "fig"));
        Assert.Equal([(5, 1)], Find(second, "pear"));
        Assert.Equal([(3, 2)], Find(second, "plum"));
        Assert.Empty(Find(third, "fig"));
        Assert.Equal([(5, 1)], Find(third, "pear"));
        Assert.Equal([1, 1, 0], new[] { first, second, third }.Select(static view => view.Count(view.FindTerm("fig"u8))));
        Assert.Equal([1, 1, 1], new[] { first, second, third }.Select(static view => view.Count(view.FindTerm("pear"u8))));
        Assert.Equal([0, 1, 0], new[] { first, second, third }.Select(static view => view.Count(view.FindTerm("plum"u8))));
        Assert.Equal((1, 2L), (first.LiveCount, first.LiveTerms));
        Assert.Equal((2, 4L), (second.LiveCount, second.LiveTerms));
        Assert.Equal((1, 1L), (third.LiveCount, third.LiveTerms));
    }

    [Fact]
    public void End_WhenATextHasNoTerms_TakesTheRowsTextAway()
    {
        Put(0, "fig");
        Put(0, "the and of …");
        _index.Remove(0);
        _index.Remove(99);

        Assert.Equal((0, 0L), (_index.Publish().LiveCount, _index.Publish().LiveTerms));
        Assert.Empty(Find(_index.Publish(), "fig"));
    }

    [Fact]
    public void End_WhenADocumentHasSeveralTexts_SetsThemApart()
    {
        _index.Add("fig pear"u8);
        _index.Add("plum"u8);
        _index.End(0);
        var view = _index.Publish();

        Assert.Equal([0], Positions(view, "fig"));
        Assert.Equal([1], Positions(view, "pear"));
        Assert.Equal([2 + TextIndex.Gap], Positions(view, "plum"));
        Assert.Equal(3, view[0].Terms);
    }

    [Fact]
    public void End_WhenATermIsEverywhere_KeepsItsFrequencyAndItsFirstPlaces()
    {
        Put(0, string.Concat(Enumerable.Repeat("plum ", 100_000)));
        Put(1, "plum");
        var view = _index.Publish();

        Assert.Equal([(0, 100_000), (1, 1)], Find(view, "plum"));
        Assert.Equal(Enumerable.Range(0, PostingLists.MaxPositions), Positions(view, "plum"));
    }

    [Fact]
    public void FindPrefix_WhenViewsDiffer_GivesTermsInByteOrder()
    {
        Put(0, "carbon card car care zebra");
        var view = _index.Publish();
        Put(1, "cart");

        Assert.Equal(["car", "carbon", "card", "care"], Prefix(view, "car").Where(static term => term != "cart"));
        Assert.Equal(["carbon"], Prefix(view, "carb"));
        Assert.Empty(Prefix(view, "x"));
    }

    [Fact]
    public void CopyLive_WhenDocumentsWereReplaced_HoldsTheSameInLess()
    {
        var random = new Random(11);
        for (var i = 0; i < 20_000; i++)
        {
            Put(random.Next(300), RandomTexts.Words(random, 12, 400));
        }

        var view = _index.Publish();
        Assert.True(_index.WantsCompaction);
        var copy = TextIndex.CopyLive(view, new(7));
        var copied = copy.Publish();

        Assert.False(copy.WantsCompaction);
        Assert.Equal((view.LiveCount, view.LiveTerms, view.LiveCount), (copied.LiveCount, copied.LiveTerms, copied.Documents));
        Assert.InRange(copy.Bytes, 1, _index.Bytes / 4);
        for (var word = 0; word < 400; word++)
        {
            Assert.Equal(Find(view, $"w{word}"), Find(copied, $"w{word}"));
        }

        // The copy goes on as the index would.
        copy.Remove(view[Enumerable.Range(0, view.Documents).First(view.IsLive)].Row);
        Assert.Equal(view.LiveCount - 1, copy.Publish().LiveCount);
    }

    [Fact]
    public void Read_WhenUpdatesAreRandom_AgreesWithTheTextsOfEachView() => Properties.CheckRandom(10, random =>
    {
        var index = new TextIndex(new(3), TextLanguage.None);
        var texts = new Dictionary<int, string>();
        var views = new List<(TextView View, Dictionary<int, string> Texts)>();
        for (var i = 0; i < 600; i++)
        {
            var row = random.Next(80);
            if (random.Next(5) == 0)
            {
                index.Remove(row);
                texts.Remove(row);
            }
            else
            {
                texts[row] = RandomTexts.Words(random, random.Next(1, 200), 60);
                index.Put(row, Encoding.UTF8.GetBytes(texts[row]));
            }

            if (random.Next(40) == 0)
            {
                views.Add((index.Publish(), new(texts)));
            }
        }

        foreach (var (view, expected) in views)
        {
            Assert.Equal(expected.Count, view.LiveCount);
            for (var word = 0; word < 60; word++)
            {
                var found = expected.Select(pair => (pair.Key, pair.Value.Split(' ').Count(item => item == $"w{word}"))).Where(static pair => pair.Item2 > 0);
                Assert.Equal(found.Order(), Find(view, $"w{word}").Order());
            }
        }
    });

    [Fact]
    public void Read_WhenTheWriterAdds_HoldsEverythingThatWasPublished()
    {
        const int Documents = 60_000;
        TextView? published = null;
        var wrong = 0;
        var reader = new Thread(() =>
        {
            for (var last = 0; last < Documents;)
            {
                if (Volatile.Read(ref published) is { } view)
                {
                    last = view.Documents;
                    wrong += Count(view, "all") == last && Count(view, "even") == (last + 1) / 2 ? 0 : 1;
                }
            }
        });
        reader.Start();
        for (var row = 0; row < Documents; row++)
        {
            _index.Put(row, row % 2 == 0 ? "all even"u8 : "all odd"u8);
            if (row % 7 == 0 || row == Documents - 1)
            {
                Volatile.Write(ref published, _index.Publish());
            }
        }

        reader.Join();
        Assert.Equal(0, wrong);
    }

    [Fact]
    public void Put_WhenTermsAreKnown_AllocatesLittle()
    {
        var text = Encoding.UTF8.GetBytes(RandomTexts.Words(new(5), 100, 50));
        for (var row = 0; row < 3000; row++)
        {
            _index.Put(row, text);
        }

        // Postings and lists grow now and then by a chunk; terms cost nothing.
        Assert.InRange(AllocatedBytes.Least(() => _index.Put(1, text)), 0, 0);
    }

    [Fact]
    public void Bytes_WhenASpaceHasLittleText_AreFew()
    {
        Put(0, "a few words about somebody");

        Assert.InRange(_index.Bytes, 1, 8 * 1024);
    }

    private static int Count(TextView view, string term)
    {
        var count = 0;
        for (var cursor = view.Read(view.FindTerm(Encoding.UTF8.GetBytes(term))); cursor.Document != PostingCursor.AtEnd; cursor.MoveNext())
        {
            count += cursor.Document >= 0 ? 1 : 0;
        }

        return count;
    }

    private static List<(int Row, int Frequency)> Find(TextView view, string term)
    {
        var found = new List<(int, int)>();
        for (var cursor = view.Read(view.FindTerm(Encoding.UTF8.GetBytes(term))); cursor.Document != PostingCursor.AtEnd; cursor.MoveNext())
        {
            if (cursor.Document >= 0 && view.IsLive(cursor.Document))
            {
                found.Add((view[cursor.Document].Row, cursor.Frequency));
            }
        }

        return found;
    }

    private static int[] Positions(TextView view, string term)
    {
        var cursor = view.Read(view.FindTerm(Encoding.UTF8.GetBytes(term)));
        cursor.MoveNext();
        var positions = new int[PostingLists.MaxPositions];
        return positions[..cursor.ReadPositions(positions)];
    }

    private static string[] Prefix(TextView view, string prefix)
    {
        var texts = new Dictionary<TextTerm, string>();
        for (var walk = view.WalkTermsOnce(0); walk.MoveNext();)
        {
            texts.Add(walk.Term, Encoding.UTF8.GetString(walk.Bytes));
        }

        return [.. view.FindPrefix(Encoding.UTF8.GetBytes(prefix), 100).Select(term => texts[term])];
    }

    private void Put(int row, string text) => _index.Put(row, Encoding.UTF8.GetBytes(text));
}
