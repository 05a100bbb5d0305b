using Cairn.Columns;
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

    /// <summary>All views of one index have the same, in which document numbers mean the same.</summary>
    public object Lineage => _shared;

    /// <summary>Which documents are current.</summary>
    public VersionedBits Live => _live;

    /// <summary>A term by its bytes.</summary>
    /// <exception cref="Primitives.CairnException">Corrupt, Unavailable: of a run's chunk; so for all that reads terms and postings.</exception>
    public TextTerm FindTerm(ReadOnlySpan<byte> term)
    {
        List<StoredList>? stored = null;
        foreach (var run in _shared.Runs)
        {
            if (run.TryFind(term, out var list))
            {
                (stored ??= []).Add(list);
            }
        }

        return new(_shared.Terms.Find(term), stored?.ToArray());
    }

    /// <summary>The postings of a term, those of documents that are no longer current among them.</summary>
    public PostingCursor Read(TextTerm term) => _shared.Postings.Read(term.Number, Documents, term.Stored);

    /// <summary>In how many current documents a term is. Takes time in its postings, if it cannot be told without reading them.</summary>
    public int Count(TextTerm term)
    {
        if (TryCount(term, out var count))
        {
            return count;
        }

        count = 0;
        for (var cursor = Read(term); MoveToNextLive(ref cursor);)
        {
            count++;
        }

        return count;
    }

    /// <summary>In how many documents a term is, if that can be told without reading its postings.</summary>
    public bool TryCount(TextTerm term, out int count)
    {
        count = 0;
        if (!term.IsFound)
        {
            return true;
        }

        if (!AllLive || !_shared.Postings.TryCount(term.Number, Documents, out count))
        {
            return false;
        }

        foreach (var list in term.Stored ?? [])
        {
            count += list.Place.Documents;
        }

        return true;
    }

    /// <summary>Goes to the next current document.</summary>
    /// <returns>There is one.</returns>
    public bool MoveToNextLive(ref PostingCursor cursor)
    {
        do
        {
            cursor.MoveNext();
        }
        while (cursor.Document != PostingCursor.AtEnd && !IsLive(cursor.Document));
        return cursor.Document != PostingCursor.AtEnd;
    }

    /// <summary>The terms that begin with some bytes, in byte order.</summary>
    /// <param name="prefix">Folded, not reduced.</param>
    /// <param name="most">How many are answered at most.</param>
    public List<TextTerm> FindPrefix(ReadOnlySpan<byte> prefix, int most)
    {
        var found = new List<TextTerm>();
        var walk = new TermWalk(_shared, _shared.Runs, prefix, document: 0);
        while (found.Count < most && walk.MoveNext() && walk.Bytes.StartsWith(prefix))
        {
            found.Add(walk.Term);
        }

        return found;
    }

    /// <summary>A walk over all terms of documents from one on, some of them perhaps of later versions. What it loads, and what is read of its terms, is not kept: one thread.</summary>
    /// <param name="document">Runs that end before it are left out, also of the terms' postings.</param>
    public TermWalk WalkTermsOnce(int document) =>
        new(_shared, _shared.Runs.Where(run => run.End > document).Select(static run => run.Once()), default, document);

    /// <summary>The documents of a chunk of <see cref="TextDocuments.PerChunk"/>. What has to be loaded is not kept.</summary>
    public ReadOnlySpan<TextDocument> ReadDocumentsOnce(int chunk) =>
        _shared.Documents.ReadOnce(chunk).AsSpan(0, Math.Min(TextDocuments.PerChunk, Documents - (chunk * TextDocuments.PerChunk)));
}
