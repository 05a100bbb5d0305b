using System.Numerics;

namespace Cairn.Vectors;

/// <summary>
/// Measures how many clusters have to be looked into: for some vectors of the index, in which clusters the nearest others are, by a scan of all. In slices. One thread.
/// </summary>
internal sealed class ProbeCalibration
{
    /// <summary>Vectors that ask.</summary>
    public const int Queries = 100;

    /// <summary>The share of the nearest vectors that has to be in the clusters looked into. Queries are not drawn as vectors are: more than what is promised.</summary>
    public const double WantedRecall = 0.995;

    // At least one cluster in so many: what asks may lie elsewhere than what is stored.
    private const int ClustersPerProbe = 32;

    private static readonly int[] Depths = [10, 20, 40, 80, 160, 320, 640, 1280, 2560];
    private readonly VectorView _view;
    private readonly IReadOnlyList<VectorPlace> _queries;
    private readonly int[] _rankOf;
    private readonly float[] _keys;

    // By depth: how many of the nearest vectors were in the cluster of each rank.
    private readonly int[][] _found;
    private readonly PriorityQueue<int, float> _nearest = new();
    private EncodedQuery? _query;
    private int _next;
    private int _cluster;

    /// <param name="view">What is searched.</param>
    /// <param name="queries">Vectors of it.</param>
    public ProbeCalibration(VectorView view, IReadOnlyList<VectorPlace> queries)
    {
        (_view, _queries) = (view, queries);
        var clusters = view.Clustering.Count;
        (_rankOf, _keys) = (new int[clusters], new float[clusters]);
        _found = [.. Depths.Select(_ => new int[clusters])];
    }

    /// <summary>The plan, after <see cref="Step"/> has answered false.</summary>
    public ProbePlan Plan => new(Depths, [.. _found.Select(ProbesFor)]);

    /// <summary>Scans some clusters; false: it is over.</summary>
    /// <param name="comparisons">Of two vectors, about how many.</param>
    public bool Step(int comparisons)
    {
        if (_next == _queries.Count)
        {
            return false;
        }

        if (_query is null)
        {
            Begin();
        }

        for (var left = comparisons; left > 0 && _cluster < _keys.Length; _cluster++)
        {
            left -= Scan(_cluster);
        }

        if (_cluster == _keys.Length)
        {
            End();
        }

        return true;
    }

    private void Begin()
    {
        var place = _queries[_next];
        _query = EncodedQuery.Of(place.Codes, place.Value.Scale);
        _view.Clustering.Rank(_query, _keys);
        var order = Enumerable.Range(0, _keys.Length).ToArray();
        Array.Sort(order, (one, other) => _keys[one] != _keys[other] ? _keys[other].CompareTo(_keys[one]) : one.CompareTo(other));
        for (var rank = 0; rank < order.Length; rank++)
        {
            _rankOf[order[rank]] = rank;
        }

        _cluster = 0;
    }

    private int Scan(int cluster)
    {
        var compared = 1;
        Span<int> products = stackalloc int[VectorBlock.Slots];
        foreach (var block in _view.Blocks(cluster))
        {
            if (block is null)
            {
                break;
            }

            var live = _view.LiveIn(block);
            if (live == 0)
            {
                continue;
            }

            _query!.Multiply(block, live, products);
            compared += BitOperations.PopCount(live);
            for (var rest = live; rest != 0; rest &= rest - 1)
            {
                var slot = BitOperations.TrailingZeroCount(rest);
                Offer(_query.Key(products[slot], block[slot]), block[slot].Row, cluster);
            }
        }

        return compared;
    }

    private void Offer(float key, int row, int cluster)
    {
        if (row == _queries[_next].Row)
        {
            return;
        }

        if (_nearest.Count < Depths[^1])
        {
            _nearest.Enqueue(cluster, key);
        }
        else
        {
            _nearest.EnqueueDequeue(cluster, key);
        }
    }

    private void End()
    {
        while (_nearest.TryDequeue(out var cluster, out _))
        {
            for (var i = 0; i < Depths.Length; i++)
            {
                _found[i][_rankOf[cluster]] += _nearest.Count < Depths[i] ? 1 : 0;
            }
        }

        _query = null;
        _next++;
    }

    private static int ProbesFor(int[] found)
    {
        var wanted = WantedRecall * found.Sum(static count => (long)count);
        var (probes, sum) = (1, (double)found[0]);
        for (; probes < found.Length && sum < wanted; probes++)
        {
            sum += found[probes];
        }

        return Math.Max(probes, (found.Length + ClustersPerProbe - 1) / ClustersPerProbe);
    }
}
