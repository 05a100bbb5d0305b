using Cairn.Indexes;

namespace Cairn.Text;

/// <summary>Walks over the terms of a view in byte order, those of the runs and those in memory merged. One thread.</summary>
internal sealed class TermWalk
{
    private readonly SharedText _shared;
    private readonly KeyOrder.Walk _memory;
    private readonly RunTerms[] _runs;
    private readonly int _document;
    private readonly byte[] _term = new byte[Terms.MaxBytes];
    private int _length;

    // The term in memory that is next; −1: none is.
    private int _number;

    /// <param name="shared">Whose terms.</param>
    /// <param name="runs">Those that are walked over.</param>
    /// <param name="from">The first term is not before this.</param>
    /// <param name="document">Terms in memory that no document from this one on has are left out.</param>
    public TermWalk(SharedText shared, IEnumerable<TextRun> runs, ReadOnlySpan<byte> from, int document)
    {
        (_shared, _document) = (shared, document);
        _memory = shared.TermOrder.From(shared.Postings.TermCount, from, inclusive: true);
        MoveNextInMemory();
        var first = from.ToArray();
        _runs = [.. runs.Select(run => new RunTerms(run, first))];
    }

    /// <summary>The bytes of the term reached; they change with the next one.</summary>
    public ReadOnlySpan<byte> Bytes => _term.AsSpan(0, _length);

    /// <summary>The term reached.</summary>
    public TextTerm Term { get; private set; } = TextTerm.None;

    /// <summary>Goes to the next term.</summary>
    /// <exception cref="Primitives.CairnException">Corrupt, Unavailable.</exception>
    public bool MoveNext()
    {
        if (!TryTakeLeast())
        {
            return false;
        }

        var number = -1;
        if (_number >= 0 && _shared.Terms[_number].SequenceEqual(Bytes))
        {
            number = _number;
            MoveNextInMemory();
        }

        List<StoredList>? stored = null;
        foreach (var run in _runs)
        {
            if (!run.IsAtEnd && run.Current.SequenceEqual(Bytes))
            {
                (stored ??= []).Add(run.List);
                run.MoveNext();
            }
        }

        Term = new(number, stored?.ToArray());
        return true;
    }

    private bool TryTakeLeast()
    {
        var isFound = _number >= 0;
        var least = isFound ? _shared.Terms[_number] : default;
        foreach (var run in _runs)
        {
            if (!run.IsAtEnd && (!isFound || run.Current.SequenceCompareTo(least) < 0))
            {
                isFound = true;
                least = run.Current;
            }
        }

        least.CopyTo(_term);
        _length = least.Length;
        return isFound;
    }

    private void MoveNextInMemory()
    {
        do
        {
            _number = _memory.MoveNext() ? _memory.Current : -1;
        }
        while (_number >= 0 && !_shared.Postings.HasFrom(_number, _document));
    }

    /// <summary>The terms of one run in byte order.</summary>
    private sealed class RunTerms
    {
        private readonly TextRun _run;
        private TermChunk? _terms;
        private int _chunk;
        private int _at;

        public RunTerms(TextRun run, ReadOnlySpan<byte> from)
        {
            (_run, _chunk) = (run, Math.Max(0, run.ChunkOf(from)));
            if (_chunk < run.TermChunks)
            {
                _terms = run.Terms(_chunk);
                _at = _terms.LowerBound(from) - 1;
                MoveNext();
            }
        }

        public bool IsAtEnd => _terms is null;

        public ReadOnlySpan<byte> Current => _terms![_at];

        public StoredList List => new(_run, _terms!.Place(_at));

        public void MoveNext()
        {
            if (++_at == _terms!.Count)
            {
                _at = 0;
                _terms = ++_chunk < _run.TermChunks ? _run.Terms(_chunk) : null;
            }
        }
    }
}
