using System.Text;
using Cairn.Domain.Tests.Formats.Segments;
using Cairn.Text;

namespace Cairn.Domain.Tests.Text;

/// <summary>What views hold, to compare them, and storing them.</summary>
internal static class TextViews
{
    /// <summary>A posting as a reader sees it.</summary>
    public sealed record Posting(int Row, int Frequency, string Positions);

    /// <summary>Stores a view on top of what was stored before; the state is written and read again.</summary>
    public static async Task<(StoredText Stored, MemoryChunks Chunks)> StoreAsync(TextView view, StoredText? before = null, MemoryChunks? chunks = null)
    {
        var next = chunks?.Next(before!.Sections) ?? new();
        var stored = StoredText.Read((await StoredTextWriter.WriteAsync(view, before, next, CancellationToken.None)).Write());
        return (stored, next);
    }

    /// <summary>The postings of a term in current documents, by row.</summary>
    public static List<Posting> Postings(TextView view, TextTerm term)
    {
        var found = new List<Posting>();
        var positions = new int[PostingLists.MaxPositions];
        for (var cursor = view.Read(term); view.MoveToNextLive(ref cursor);)
        {
            found.Add(new(view[cursor.Document].Row, cursor.Frequency, string.Join(' ', positions[..cursor.ReadPositions(positions)])));
        }

        return [.. found.OrderBy(static posting => posting.Row)];
    }

    public static List<Posting> Postings(TextView view, string term) => Postings(view, view.FindTerm(Encoding.UTF8.GetBytes(term)));

    /// <summary>All terms that current documents have, in byte order.</summary>
    public static List<string> Terms(TextView view)
    {
        var found = new List<string>();
        for (var walk = view.WalkTermsOnce(0); walk.MoveNext();)
        {
            if (view.Count(walk.Term) > 0)
            {
                found.Add(Encoding.UTF8.GetString(walk.Bytes));
            }
        }

        return found;
    }

    /// <summary>Two views hold the same, however they number documents.</summary>
    public static void AssertSame(TextView expected, TextView actual)
    {
        Assert.Equal((expected.Language, expected.LiveCount, expected.LiveTerms), (actual.Language, actual.LiveCount, actual.LiveTerms));
        Assert.Equal(expected.LiveCount, Enumerable.Range(0, actual.Documents).Count(actual.IsLive));
        var terms = Terms(expected);
        Assert.Equal(terms, Terms(actual));
        foreach (var term in terms)
        {
            var postings = Postings(expected, term);
            Assert.Equal(postings, Postings(actual, term));
            Assert.Equal(postings.Count, actual.Count(actual.FindTerm(Encoding.UTF8.GetBytes(term))));
        }

        Assert.False(actual.FindTerm("nowhere"u8).IsFound);
        AssertPrefixes(terms, expected, actual);
    }

    // Of terms that no current document has, an index may have some more than another.
    private static void AssertPrefixes(List<string> terms, TextView expected, TextView actual)
    {
        foreach (var prefix in terms.Select(static term => term[..((term.Length + 1) / 2)]).Distinct())
        {
            Assert.Equal(Prefixed(expected, prefix), Prefixed(actual, prefix));
        }

        static IEnumerable<string> Prefixed(TextView view, string prefix) =>
            view.FindPrefix(Encoding.UTF8.GetBytes(prefix), 1000).Select(term => string.Join(';', Postings(view, term))).Where(static postings => postings.Length > 0);
    }

    /// <summary>Puts texts of rows: a word that all have, one of two, one of many, and one that neighbours have.</summary>
    public static void Fill(TextIndex index, int from, int count)
    {
        for (var row = from; row < from + count; row++)
        {
            index.Put(row, Encoding.UTF8.GetBytes($"all {(row % 2 == 0 ? "even" : "odd")} word{row % 997} n{row / 64}"));
        }
    }
}
