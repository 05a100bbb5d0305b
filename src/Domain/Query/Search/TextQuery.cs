using Cairn.Model;
using Cairn.Text;

namespace Cairn.Query.Search;

/// <summary>
/// What a text is searched for: words, of which each that is found adds to the score; <c>"words in quotes"</c>, a phrase that must be there; <c>begin*</c>, any word that begins
/// so. What is there twice counts once. Any text is a query: what means nothing is left out. Immutable.
/// </summary>
/// <remarks>
/// A phrase keeps the places of its stop words, whatever words are there. A prefix is compared with terms, which are stems: <c>connect*</c> finds all that becomes "connect",
/// and a prefix that is a word itself finds its own stem too, so that <c>running*</c> finds "run".
/// </remarks>
internal sealed class TextQuery
{
    /// <summary>Clauses of a query; what follows is left out.</summary>
    public const int MaxClauses = 128;

    /// <summary>Words of a phrase, stop words included; what follows is left out. Less than the places between two texts of a document.</summary>
    public const int MaxPhraseWords = 64;

    private readonly List<TextClause> _clauses = [];

    private TextQuery()
    {
    }

    /// <summary>Its parts, in order; none: nothing is found.</summary>
    public IReadOnlyList<TextClause> Clauses => _clauses;

    /// <summary>Reads a query.</summary>
    /// <param name="text">UTF-8; other bytes divide words.</param>
    /// <param name="language">That of the texts.</param>
    public static TextQuery Parse(ReadOnlySpan<byte> text, TextLanguage language)
    {
        var query = new TextQuery();
        while (!text.IsEmpty)
        {
            // A quote that nothing ends is a character like others.
            var open = text.IndexOf((byte)'"');
            var close = open < 0 ? -1 : text[(open + 1)..].IndexOf((byte)'"');
            query.AddWords(close < 0 ? text : text[..open], language);
            if (close < 0)
            {
                break;
            }

            query.AddPhrase(text.Slice(open + 1, close), language);
            text = text[(open + close + 2)..];
        }

        return query;
    }

    private void AddWords(ReadOnlySpan<byte> text, TextLanguage language)
    {
        Span<byte> term = stackalloc byte[Terms.MaxBytes];
        var words = new WordReader(text);
        while (words.MoveNext())
        {
            var isPrefix = words.End < text.Length && text[words.End] == '*';
            var length = Terms.Fold(words.Word, term);
            length = isPrefix ? length : Terms.Reduce(language, term[..length]);
            if (length > 0)
            {
                Add(new(isPrefix ? ClauseKind.Prefix : ClauseKind.Term, [new(term[..length].ToArray(), 0)], IsRequired: false));
            }
        }
    }

    private void AddPhrase(ReadOnlySpan<byte> text, TextLanguage language)
    {
        Span<byte> buffer = stackalloc byte[Terms.MaxBytes];
        var terms = new List<ClauseTerm>();
        var reader = new TermReader(text, language, buffer);
        var first = 0;
        while (reader.MoveNext() && reader.Position < MaxPhraseWords)
        {
            first = terms.Count == 0 ? reader.Position : first;
            terms.Add(new(reader.Term.ToArray(), reader.Position - first));
        }

        if (terms.Count > 0)
        {
            Add(new(terms.Count == 1 ? ClauseKind.Term : ClauseKind.Phrase, terms, IsRequired: true));
        }
    }

    private void Add(TextClause clause)
    {
        if (_clauses.Count < MaxClauses && !_clauses.Exists(clause.IsSame))
        {
            _clauses.Add(clause);
        }
    }
}
