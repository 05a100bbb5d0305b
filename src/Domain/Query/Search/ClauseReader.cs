using System.Numerics;
using Cairn.Columns;
using Cairn.Text;

namespace Cairn.Query.Search;

/// <summary>Finds the documents of a view that a clause is in, forward only. One thread; no allocation per document.</summary>
internal sealed class ClauseReader
{
    /// <summary>Terms that a prefix stands for; those behind them in byte order are left out.</summary>
    public const int MaxPrefixTerms = 256;

    private readonly TextView _view;
    private readonly TextTerm[] _terms;
    private readonly int[] _offsets;
    private readonly PostingCursor[] _cursors;
    private readonly bool _isPhrase;
    private readonly int[] _places = [];
    private readonly int[] _others = [];
    private int _read;

    /// <param name="view">Where it looks.</param>
    /// <param name="clause">What it looks for.</param>
    public ClauseReader(TextView view, TextClause clause)
    {
        _view = view;
        (_isPhrase, IsRequired) = (clause.Kind == ClauseKind.Phrase, clause.IsRequired);
        _terms = clause.Kind == ClauseKind.Prefix ? Expand(clause.Terms[0].Term) : [.. clause.Terms.Select(item => view.FindTerm(item.Term))];
        _offsets = [.. clause.Terms.Select(static item => item.Offset)];
        _cursors = new PostingCursor[_terms.Length];
        if (_isPhrase)
        {
            (_places, _others) = (new int[PostingLists.MaxPositions], new int[PostingLists.MaxPositions]);
        }

        Rewind();
    }

    /// <summary>Only documents that have it are found.</summary>
    public bool IsRequired { get; }

    /// <summary>Postings that were read since this was last asked.</summary>
    public int TakeRead()
    {
        var read = _read;
        _read = 0;
        return read;
    }

    /// <summary>Begins again at the first document.</summary>
    public void Rewind()
    {
        for (var i = 0; i < _terms.Length; i++)
        {
            _cursors[i] = _view.Read(_terms[i]);
        }
    }

    /// <summary>In how many current documents it is, if that can be told without reading its postings.</summary>
    public bool TryCount(out int count)
    {
        count = 0;
        return _terms.Length == 0 || (_terms.Length == 1 && _view.TryCount(_terms[0], out count));
    }

    /// <summary>In how many current documents of a window it is.</summary>
    public int CountIn(DocumentWindow window)
    {
        Fill(window);
        var count = 0;
        for (var word = 0; word < window.Matches.Length; word++)
        {
            if (window.Matches[word] != 0)
            {
                count += BitOperations.PopCount(window.Matches[word] & _view.LiveWord(window.Start + (word * VersionedBits.BitsPerWord)));
            }
        }

        return count;
    }

    /// <summary>Adds the documents of a window that it is in, also those that are no longer current.</summary>
    public void Fill(DocumentWindow window)
    {
        if (_isPhrase)
        {
            FillPhrase(window);
            return;
        }

        foreach (ref var cursor in _cursors.AsSpan())
        {
            for (cursor.AdvanceTo(window.Start); cursor.Document < window.End; cursor.MoveNext(), _read++)
            {
                window.Add(cursor.Document, cursor.Frequency);
            }
        }
    }

    /// <summary>The first document that it is in, from one on that is not before any that was asked for; <see cref="PostingCursor.AtEnd"/>: in none.</summary>
    public int FirstFrom(int document)
    {
        if (_isPhrase)
        {
            return Align(document);
        }

        var first = PostingCursor.AtEnd;
        foreach (ref var cursor in _cursors.AsSpan())
        {
            cursor.AdvanceTo(document);
            first = Math.Min(first, cursor.Document);
        }

        return first;
    }

    /// <summary>How often it is in one document, which is not before any that was asked for. Not for phrases.</summary>
    public int FrequencyIn(int document)
    {
        var frequency = 0;
        foreach (ref var cursor in _cursors.AsSpan())
        {
            cursor.AdvanceTo(document);
            frequency += cursor.Document == document ? cursor.Frequency : 0;
        }

        return frequency;
    }

    private TextTerm[] Expand(byte[] prefix)
    {
        var terms = _view.FindPrefix(prefix, MaxPrefixTerms);

        // The word that the prefix is itself may be indexed by a stem that does not begin with it.
        Span<byte> stem = stackalloc byte[Terms.MaxBytes];
        prefix.CopyTo(stem);
        var own = _view.FindTerm(stem[..Terms.Reduce(_view.Language, stem[..prefix.Length])]);
        return !own.IsFound || terms.Contains(own) ? [.. terms] : [.. terms, own];
    }

    private void FillPhrase(DocumentWindow window)
    {
        for (var document = Align(window.Start); document < window.End; document = Align(document + 1))
        {
            var frequency = CountPhrase();
            if (frequency > 0)
            {
                window.Add(document, frequency);
            }
        }
    }

    // The first document, from one on, that has all terms.
    private int Align(int document)
    {
        for (var i = 0; i < _cursors.Length && document != PostingCursor.AtEnd;)
        {
            _cursors[i].AdvanceTo(document);
            (document, i) = _cursors[i].Document > document ? (_cursors[i].Document, 0) : (document, i + 1);
        }

        return document;
    }

    // Keeps of the places of the first term those that each other term follows at its distance.
    private int CountPhrase()
    {
        var count = _cursors[0].ReadPositions(_places);
        _read += count * _cursors.Length;
        for (var i = 1; i < _cursors.Length && count > 0; i++)
        {
            var others = _others.AsSpan(0, _cursors[i].ReadPositions(_others));
            var kept = 0;
            for (int place = 0, other = 0; place < count && other < others.Length;)
            {
                var distance = others[other] - _offsets[i] - _places[place];
                if (distance == 0)
                {
                    _places[kept++] = _places[place];
                }

                place += distance >= 0 ? 1 : 0;
                other += distance <= 0 ? 1 : 0;
            }

            count = kept;
        }

        return count;
    }
}
