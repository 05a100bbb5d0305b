using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using Cairn.Indexes;
using Cairn.Vectors;

namespace Cairn.Query.Search;

/// <summary>
/// The nearest vectors of an index that keeps sketches, in int8 alone, the nearest first: those whose sketches are nearest are compared by their codes. Of few vectors, and where the filter
/// accepts few, all are looked at.
/// Invariants: scores are those of the codes; a row is found only if the filter accepts it and the view has its vector; if the filter accepts fewer rows than are wanted, all of them are found.
/// </summary>
/// <remarks>How many sketches: so many for each row that is wanted, or a share of all, whichever is more, and 1 / s times as many where the filter accepts a share s.</remarks>
/// <param name="view">Where it looks.</param>
/// <param name="query">What vectors are compared with.</param>
/// <param name="ids">The ids of the rows.</param>
/// <param name="filter">Which rows may be found.</param>
/// <param name="limit">How many are found at most, at least 1.</param>
/// <param name="floor">What is not above it is not found.</param>
[SuppressMessage("Design", "CA1001", Justification = "It disposes of its heaps at its end; of a search that is given up, the collector takes the rented arrays.")]
internal sealed class SketchSearch<TFilter>(VectorView view, VectorQuery query, KeyTable ids, TFilter filter, int limit, float floor) : Scan<IReadOnlyList<RankedRow>>
    where TFilter : IRowFilter
{
    // With fewer a look at all codes is as fast.
    private const int MinVectors = 16 * 1024;

    // As measured, see ADR 0033.
    private const int CandidatesPerHit = 8, VectorsPerCandidate = 160, MinCandidates = 512;

    // With more candidates than one in so many vectors a look at all is as fast.
    private const int MinVectorsPerCandidate = 8;
    private const int SampledRows = 256, SlotsBetween = 37;
    private const int UnitsPerCandidate = 2;
    private readonly int _candidatesIfOpen = Math.Max(MinCandidates, Math.Max(CandidatesPerHit * limit, view.Count / VectorsPerCandidate));
    private BoundedHeap<RankedRow, RankedRowOrder>? _best;
    private SketchCandidates? _candidates;
    private VectorSearch<NoOriginals, TFilter>? _all;
    private bool _hasCandidates;
    private int _next;
    private int _asked;
    private int _accepted;
    private RankedRow[] _hits = [];

    public override IReadOnlyList<RankedRow> Result => _all?.Result ?? _hits;

    /// <summary>Whether all vectors had to be looked at.</summary>
    public bool LooksAtAll => _all is not null;

    public override bool Step()
    {
        Work.BeginSlice();
        if (_all is null && _candidates is null)
        {
            Begin();
        }

        return _all is not null ? StepOfAll() : LookOn() || _all is not null;
    }

    private bool StepOfAll()
    {
        _all!.Deadline = Deadline;
        var goesOn = _all.Step();
        RowsVisited = _all.RowsVisited + (_candidates?.RowsVisited ?? 0);
        return goesOn;
    }

    private void Begin()
    {
        var wanted = view.Count < MinVectors ? view.Count : _candidatesIfOpen / SampleShare();
        if (wanted > view.Count / MinVectorsPerCandidate)
        {
            LookAtAll();
            return;
        }

        (_candidates, _best) = (new(view, query.Encoded, (int)wanted, Work), new(new(ids), limit));
    }

    private void LookAtAll() => _all = new(view, query, default, ids, filter, limit, hasOriginals: false) { Floor = floor };

    // The share of the rows that the filter accepts, among some that are spread over all.
    private double SampleShare()
    {
        var (asked, accepted) = (0, 0);
        for (var i = 0; i < SampledRows; i++)
        {
            var block = view.Block((int)((long)i * view.BlockCount / SampledRows));
            if (view.LiveIn(block) is > 0 and var live)
            {
                asked++;
                var from = i * SlotsBetween % VectorBlock.Slots;
                var slot = (BitOperations.TrailingZeroCount(BitOperations.RotateRight(live, from)) + from) % VectorBlock.Slots;
                accepted += filter.Accepts(block[slot].Row) ? 1 : 0;
            }
        }

        Work.Add(asked);
        return (accepted + 1d) / (asked + 1d);
    }

    // False: it is over, or all have to be looked at.
    private bool LookOn()
    {
        if (!_hasCandidates)
        {
            _hasCandidates = !_candidates!.Step();
            RowsVisited = _candidates.RowsVisited;
            return true;
        }

        var found = _candidates!.Found.Span;
        for (; _next < found.Length && !Work.IsSliceSpent; _next++)
        {
            Compare(found[_next].Number);
        }

        if (_next < found.Length)
        {
            return true;
        }

        Finish(found.Length);
        return false;
    }

    private void Compare(int number)
    {
        Work.Add(UnitsPerCandidate);
        ref readonly var value = ref view.Slot(number);
        var key = query.Encoded.Key(query.Encoded.Multiply(view.Block(number / VectorBlock.Slots), number % VectorBlock.Slots), value);
        if (key < floor || (_best!.IsFull && key < _best.Last.Score))
        {
            return;
        }

        _asked++;
        if (filter.Accepts(value.Row))
        {
            _accepted++;
            _best.Offer(new(value.Row, key));
        }
    }

    // What the filter accepts may be behind the candidates, and among near ones it may accept fewer than elsewhere.
    private void Finish(int candidates)
    {
        var wanted = _candidatesIfOpen * (_asked + 1d) / (_accepted + 1d);
        if (_accepted < _asked && (!_best!.IsFull || wanted > 2d * candidates))
        {
            LookAtAll();
        }
        else
        {
            _hits = _best!.TakeAll();
        }

        _best.Dispose();
        _candidates!.Dispose();
    }
}
