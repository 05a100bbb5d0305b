using System.Text;
using Cairn.Benchmarks.Workload;
using Cairn.Query.Search;

namespace Cairn.Benchmarks.Search;

/// <summary>
/// Queries of two or three words of one text each, neither among the 15 most frequent nor behind the 6,000th, and what they have to find, by scoring every text. The texts
/// of the benchmarks are lower-case words between spaces; a document is the id, the text and the role. Read-only after construction.
/// </summary>
internal sealed class SearchQueries
{
    private const int FirstRank = 15, LastRank = 6_000;
    private readonly Dictionary<string, List<(int Row, int Frequency)>> _postings = [];
    private readonly int[] _lengths;
    private readonly double _averageLength;

    public SearchQueries(Dataset data, int count)
    {
        var texts = Array.ConvertAll(data.Concepts, static concept => Encoding.ASCII.GetString(concept.Content).Split(' '));
        var ranks = texts.SelectMany(static words => words).CountBy(static word => word).OrderByDescending(static word => word.Value).Select(static word => word.Key)
            .Take(LastRank).Skip(FirstRank).ToHashSet();
        var random = new SeededRandom(Dataset.Seed);
        while (Words.Count < count)
        {
            var words = texts[random.Below(texts.Length)].Distinct().Where(ranks.Contains).ToArray();
            var taken = 2 + random.Below(2);
            if (words.Length >= taken)
            {
                random.Shuffle<string>(words);
                Words.Add(words[..taken]);
            }
        }

        _lengths = Array.ConvertAll(texts, static words => words.Length + 2);
        _averageLength = _lengths.Average();
        var wanted = Words.SelectMany(static words => words).ToHashSet();
        for (var row = 0; row < texts.Length; row++)
        {
            foreach (var (word, frequency) in texts[row].Where(wanted.Contains).CountBy(static word => word))
            {
                if (!_postings.TryGetValue(word, out var postings))
                {
                    _postings.Add(word, postings = []);
                }

                postings.Add((row, frequency));
            }
        }
    }

    /// <summary>The words of each query.</summary>
    public List<string[]> Words { get; } = [];

    /// <summary>A search for the words of each query, and nothing else.</summary>
    public SearchQuery[] Searches(int limit) =>
        [.. Words.Select(words => new SearchQuery { Now = CommitFeed.Start, Text = Encoding.ASCII.GetBytes(string.Join(' ', words)), Limit = limit })];

    /// <summary>The best rows, with every text that has one of the words scored; equal ones by id, which is the order of rows.</summary>
    public IEnumerable<int> Exhaustive(string[] words, int limit)
    {
        var scores = new double[_lengths.Length];
        foreach (var word in words)
        {
            var postings = _postings[word];
            var weight = Bm25.InverseDocumentFrequency(_lengths.Length, postings.Count);
            foreach (var (row, frequency) in postings)
            {
                scores[row] += Bm25.Default.Score(weight, frequency, _lengths[row] / _averageLength);
            }
        }

        return Enumerable.Range(0, scores.Length).Where(row => scores[row] > 0).OrderByDescending(row => scores[row]).Take(limit);
    }
}
