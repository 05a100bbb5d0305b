using Cairn.Columns;
using Cairn.Formats;
using Cairn.Model;
using Cairn.Primitives;

namespace Cairn.Text;

/// <summary>
/// The writer's side of full-text search: gives each version of a row's text a document number and adds its terms to the postings. One thread; views are for any.
/// Invariants: documents are numbered in the order they are added; a row has one current document at most; what a published view counts never changes.
/// </summary>
internal sealed class TextIndex
{
    /// <summary>Places left free between the texts of one document, so that no phrase reaches from one into the next: more than a phrase has words.</summary>
    public const int Gap = 128;

    private const int NoDocument = 0;
    private readonly SharedText _shared;
    private readonly VersionedBitsWriter _live;

    // Of what a checkpoint holds, until the current documents of rows are known.
    private readonly StoredText? _stored;

    // By row: its current document + 1.
    private readonly AppendList<int> _currentOfRow = new();
    private bool _knowsCurrent;
    private readonly DocumentTerms _terms = new();
    private int _liveCount;
    private long _liveTerms;

    /// <param name="hash">Spreads the terms.</param>
    /// <param name="language">How words become terms.</param>
    public TextIndex(KeyedHash hash, TextLanguage language) => (_shared, _live, _knowsCurrent) = (new(hash, language), new(), true);

    private TextIndex(KeyedHash hash, StoredText stored, IChunkSections chunks) =>
        (_shared, _live, _stored, _liveCount, _liveTerms) = (new(hash, stored, chunks), new(stored.Live), stored, stored.LiveCount, stored.LiveTerms);

    /// <summary>An index that begins with what a checkpoint holds. Chunks are loaded when they are needed; those of the documents, all of them, at the first change.</summary>
    /// <param name="hash">Spreads the terms that are added.</param>
    /// <param name="stored">What is stored.</param>
    /// <param name="chunks">Its chunks.</param>
    public static TextIndex Open(KeyedHash hash, StoredText stored, IChunkSections chunks) => new(hash, stored, chunks);

    /// <summary>How words become terms.</summary>
    public TextLanguage Language => _shared.Language;

    /// <summary>Documents so far, those included that are no longer current.</summary>
    public int Documents => _shared.Documents.Count;

    /// <summary>Bytes of memory, about.</summary>
    public long Bytes => _shared.Bytes + (_currentOfRow.Capacity * sizeof(int)) + (Documents / 8);

    /// <summary>Most of the documents are no longer current, so that writing the others anew (<see cref="CopyLive"/>) pays.</summary>
    public bool WantsCompaction => Documents > 2 * VersionedBits.BitsPerPage && _liveCount < Documents / 2;

    /// <summary>Adds a text to the document that <see cref="End"/> makes.</summary>
    /// <param name="text">UTF-8; other bytes divide words.</param>
    public void Add(ReadOnlySpan<byte> text)
    {
        Span<byte> buffer = stackalloc byte[Terms.MaxBytes];
        var reader = new TermReader(text, _shared.Language, buffer);
        while (reader.MoveNext())
        {
            // A dictionary that is full takes no more terms: such a term is not found, the others are.
            var term = _shared.Terms.FindOrAdd(reader.Term);
            if (term >= 0)
            {
                _terms.Add(term, reader.Position);
            }
        }

        _terms.Leave(reader.Position + 1 + Gap);
    }

    /// <summary>Makes what was added since the last call the text of a row, in the place of the one that it had; without any term the row has none.</summary>
    public void End(int row)
    {
        Remove(row);
        var document = Documents;
        if (_terms.Count > 0)
        {
            _shared.Postings.EnsureTerm(_shared.Terms.Count - 1);
            _terms.AddTo(_shared.Postings, document);
            SetCurrent(row, document, _terms.Count);
        }

        _terms.Clear();
    }

    /// <summary>Makes one text the text of a row.</summary>
    public void Put(int row, ReadOnlySpan<byte> text)
    {
        Add(text);
        End(row);
    }

    /// <summary>Takes a row's text away.</summary>
    public void Remove(int row)
    {
        LearnCurrent();
        if (row >= _currentOfRow.Count || _currentOfRow[row] == NoDocument)
        {
            return;
        }

        var document = _currentOfRow[row] - 1;
        _currentOfRow[row] = NoDocument;
        _live.Set(document, isIn: false);
        _liveCount--;
        _liveTerms -= _shared.Documents[document].Terms;
    }

    /// <summary>The version for readers: all that was done before.</summary>
    public TextView Publish()
    {
        Invariant.Require(_terms.Count == 0, "a document is ended before it is published");
        return new(_shared, _live.Publish(), Documents, _liveCount, _liveTerms);
    }

    /// <summary>A new index with the current documents of a view alone, numbered anew in the same order. Takes time in the size of the postings; any thread.</summary>
    public static TextIndex CopyLive(TextView view, KeyedHash hash)
    {
        var copy = new TextIndex(hash, view.Language);
        copy.CopyDocuments(view, out var numbers);
        Span<byte> body = stackalloc byte[PostingLists.MaxBodyBytes];
        for (var walk = view.WalkTermsOnce(0); walk.MoveNext();)
        {
            var target = -1;
            for (var cursor = view.Read(walk.Term); view.MoveToNextLive(ref cursor);)
            {
                if (target < 0)
                {
                    target = copy._shared.Terms.FindOrAdd(walk.Bytes);
                    copy._shared.Postings.EnsureTerm(target);
                }

                copy._shared.Postings.Append(target, numbers[cursor.Document], body[..cursor.CopyBody(body)]);
            }
        }

        return copy;
    }

    private void CopyDocuments(TextView view, out AppendList<int> numbers)
    {
        numbers = new();
        for (var document = 0; document < view.Documents; document++)
        {
            numbers.Add(Documents);
            if (view.IsLive(document))
            {
                SetCurrent(view[document].Row, Documents, view[document].Terms);
            }
        }
    }

    // Says of a stored index which document is each row's.
    private void LearnCurrent()
    {
        if (_knowsCurrent)
        {
            return;
        }

        for (var document = 0; document < _stored!.Documents; document++)
        {
            if (_stored.Live.Contains(document) && !TrySetOfRow(_shared.Documents[document].Row, document))
            {
                throw Malformed.Because("a text index has two current documents of one row");
            }
        }

        _knowsCurrent = true;
    }

    // False: the row has another one.
    private bool TrySetOfRow(int row, int document)
    {
        while (_currentOfRow.Count <= row)
        {
            _currentOfRow.Add(NoDocument);
        }

        ref var current = ref _currentOfRow[row];
        if (current != NoDocument && current != document + 1)
        {
            return false;
        }

        current = document + 1;
        return true;
    }

    private void SetCurrent(int row, int document, int terms)
    {
        Invariant.Require(TrySetOfRow(row, document), "a row has one current document");
        _shared.Documents.Add(new(row, terms));
        _live.Set(document, isIn: true);
        _liveCount++;
        _liveTerms += terms;
    }
}
