using Cairn.Columns;
using Cairn.Indexes;
using Cairn.Model;

namespace Cairn.Text;

/// <summary>
/// The texts of a space as of one snapshot: dictionary, postings and documents are shared with later versions and only grow; the count of documents, which of them are current,
/// and how long those are together, are of this version. Immutable; any thread.
/// </summary>
internal sealed class TextView
{
    private readonly SharedText _shared;
    private readonly VersionedBits _live;

    internal TextView(SharedText shared, in VersionedBits live, int documents, int liveDocuments, long liveTerms) =>
        (_shared, _live, Documents, LiveCount, LiveTerms) = (shared, live, documents, liveDocuments, liveTerms);

    /// <summary>How words became terms.</summary>
    public TextLanguage Language => _shared.Language;

    /// <summary>Documents so far, those included that are no longer current.</summary>
    public int Documents { get; }

    /// <summary>Current documents.</summary>
    public int LiveCount { get; }

    /// <summary>Terms of all current documents together.</summary>
    public long LiveTerms { get; }

    /// <summary>Terms of a current document on average; 1 if there are none.</summary>
    public double AverageTerms => LiveTerms > 0 ? LiveTerms / (double)LiveCount : 1;

    /// <summary>No document was replaced or deleted.</summary>
    public bool AllLive => LiveCount == Documents;

    /// <summary>The row and the length of a document below <see cref="Documents"/>.</summary>
    public ref readonly TextDocument this[int document] => ref _shared.Documents[document];

    /// <summary>The bits of the 64 documents that one is among: which of them are current.</summary>
    public ulong LiveWord(int document) => _live.Word(document / VersionedBits.BitsPerWord);

    /// <summary>Whether a document is its row's current one.</summary>
    public bool IsLive(int document) => document < Documents && _live.Contains(document);

    /// <summary>Terms of the dictionary, some of them perhaps of later versions.</summary>
    public int TermCount => _shared.Postings.TermCount;

    /// <summary>The bytes of a term.</summary>
    public ReadOnlySpan<byte> Term(int number) => _shared.Terms[number];

    /// <summary>The number of a term, or −1.</summary>
    public int FindTerm(ReadOnlySpan<byte> term) => _shared.Terms.Find(term);

    /// <summary>The postings of a term, those of documents that are no longer current among them.</summary>
    /// <param name="term">From <see cref="FindTerm"/>; −1: none.</param>
    public PostingCursor Read(int term) => _shared.Postings.Read(term, Documents);

    /// <summary>In how many current documents a term is. Takes time in its postings, if it cannot be told without reading them.</summary>
    public int Count(int term)
    {
        if (TryCount(term, out var count))
        {
            return count;
        }

        count = 0;
        var cursor = Read(term);
        for (cursor.MoveNext(); cursor.Document != PostingCursor.AtEnd; cursor.MoveNext())
        {
            count += IsLive(cursor.Document) ? 1 : 0;
        }

        return count;
    }

    /// <summary>In how many documents a term is, if that can be told without reading its postings.</summary>
    public bool TryCount(int term, out int count)
    {
        count = 0;
        return term < 0 || (AllLive && _shared.Postings.TryCount(term, Documents, out count));
    }

    /// <summary>The terms that begin with some bytes, in byte order.</summary>
    /// <param name="prefix">Folded, not reduced.</param>
    /// <param name="terms">Overwritten with their numbers; its length is how many are answered at most.</param>
    public int FindPrefix(ReadOnlySpan<byte> prefix, Span<int> terms)
    {
        var walk = _shared.TermOrder.From(TermCount, prefix, inclusive: true);
        var count = 0;
        while (count < terms.Length && walk.MoveNext() && _shared.Terms[walk.Current].StartsWith(prefix))
        {
            terms[count++] = walk.Current;
        }

        return count;
    }
}

/// <summary>One version of the text of a row.</summary>
/// <param name="Row">The concept's row.</param>
/// <param name="Terms">How many terms it has.</param>
internal readonly record struct TextDocument(int Row, int Terms);

/// <summary>What all views share.</summary>
/// <param name="language">How words become terms.</param>
/// <param name="terms">The dictionary.</param>
internal sealed class SharedText(TextLanguage language, KeyTable terms)
{
    public TextLanguage Language => language;

    public KeyTable Terms => terms;

    /// <summary>Terms in byte order, made when first asked for.</summary>
    public KeyOrder TermOrder { get; } = new(terms);

    public PostingLists Postings { get; } = new();

    public AppendList<TextDocument> Documents { get; } = new();
}
