using System.Text;
using Cairn.Indexes;
using Cairn.Model;
using Cairn.Query.Search;
using Cairn.Text;

namespace Cairn.Domain.Tests.Query.Search;

/// <summary>What a search has to find, computed from the texts of the rows alone, with nothing kept between queries.</summary>
internal sealed class NaiveSearch(TextLanguage language)
{
    private readonly Dictionary<int, string[][]> _rows = [];

    private const string Gap = "";

    /// <summary>The rows that have terms.</summary>
    public IReadOnlyCollection<int> Rows => _rows.Keys;

    /// <summary>Makes some texts the text of a row.</summary>
    public void Put(int row, params string[] texts)
    {
        var terms = texts.Select(Words).ToArray();
        _rows.Remove(row);
        if (terms.Any(static text => text.Any(static term => term != Gap)))
        {
            _rows[row] = terms;
        }
    }

    public void Remove(int row) => _rows.Remove(row);

    public NaiveSearch Copy()
    {
        var copy = new NaiveSearch(language);
        foreach (var (row, texts) in _rows)
        {
            copy._rows[row] = texts;
        }

        return copy;
    }

    /// <summary>All rows that are found with their scores, the best first.</summary>
    public List<RankedRow> Search(TextQuery query, Bm25 model, KeyTable ids)
    {
        var average = _rows.Values.Average(Length);
        var scores = new Dictionary<int, double>();
        var required = new HashSet<int>(_rows.Keys);
        foreach (var clause in query.Clauses)
        {
            var found = _rows.Select(row => (row.Key, Count: Count(row.Value, clause))).Where(static row => row.Count > 0).ToList();
            var rarity = Math.Log(1 + ((_rows.Count - found.Count + 0.5) / (found.Count + 0.5)));
            foreach (var (row, count) in found)
            {
                var part = rarity * count * (model.K1 + 1) / (count + (model.K1 * (1 - model.B + (model.B * Length(_rows[row]) / average))));
                scores[row] = scores.GetValueOrDefault(row) + part;
            }

            if (clause.IsRequired)
            {
                required.IntersectWith(found.Select(static row => row.Key));
            }
        }

        return [.. scores.Where(score => required.Contains(score.Key)).Select(static score => new RankedRow(score.Key, score.Value))
            .OrderByDescending(static hit => hit.Score).ThenBy(hit => Encoding.UTF8.GetString(ids[hit.Row]), StringComparer.Ordinal)];
    }

    private static int Length(string[][] texts) => texts.Sum(static text => text.Count(static term => term != Gap));

    private static int Count(string[][] texts, TextClause clause)
    {
        string[] terms = [.. clause.Terms.Select(static item => Encoding.UTF8.GetString(item.Term))];
        return clause.Kind switch
        {
            ClauseKind.Prefix => texts.Sum(text => text.Count(term => term.StartsWith(terms[0], StringComparison.Ordinal))),
            _ => texts.Sum(text => Enumerable.Range(0, text.Length).Count(at =>
                Enumerable.Range(0, terms.Length).All(i => at + clause.Terms[i].Offset < text.Length && text[at + clause.Terms[i].Offset] == terms[i]))),
        };
    }

    private string[] Words(string text)
    {
        var words = new List<string>();
        var reader = new TermReader(Encoding.UTF8.GetBytes(text), language, new byte[Terms.MaxBytes]);
        while (reader.MoveNext())
        {
            while (words.Count < reader.Position)
            {
                words.Add(Gap);
            }

            words.Add(Encoding.UTF8.GetString(reader.Term));
        }

        return [.. words];
    }
}
