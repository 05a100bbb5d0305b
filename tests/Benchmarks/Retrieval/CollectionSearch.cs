using System.Text;
using Cairn.Benchmarks.Reporting;
using Cairn.Indexes;
using Cairn.Model;
using Cairn.Query.Search;
using Cairn.Text;

namespace Cairn.Benchmarks.Retrieval;

/// <summary>A collection in an index, its queries' rankings, and the time that both took.</summary>
internal sealed class CollectionSearch
{
    /// <summary>How many documents a ranking has.</summary>
    public const int Depth = 1000;

    private const int IndexRounds = 5;
    private const int QueryRounds = 20;
    private readonly JudgedCollection _collection;
    private readonly byte[][][] _texts;
    private readonly KeyTable _ids = new(new(1));
    private readonly TextView _view;

    /// <param name="collection">What is indexed and asked.</param>
    /// <param name="withTitle">The title is a text of its own before the other.</param>
    public CollectionSearch(JudgedCollection collection, bool withTitle)
    {
        _collection = collection;
        _texts = [.. collection.Documents.Select(document => withTitle
            ? new[] { Encoding.UTF8.GetBytes(document.Title), Encoding.UTF8.GetBytes(document.Text) }
            : [Encoding.UTF8.GetBytes(document.Text)])];
        foreach (var document in collection.Documents)
        {
            _ids.FindOrAdd(Encoding.UTF8.GetBytes(document.Id));
        }

        TextBytes = _texts.Sum(static parts => parts.Sum(static part => (long)part.Length));
        var index = Index();
        for (var round = 0; round < IndexRounds; round++)
        {
            var before = ThreadClock.Nanoseconds();
            index = Index();
            IndexNanoseconds = Math.Min(IndexNanoseconds, ThreadClock.Nanoseconds() - before);
        }

        IndexBytes = index.Bytes;
        _view = index.Publish();
        Rankings = Rank(_view, Depth);
        QueryNanoseconds = TimeQueries(_view);
    }

    /// <summary>The first 1,000 documents for each query.</summary>
    public IReadOnlyList<(JudgedQuery Query, IReadOnlyList<string> Found)> Rankings { get; }

    public long TextBytes { get; }

    public long IndexBytes { get; }

    /// <summary>To index all documents: the least of some rounds.</summary>
    public long IndexNanoseconds { get; } = long.MaxValue;

    /// <summary>To find the first ten of a query, on average: the least of some rounds.</summary>
    public double QueryNanoseconds { get; }

    /// <summary>The text of a document, in one piece.</summary>
    public byte[] TextOf(int row) => _texts[row] is [var only] ? only : [.. _texts[row][0], (byte)'\n', .. _texts[row][1]];

    /// <summary>What a term weighs in full-text search: how rare it is.</summary>
    public double WeightOf(ReadOnlySpan<byte> term) =>
        Bm25.InverseDocumentFrequency(_view.LiveCount, _view.TryCount(_view.FindTerm(term), out var documents) ? documents : 0);

    private TextIndex Index()
    {
        var index = new TextIndex(new(1), TextLanguage.English);
        for (var row = 0; row < _texts.Length; row++)
        {
            foreach (var text in _texts[row])
            {
                index.Add(text);
            }

            index.End(row);
        }

        return index;
    }

    private double TimeQueries(TextView view)
    {
        var least = double.MaxValue;
        for (var round = 0; round < QueryRounds; round++)
        {
            var before = ThreadClock.Nanoseconds();
            foreach (var query in _collection.Queries)
            {
                Search(view, query, 10);
            }

            least = Math.Min(least, (ThreadClock.Nanoseconds() - before) / (double)_collection.Queries.Count);
        }

        return least;
    }

    private List<(JudgedQuery Query, IReadOnlyList<string> Found)> Rank(TextView view, int limit) =>
        [.. _collection.Queries.Select(query => (query, (IReadOnlyList<string>)[.. Search(view, query, limit).Select(hit => _collection.Documents[hit.Row].Id)]))];

    private IReadOnlyList<RankedRow> Search(TextView view, JudgedQuery query, int limit) =>
        new TextSearch<AllRows>(view, TextQuery.Parse(Encoding.UTF8.GetBytes(query.Text), view.Language), Bm25.Default, _ids, default, limit).Run(CancellationToken.None);

    private readonly struct AllRows : IRowFilter
    {
        public bool Accepts(int row) => true;
    }
}
