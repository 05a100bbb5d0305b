using System.Text;
using Cairn.Benchmarks.Reporting;
using Cairn.Benchmarks.Workload;
using Cairn.Formats;
using Cairn.Model;
using Cairn.Query.Search;
using Cairn.Snapshots;

namespace Cairn.Benchmarks.Retrieval;

/// <summary>A collection as the concepts of a space, and what searches of that space find for its queries. One thread.</summary>
internal sealed class CollectionSpace
{
    /// <summary>How many documents a ranking has.</summary>
    public const int Depth = 1000;

    private const int TimedRounds = 5;
    private const int TimedHits = 10;

    // Shorter than what the first part of a list is made of, so that pages are read from both parts of it.
    private const int PageHits = 20;

    private readonly JudgedCollection _collection;
    private readonly Snapshot _snapshot;

    /// <param name="collection">What is put and asked.</param>
    /// <param name="withTitle">The title is an attribute beside the text, which is the content.</param>
    public CollectionSpace(JudgedCollection collection, bool withTitle)
    {
        _collection = collection;
        var (space, writer) = (new ReplayedSpace(), new CommitWriter(default));
        foreach (var document in collection.Documents)
        {
            CommitFeed.Begin(writer);
            Put(writer, document, withTitle);
            space.Apply(writer.Finish());
        }

        _snapshot = space.Publish();
    }

    /// <summary>The first documents that a search with each query's text finds, page by page.</summary>
    /// <param name="search">What is searched by beside the text.</param>
    public Rankings Rank(SearchQuery search) => new([.. _collection.Queries.Select(query => (query, (IReadOnlyList<string>)Find(search with { Text = Encoding.UTF8.GetBytes(query.Text) })))]);

    /// <summary>To find the first ten of a query, on average, in nanoseconds: the least of some rounds.</summary>
    /// <param name="search">What is searched by beside the text.</param>
    public double Time(SearchQuery search)
    {
        SearchQuery[] queries = [.. _collection.Queries.Select(query => search with { Text = Encoding.UTF8.GetBytes(query.Text), Limit = TimedHits })];
        return Samples.Least(TimedRounds, () =>
        {
            foreach (var query in queries)
            {
                query.Start(_snapshot).Run(CancellationToken.None);
            }
        }) / (double)queries.Length;
    }

    private List<string> Find(SearchQuery search)
    {
        var (found, after) = (new List<string>(), default(byte[]));
        do
        {
            var page = (search with { Limit = PageHits, After = after }).Start(_snapshot).Run(CancellationToken.None);
            found.AddRange(page.Hits.Select(hit => Encoding.UTF8.GetString(page.Snapshot.Ids[hit.Row])));
            after = page.PlaceAfter(page.Hits.Count);
        }
        while (after is not null && found.Count < Depth);

        return found;
    }

    private static void Put(CommitWriter writer, JudgedDocument document, bool withTitle)
    {
        writer.BeginPut(Encoding.UTF8.GetBytes(document.Id), OnExists.Fail);
        writer.Content(Encoding.UTF8.GetBytes(document.Text));
        if (withTitle)
        {
            writer.BeginAttributes();
            writer.Attribute("title"u8);
            writer.String(Encoding.UTF8.GetBytes(document.Title));
            writer.EndAttributes();
        }

        writer.EndOperation();
    }
}
