using System.Globalization;
using Cairn.Benchmarks.Reporting;
using Cairn.Benchmarks.Workload;
using Cairn.Query.Search;

namespace Cairn.Benchmarks.Retrieval;

/// <summary>How well searches of a space find what people judged to be relevant, by words, by the built-in model and by both, beside the figures of another engine for the same files.</summary>
internal static class RetrievalCommand
{
    private const int ShortDepth = 50;
    private const int Depth = CollectionSpace.Depth;

    /// <summary>
    /// SQLite's FTS5 with its own BM25, <c>porter unicode61</c>, the words of the query without stop words joined by OR, on the Cranfield collection (1,400 documents, 225 queries).
    /// </summary>
    private static readonly (string Name, RankingQuality Quality)[] Peers =
    [
        ("FTS5, text", new(0.409, 0.520, double.NaN, double.NaN)),
        ("FTS5, title and text", new(0.420, 0.528, double.NaN, double.NaN)),
    ];

    private static readonly SearchQuery Search = new() { Now = CommitFeed.Start, UsesBuiltInModel = true };

    private static readonly (string Name, SearchQuery Search)[] Searches =
    [
        ("words", Search with { Weights = new(1, 0, 0) }),
        ("meaning", Search with { Weights = new(0, 1, 0) }),
        ("both", Search),
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
        foreach (var (texts, withTitle) in new[] { ("text", false), ("title and text", true) })
        {
            var space = new CollectionSpace(collection, withTitle);
            foreach (var (name, search) in Searches)
            {
                var rankings = space.Rank(search);
                rows.Add(Cells($"{name}, {texts}", RankingQuality.Of(rankings, ShortDepth).AveragePrecision, RankingQuality.Of(rankings, Depth), space.Time(search)));
                if (options.Value("--run") is { } file)
                {
                    rankings.Write($"{file}.{name}.{(withTitle ? "title" : "text")}");
                }
            }
        }

        rows.AddRange(Peers.Select(static peer => Cells(peer.Name, peer.Quality.AveragePrecision, peer.Quality with { AveragePrecision = double.NaN }, double.NaN)));
        FigureTable.PrintRows(Console.Out, ["found by, in", $"MAP of {ShortDepth}", $"of {Depth:N0}", "nDCG@10", "recall@10", "recall@50", "µs a query"], rows);
        return 0;
    }

    private static string[] Cells(string name, double shortPrecision, RankingQuality quality, double nanoseconds) =>
    [
        name, Number(shortPrecision, "0.0000"), Number(quality.AveragePrecision, "0.0000"), Number(quality.Gain, "0.0000"), Number(quality.RecallAt10, "0.0000"),
        Number(quality.RecallAt50, "0.0000"), Number(nanoseconds / 1000, "0.0"),
    ];

    private static string Number(double value, string format) => double.IsNaN(value) ? "" : value.ToString(format, CultureInfo.InvariantCulture);
}
