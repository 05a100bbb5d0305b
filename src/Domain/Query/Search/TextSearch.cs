using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using Cairn.Columns;
using Cairn.Indexes;
using Cairn.Text;

namespace Cairn.Query.Search;

/// <summary>
/// The best rows for a text query by BM25, the best first. First the documents of each clause are counted, then they are scored, window by window.
/// Invariants: every clause's weight is exact for the view, whatever is pruned; all documents that could be among the first are scored in full.
/// </summary>
/// <remarks>
/// Clauses go from those that are required and those that can add most to those that can add least. Once as many rows as are wanted are found, clauses that together cannot
/// lift a document over the last of them are asked only about documents that others found (MaxScore: Turtle and Flood 1995, by windows).
/// Equal scores are in byte order of the ids, so that processes agree.
/// </remarks>
[SuppressMessage("Design", "CA1001", Justification = "It disposes of its heap at its end; of a search that is given up, the collector takes the rented array.")]
internal sealed class TextSearch<TFilter> : Scan<IReadOnlyList<RankedRow>>
    where TFilter : IRowFilter
{
    // A posting takes some nanoseconds, a unit of work fifty.
    private const int PostingsPerUnit = 8;

    // Bounds and scores are sums in different order: what differs only by rounding is not pruned.
    private const double Rounding = 1 + 1e-9;
    private readonly TextView _view;
    private readonly Bm25 _model;
    private readonly TFilter _filter;
    private readonly BoundedHeap<RankedRow, RankedRowOrder> _best;
    private readonly DocumentWindow _window = new();
    private readonly double[] _scores = new double[DocumentWindow.Documents];
    private readonly ulong[] _found = new ulong[DocumentWindow.Documents / VersionedBits.BitsPerWord];
    private readonly List<WeighedClause> _counted = [];
    private readonly double _averageTerms;
    private readonly ClauseReader[] _readers;
    private WeighedClause[] _clauses = [];
    private RankedRow[] _hits = [];
    private int _count;
    private int _next;

    /// <summary>A clause with its weight, and what it and all behind it add to a score at most.</summary>
    private readonly record struct WeighedClause(ClauseReader Reader, double Weight, double BoundFromHere);

    /// <param name="view">Where it looks.</param>
    /// <param name="query">What it looks for.</param>
    /// <param name="model">How documents are scored.</param>
    /// <param name="ids">The ids of the rows.</param>
    /// <param name="filter">Which rows may be found.</param>
    /// <param name="limit">How many are found at most, at least 1.</param>
    public TextSearch(TextView view, TextQuery query, Bm25 model, KeyTable ids, TFilter filter, int limit)
    {
        (_view, _model, _filter, _averageTerms) = (view, model, filter, view.AverageTerms);
        _best = new(new(ids), limit);
        _readers = [.. query.Clauses.Select(clause => new ClauseReader(view, clause))];
    }

    public override IReadOnlyList<RankedRow> Result => _hits;

    public override bool Step()
    {
        if (_counted.Count < _readers.Length)
        {
            Count(_readers[_counted.Count]);
            return true;
        }

        if (_next == 0)
        {
            _clauses = Weigh();
        }

        if (_clauses.Length > 0 && TryEnterWindow())
        {
            Score();
            return true;
        }

        Take();
        return false;
    }

    private void Count(ClauseReader reader)
    {
        if (!reader.TryCount(out var documents))
        {
            if (TryEnterWindow(reader.FirstFrom(_next)))
            {
                _window.Begin(_next);
                _count += reader.CountIn(_window);
                Work.Add(reader.TakeRead() / PostingsPerUnit);
                Advance();
                return;
            }

            documents = _count;
            reader.Rewind();
        }

        var weight = documents == 0 ? 0 : Bm25.InverseDocumentFrequency(_view.LiveCount, documents);
        _counted.Add(new(reader, weight, 0));
        (_count, _next) = (0, 0);
    }

    // A required clause that is nowhere leaves nothing to be found.
    private WeighedClause[] Weigh()
    {
        if (_counted.Exists(static clause => clause.Weight == 0 && clause.Reader.IsRequired))
        {
            return [];
        }

        WeighedClause[] ordered =
        [
            .. _counted.Where(static clause => clause.Weight > 0)
                .OrderByDescending(static clause => clause.Reader.IsRequired).ThenByDescending(static clause => clause.Weight),
        ];
        var bound = 0d;
        for (var i = ordered.Length - 1; i >= 0; i--)
        {
            bound += _model.Bound(ordered[i].Weight);
            ordered[i] = ordered[i] with { BoundFromHere = bound * Rounding };
        }

        return ordered;
    }

    // Goes to the next window in which a row may be found.
    private bool TryEnterWindow()
    {
        var first = _clauses[0].Reader.FirstFrom(_next);
        foreach (ref readonly var clause in _clauses.AsSpan(1))
        {
            if (!_clauses[0].Reader.IsRequired && !IsHopeless(clause.BoundFromHere))
            {
                first = Math.Min(first, clause.Reader.FirstFrom(_next));
            }
        }

        return TryEnterWindow(first);
    }

    private bool TryEnterWindow(int document)
    {
        _next = document - (document % DocumentWindow.Documents);
        return document < _view.Documents;
    }

    private void Score()
    {
        Array.Clear(_scores);
        Array.Clear(_found);
        ScoreAll(_clauses[0], isFirst: true);
        foreach (ref readonly var clause in _clauses.AsSpan(1))
        {
            var mayAddRows = !_clauses[0].Reader.IsRequired && !IsHopeless(clause.BoundFromHere);
            if (mayAddRows || clause.Reader.IsRequired)
            {
                ScoreAll(clause, isFirst: false);
            }
            else
            {
                ScoreFound(clause);
            }
        }

        Collect();
        Advance();
    }

    private void Advance()
    {
        _next += DocumentWindow.Documents;
        RowsVisited += DocumentWindow.Documents;
    }

    private void Take()
    {
        _hits = _best.TakeAll();
        _best.Dispose();
    }

    private bool IsHopeless(double bound) => _best.IsFull && bound < _best.Last.Score;

    private double RelativeLength(int document) => _view[document].Terms / _averageTerms;

    private void ScoreAll(in WeighedClause clause, bool isFirst)
    {
        _window.Begin(_next);
        clause.Reader.Fill(_window);
        Work.Add(clause.Reader.TakeRead() / PostingsPerUnit);
        var frequencies = _window.Frequencies;
        for (var word = 0; word < _found.Length; word++)
        {
            var matches = _window.Matches[word];
            if (matches != 0)
            {
                matches &= _view.LiveWord(_next + (word * VersionedBits.BitsPerWord));
            }

            for (var rest = matches; rest != 0; rest &= rest - 1)
            {
                var at = (word * VersionedBits.BitsPerWord) + BitOperations.TrailingZeroCount(rest);
                _scores[at] += _model.Score(clause.Weight, frequencies[at], RelativeLength(_next + at));
            }

            _found[word] = clause.Reader.IsRequired && !isFirst ? _found[word] & matches : _found[word] | matches;
        }
    }

    private void ScoreFound(in WeighedClause clause)
    {
        for (var word = 0; word < _found.Length; word++)
        {
            for (var rest = _found[word]; rest != 0; rest &= rest - 1)
            {
                var at = (word * VersionedBits.BitsPerWord) + BitOperations.TrailingZeroCount(rest);
                if (!IsHopeless((_scores[at] * Rounding) + clause.BoundFromHere) && clause.Reader.FrequencyIn(_next + at) is > 0 and var frequency)
                {
                    _scores[at] += _model.Score(clause.Weight, frequency, RelativeLength(_next + at));
                }
            }
        }
    }

    private void Collect()
    {
        for (var word = 0; word < _found.Length; word++)
        {
            for (var rest = _found[word]; rest != 0; rest &= rest - 1)
            {
                var at = (word * VersionedBits.BitsPerWord) + BitOperations.TrailingZeroCount(rest);
                var row = _view[_next + at].Row;
                if (!IsHopeless(_scores[at]) && _filter.Accepts(row))
                {
                    _best.Offer(new(row, _scores[at]));
                }
            }
        }
    }
}
