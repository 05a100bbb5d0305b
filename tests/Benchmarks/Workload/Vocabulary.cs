using System.Text;

namespace Cairn.Benchmarks.Workload;

/// <summary>20,000 made-up words whose frequency falls as 1/rank (Zipf), as words of a language do. Immutable.</summary>
internal sealed class Vocabulary
{
    private const int WordCount = 20_000;
    private const string Consonants = "bcdfghklmnprstvz";
    private const string Vowels = "aeiou";
    private static readonly double[] Syllables = [.1, .55, .85, 1];
    private readonly byte[][] _words;
    private readonly double[] _cumulative = new double[WordCount];

    public Vocabulary(SeededRandom random)
    {
        var seen = new HashSet<string>(WordCount);
        var words = new List<byte[]>(WordCount);
        while (words.Count < WordCount)
        {
            var word = Word(random);
            if (word.Length > 2 && seen.Add(word))
            {
                words.Add(Encoding.UTF8.GetBytes(word));
            }
        }

        _words = [.. words];
        var total = 0.0;
        for (var rank = 0; rank < WordCount; rank++)
        {
            total += 1.0 / (rank + 1);
            _cumulative[rank] = total;
        }
    }

    /// <summary>A word, the more often the lower its rank.</summary>
    public ReadOnlySpan<byte> Draw(SeededRandom random)
    {
        var at = Array.BinarySearch(_cumulative, random.Unit() * _cumulative[^1]);
        return _words[Math.Min(at < 0 ? ~at : at, WordCount - 1)];
    }

    private static string Word(SeededRandom random)
    {
        var word = new StringBuilder();
        var drawn = random.Unit();
        for (var i = 0; i <= Array.FindIndex(Syllables, upTo => drawn < upTo); i++)
        {
            word.Append(Consonants[random.Below(Consonants.Length)]).Append(Vowels[random.Below(Vowels.Length)]);
        }

        return random.Unit() < .4 ? word.Append(Consonants[random.Below(Consonants.Length)]).ToString() : word.ToString();
    }
}
