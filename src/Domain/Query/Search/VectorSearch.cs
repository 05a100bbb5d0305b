using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using Cairn.Indexes;
using Cairn.Vectors;

namespace Cairn.Query.Search;

/// <summary>
/// The nearest vectors to a query, the nearest first. Clusters are looked into from the one whose centre is nearest; what is found there in int8 is ranked again by the
/// float32 originals. Of an index with one cluster all vectors are looked at.
/// Invariants: scores are exact, where there are originals; a row is found only if the filter accepts it and the view has its vector; if the filter accepts fewer rows than are wanted, all of them are found.
/// </summary>
/// <remarks>
/// How many clusters: as many as hold the limit / s nearest vectors by the index's plan, where s is the share that the filter accepts of those it was asked about.
/// Equal scores are in byte order of the ids, so that processes agree.
/// </remarks>
[SuppressMessage("Design", "CA1001", Justification = "It disposes of its heaps at its end; of a search that is given up, the collector takes the rented arrays.")]
internal sealed class VectorSearch<TSource, TFilter> : Scan<IReadOnlyList<RankedRow>>
    where TSource : IVectorSource
    where TFilter : IRowFilter
{
    // What int8 rounds off changes the order of close ones: so many are compared exactly for each that is wanted.
    private const int CandidatesPerHit = 2;
    private const int MinCandidates = 40;
    private const int CodesPerUnit = 2 * 1024;
    private readonly VectorView _view;
    private readonly EncodedQuery _query;
    private readonly TFilter _filter;
    private readonly int _limit;
    private readonly bool _hasOriginals;
    private readonly BoundedHeap<Candidate, CandidateOrder> _candidates;
    private readonly NearestVectors<TSource> _nearest;
    private readonly PriorityQueue<int, float> _clusters = new();
    private bool _isRanked;
    private int _block;
    private int _cluster = -1;
    private int _probes;
    private long _asked;
    private long _accepted;
    private RankedRow[] _hits = [];

    /// <param name="view">Where it looks.</param>
    /// <param name="query">What vectors are compared with.</param>
    /// <param name="source">The originals, as of the same snapshot.</param>
    /// <param name="ids">The ids of the rows.</param>
    /// <param name="filter">Which rows may be found.</param>
    /// <param name="limit">How many are found at most, at least 1.</param>
    /// <param name="hasOriginals">False: there are none to rank by again, so that scores are those of int8.</param>
    public VectorSearch(VectorView view, VectorQuery query, TSource source, KeyTable ids, TFilter filter, int limit, bool hasOriginals = true)
    {
        (_view, _query, _filter, _limit, _hasOriginals) = (view, query.Encoded, filter, limit, hasOriginals);
        _candidates = new(new(ids), hasOriginals ? Math.Max(MinCandidates, CandidatesPerHit * limit) : limit);
        _nearest = new(query, source, ids, limit);
    }

    /// <summary>What is not above it in int8 is not found.</summary>
    public float Floor { get; init; } = float.NegativeInfinity;

    /// <summary>Clusters looked into so far.</summary>
    public int Probes => _probes;

    public override IReadOnlyList<RankedRow> Result => _hits;

    public override bool Step()
    {
        Work.BeginSlice();
        if (!_isRanked)
        {
            Rank();
        }

        while (_cluster >= 0 && !Work.IsSliceSpent)
        {
            LookOn();
        }

        while (_cluster < 0 && _hasOriginals && _candidates.Count > 0 && !Work.IsSliceSpent)
        {
            Work.AddValue(_nearest.Offer(_candidates.TakeLast().Row));
        }

        if (_cluster >= 0 || (_hasOriginals && _candidates.Count > 0))
        {
            return true;
        }

        _hits = _hasOriginals ? _nearest.Take() : TakeCandidates();
        _nearest.Dispose();
        _candidates.Dispose();
        return false;
    }

    private RankedRow[] TakeCandidates()
    {
        var hits = new RankedRow[_candidates.Count];
        for (var i = hits.Length - 1; i >= 0; i--)
        {
            var candidate = _candidates.TakeLast();
            hits[i] = new(candidate.Row, candidate.Key);
        }

        return hits;
    }

    private readonly record struct Candidate(int Row, float Key);

    private readonly struct CandidateOrder(KeyTable ids) : IComparer<Candidate>
    {
        public int Compare(Candidate x, Candidate y) => x.Key != y.Key ? y.Key.CompareTo(x.Key) : ids[x.Row].SequenceCompareTo(ids[y.Row]);
    }

    private void Rank()
    {
        var keys = new float[_view.Clustering.Count];
        _view.Clustering.Rank(_query, keys);
        var clusters = new (int Cluster, float Order)[keys.Length];
        for (var cluster = 0; cluster < keys.Length; cluster++)
        {
            clusters[cluster] = (cluster, -keys[cluster]);
        }

        _clusters.EnqueueRange(clusters);
        Work.Add(keys.Length * _view.Spec.RowBytes / CodesPerUnit);
        _isRanked = true;
        NextCluster();
    }

    private void NextCluster()
    {
        var share = (_accepted + 1d) / (_asked + 1d);
        var isFilled = Floor > float.NegativeInfinity || _candidates.Count >= Math.Min(_limit, _view.Count);
        var isEnough = isFilled && _probes >= _view.Clustering.Plan.Probes(_limit / share);
        (_cluster, _block) = (!isEnough && _clusters.TryDequeue(out var next, out _) ? next : -1, 0);
        _probes += _cluster >= 0 ? 1 : 0;
    }

    // Looks at the next block of the cluster, or goes on to the next cluster.
    private void LookOn()
    {
        Work.Add(1);
        var blocks = _view.Blocks(_cluster);
        if (_block == blocks.Length || blocks[_block] is not { } block)
        {
            NextCluster();
            return;
        }

        _block++;
        var live = _view.LiveIn(block);
        if (live != 0)
        {
            LookAt(block, live);
        }
    }

    private void LookAt(VectorBlock block, ulong live)
    {
        Span<int> products = stackalloc int[VectorBlock.Slots];
        _query.Multiply(block, live, products);
        var count = BitOperations.PopCount(live);
        RowsVisited += count;
        Work.Add(count * _view.Spec.RowBytes / CodesPerUnit);
        var worst = _candidates.IsFull ? _candidates.Last.Key : Floor;
        for (var rest = live; rest != 0; rest &= rest - 1)
        {
            var slot = BitOperations.TrailingZeroCount(rest);
            ref readonly var value = ref block[slot];
            var key = _query.Key(products[slot], value);
            if (!(key < worst))
            {
                Offer(new(value.Row, key));
                worst = _candidates.IsFull ? _candidates.Last.Key : Floor;
            }
        }
    }

    private void Offer(Candidate candidate)
    {
        _asked++;
        Work.Add(1);
        if (_filter.Accepts(candidate.Row))
        {
            _accepted++;
            _candidates.Offer(candidate);
        }
    }
}
