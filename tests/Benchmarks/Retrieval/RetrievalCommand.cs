using System.Globalization;
using Cairn.Benchmarks.Reporting;

namespace Cairn.Benchmarks.Retrieval;

/// <summary>How well full-text search finds what people judged to be relevant, and what it takes, beside the figures of another engine for the same files.</summary>
internal static class RetrievalCommand
{
    private const int Depth = CollectionSearch.Depth;

    /// <summary>
    /// SQLite's FTS5 with its own BM25, <c>porter unicode61</c>, the words of the query without stop words joined by OR, on the Cranfield collection (1,400 documents, 225 queries).
    /// Its MAP is of the first 50.
    /// </summary>
    private static readonly (string Name, RankingQuality Quality)[] Peers =
    [
        ("FTS5, text", new(0.409, 0.520, double.NaN, double.NaN)),
        ("FTS5, title and text", new(0.420, 0.528, double.NaN, double.NaN)),
    ];

    public static int Run(Options options)
    {
        if (options.Rest.FirstOrDefault() is not { } folder || !JudgedCollection.IsIn(folder))
        {
            Console.WriteLine("skipped: no folder with docs.jsonl, queries.jsonl and qrels.txt is given");
            return 0;
        }

        ThreadClock.UseCpuTime();
        Console.WriteLine(Hardware.Line());
        var collection = JudgedCollection.Read(folder);
        var rows = new List<string[]>();
        foreach (var (name, withTitle) in new[] { ("text", false), ("title and text", true) })
        {
            var search = new CollectionSearch(collection, withTitle);
            rows.AddRange(Row($"Cairn, {name}", search.Rankings, search));
            var hybrid = new HybridSearch(collection, search);
            rows.Add(Cells($"hashing, {name}", $"{Depth}", RankingQuality.Of(hybrid.Vectors, Depth), null));
            rows.Add(Cells($"hashing, query weighed, {name}", $"{Depth}", RankingQuality.Of(hybrid.Weighted, Depth), null));
            rows.Add(Cells($"fused without feedback, {name}", $"{Depth}", RankingQuality.Of(hybrid.PlainHybrid, Depth), null));
            rows.Add(Cells($"hybrid, {name}", $"{Depth}", RankingQuality.Of(hybrid.Hybrid, Depth), null));
            rows.Add(Cells($"hybrid, query weighed, {name}", $"{Depth}", RankingQuality.Of(hybrid.WeightedHybrid, Depth), null));
            Console.WriteLine($"hashing, {name}: {Number(collection.Documents.Count * 1e6 / hybrid.EmbedNanoseconds)} thousand texts/s of {Number(search.TextBytes / (double)collection.Documents.Count)} bytes");
            if (options.Value("--run") is { } file)
            {
                WriteRun($"{file}.{(withTitle ? "title" : "text")}", search.Rankings);
            }
        }

        rows.AddRange(Peers.Select(static peer => Cells(peer.Name, "50", peer.Quality, null)));
        FigureTable.PrintRows(Console.Out, ["", "depth", "MAP", "nDCG@10", "recall@10", "recall@50", "µs a query", "index MB/s", "bytes/text byte"], rows);
        return 0;
    }

    private static IEnumerable<string[]> Row(string name, IReadOnlyList<(JudgedQuery Query, IReadOnlyList<string> Found)> rankings, CollectionSearch search)
    {
        foreach (var depth in new[] { 50, Depth })
        {
            yield return Cells(name, $"{depth}", RankingQuality.Of(rankings, depth), depth == Depth ? search : null);
        }
    }

    private static string[] Cells(string name, string depth, RankingQuality quality, CollectionSearch? search) =>
    [
        name, depth, Share(quality.AveragePrecision), Share(quality.Gain), Share(quality.RecallAt10), Share(quality.RecallAt50),
        search is null ? "" : Number(search.QueryNanoseconds / 1000), search is null ? "" : Number(search.TextBytes * 1e3 / search.IndexNanoseconds),
        search is null ? "" : Number(search.IndexBytes / (double)search.TextBytes),
    ];

    private static string Share(double value) => double.IsNaN(value) ? "" : value.ToString("0.0000", CultureInfo.InvariantCulture);

    private static string Number(double value) => value.ToString("0.0", CultureInfo.InvariantCulture);

    // As TREC's evaluators read it.
    private static void WriteRun(string file, IReadOnlyList<(JudgedQuery Query, IReadOnlyList<string> Found)> rankings) =>
        File.WriteAllLines(file, rankings.SelectMany(static ranking => ranking.Found.Select((document, at) => $"{ranking.Query.Id} Q0 {document} {at + 1} {Depth - at} cairn")));
}
