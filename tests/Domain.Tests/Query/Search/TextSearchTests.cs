using System.Text;
using Cairn.Domain.Tests.Text;
using Cairn.Indexes;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Query;
using Cairn.Query.Search;
using Cairn.Text;

namespace Cairn.Domain.Tests.Query.Search;

public sealed class TextSearchTests
{
    private readonly TextIndex _index = new(new(7), TextLanguage.English);
    private readonly KeyTable _ids = Ids(5000);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void Run_WhenTextsWereUpdatedAtRandom_ScoresAsFromTheTextsAlone() => Properties.CheckRandom(25, random =>
    {
        var (index, naive) = (new TextIndex(new(3), TextLanguage.English), new NaiveSearch(TextLanguage.English));
        var earlier = new List<(TextView View, NaiveSearch Naive)>();
        for (var i = random.Next(1, 6000); i >= 0; i--)
        {
            Change(random, index, naive);
            if (random.Next(1500) == 0 || i == 0)
            {
                earlier.Add((index.Publish(), naive.Copy()));
                index = random.Next(2) == 0 ? Reopen(index.Publish()) : index;
                earlier.Add((index.Publish(), naive.Copy()));
            }
        }

        foreach (var (view, texts) in earlier.Where(static pair => pair.Naive.Rows.Count > 0))
        {
            for (var query = 0; query < 8; query++)
            {
                AssertSame(view, texts, RandomQuery(random), random.Next(1, 40));
            }
        }
    });

    [Fact]
    public void Run_WhenAPhraseIsQuoted_FindsOnlyRowsThatHaveIt()
    {
        Put(0, "the red apple tree");
        Put(1, "an apple that is red");
        Put(2, "red, apple and red apples");
        _index.Add("something red"u8);
        _index.Add("apple"u8);
        _index.End(3);

        Assert.Equal([0, 2], Rows("\"red apple\"").Order());
        Assert.Equal([0], Rows("\"red apple\" tree")[..1]);
        Assert.Equal([0, 2], Rows("\"red apple\" tree").Order());
        Assert.Equal([1], Rows("\"apple that is red\""));
        Assert.Equal([1], Rows("\"apple who was red\""));
        Assert.Empty(Rows("\"apple red\""));
        Assert.Empty(Rows("\"red apple\" \"pear\""));
    }

    [Fact]
    public void Run_WhenAWordEndsInAStar_FindsAllThatBeginSo()
    {
        Put(0, "connection");
        Put(1, "connectivity");
        Put(2, "convex");
        Put(3, "running");

        Assert.Equal([0, 1], Rows("connect*").Order());
        Assert.Equal([0, 1, 2], Rows("CON*").Order());
        Assert.Equal([3], Rows("running*"));
        Assert.Empty(Rows("xyz*"));
    }

    [Fact]
    public void Run_WhenRowsWereChanged_FindsWhatTheyAreNow()
    {
        Put(0, "apple");
        Put(1, "apple");
        var before = _index.Publish();
        Put(0, "pear");
        _index.Remove(1);

        Assert.Equal([0, 1], Run(before, "apple", 10).Select(static hit => hit.Row));
        Assert.Empty(Rows("apple"));
        Assert.Equal([0], Rows("pear"));
    }

    [Fact]
    public void Run_WhenScoresAreEqual_GoesByIds()
    {
        for (var row = 4999; row >= 0; row--)
        {
            Put(row, "apple");
        }

        Assert.Equal([0, 1, 10, 100, 1000], Rows("apple", 5));
    }

    [Theory]
    [InlineData("")]
    [InlineData("the of and")]
    [InlineData("\"\"")]
    [InlineData("\"the\"")]
    [InlineData("*")]
    [InlineData("nowhere")]
    public void Run_WhenNothingIsAskedFor_FindsNothing(string query)
    {
        Put(0, "apple the of and");

        Assert.Empty(Rows(query));
    }

    [Fact]
    public void Run_WhenThereIsNoText_FindsNothing() => Assert.Empty(Rows("apple"));

    [Fact]
    public void Run_WhenAFilterIsGiven_FindsTheBestOfTheRest()
    {
        for (var row = 0; row < 100; row++)
        {
            Put(row, string.Concat(Enumerable.Repeat("apple ", row + 1)) + "pear");
        }

        var search = new TextSearch<EvenRows>(_index.Publish(), TextQuery.Parse("apple"u8, TextLanguage.English), Bm25.Default, _ids, new EvenRows(), 3);

        Assert.All(search.Run(Token), static hit => Assert.Equal(0, hit.Row % 2));
        Assert.Equal(3, search.Result.Count);
    }

    [Fact]
    public void Run_WhenQueriesAreRandomBytes_Ends() => Properties.CheckRandom(100, random =>
    {
        Put(0, "a9 zé ß ing");
        Run(_index.Publish(), RandomTexts.Bytes(random, 400), 10);
    });

    [Fact]
    public void Run_WhenManyPostingsAreReadPastTheDeadline_SaysSo()
    {
        var words = string.Join(' ', Enumerable.Range(0, 100).Select(static word => $"w{word}"));
        for (var row = 0; row < 5000; row++)
        {
            Put(row, words);
        }

        TextSearch<AllRows> Search(string query) => new(_index.Publish(), TextQuery.Parse(Encoding.UTF8.GetBytes(query), TextLanguage.English), Bm25.Default, _ids, default, 5000)
        {
            Deadline = Deadline.After(TimeProvider.System, TimeSpan.Zero),
        };

        Assert.Equal(5000, Search("w1").Run(Token).Count);
        Assert.Equal("timeout", Assert.Throws<CairnException>(() => Search("w*").Run(Token)).Problem);
    }

    [Fact]
    public void Run_WhenManyRowsAreFound_AllocatesNothingForEach()
    {
        long Allocated(int rows)
        {
            var index = new TextIndex(new(1), TextLanguage.English);
            for (var row = 0; row < rows; row++)
            {
                index.Put(row, row % 3 == 0 ? "apple pear cart"u8 : "pear apple"u8);
            }

            var view = index.Publish();
            var query = TextQuery.Parse("apple pear \"pear apple\" ca*"u8, TextLanguage.English);
            return AllocatedBytes.Least(() => new TextSearch<AllRows>(view, query, Bm25.Default, _ids, default, 10).Run(Token));
        }

        Assert.InRange(Allocated(4900) - Allocated(490), -1024, 1024);
    }

    private static void Change(Random random, TextIndex index, NaiveSearch naive)
    {
        var row = random.Next(3000);
        if (random.Next(6) == 0)
        {
            index.Remove(row);
            naive.Remove(row);
            return;
        }

        string[] texts = [.. Enumerable.Range(0, random.Next(3)).Select(_ => RandomTexts.Words(random, random.Next(30), 60))];
        naive.Put(row, texts);
        foreach (var text in texts)
        {
            index.Add(Encoding.UTF8.GetBytes(text));
        }

        index.End(row);
    }

    private static string RandomQuery(Random random)
    {
        var parts = Enumerable.Range(0, random.Next(1, 7)).Select(_ => random.Next(8) switch
        {
            0 => $"\"{RandomTexts.Words(random, random.Next(1, 4), 12)}\"",
            1 => $"w{random.Next(7)}*",
            _ => $"w{random.Next(70)}",
        });
        return string.Join(' ', parts);
    }

    private void AssertSame(TextView view, NaiveSearch naive, string text, int limit)
    {
        var query = TextQuery.Parse(Encoding.UTF8.GetBytes(text), view.Language);
        RankingAssert.Same(naive.Search(query, Bm25.Default, _ids), Run(view, text, limit), limit);
    }

    private static TextIndex Reopen(TextView view)
    {
        var (stored, chunks) = TextViews.StoreAsync(view).GetAwaiter().GetResult();
        return TextIndex.Open(new(3), stored, chunks);
    }

    private static KeyTable Ids(int count)
    {
        var ids = new KeyTable(new KeyedHash(1));
        for (var row = 0; row < count; row++)
        {
            ids.FindOrAdd(Encoding.UTF8.GetBytes($"{row}"));
        }

        return ids;
    }

    private IReadOnlyList<RankedRow> Run(TextView view, string query, int limit) => Run(view, Encoding.UTF8.GetBytes(query), limit);

    private IReadOnlyList<RankedRow> Run(TextView view, byte[] query, int limit) =>
        new TextSearch<AllRows>(view, TextQuery.Parse(query, view.Language), Bm25.Default, _ids, default, limit).Run(Token);

    private int[] Rows(string query, int limit = 10) => [.. Run(_index.Publish(), query, limit).Select(static hit => hit.Row)];

    private void Put(int row, string text) => _index.Put(row, Encoding.UTF8.GetBytes(text));

    private readonly struct AllRows : IRowFilter
    {
        public bool Accepts(int row) => true;
    }

    private readonly struct EvenRows : IRowFilter
    {
        public bool Accepts(int row) => row % 2 == 0;
    }
}
