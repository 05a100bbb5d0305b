using Cairn.Snapshots;

namespace Cairn.Query;

/// <summary>
/// The k best loopless paths. Source: Yen, "Finding the K Shortest Loopless Paths in a Network", Management Science 17, 1971, with
/// Lawler's rule that a path is only varied behind the place where it left its parent, so that no path is found twice.
/// </summary>
/// <remarks>Each search answers the first path, in the one order of all paths, of those that begin with a prefix and do not go on as a path
/// found before; these sets never overlap. So the smallest candidate is always the next path of the order.</remarks>
internal sealed class BestPaths(Snapshot snapshot, IPathSearch search, PathWeights weights, PathMode mode, SearchLimits limits)
{
    private readonly List<Candidate> _found = [];

    // In order; never longer than the paths that are still wanted.
    private readonly List<Candidate> _candidates = [];

    /// <summary>Finds up to a number of paths, the best first. Stops early when a limit is reached.</summary>
    public IReadOnlyList<ConceptPath> Find(int from, int to, int maxLength, int count)
    {
        Span<int> path = stackalloc int[PathQuery.MaxDepthLimit + 1];
        var length = search.Find(new() { From = from, To = to, MaxLength = maxLength, MaxCost = long.MaxValue }, path);
        if (length >= 0)
        {
            _candidates.Add(Complete(path[..(length + 1)], 0));
        }

        while (_candidates.Count > 0)
        {
            var next = _candidates[0];
            _candidates.RemoveAt(0);
            _found.Add(next);
            for (var at = next.LeftParentAt; at < next.Length && _found.Count < count && !limits.IsExhausted; at++)
            {
                Vary(next, at, to, maxLength, count - _found.Count);
            }

            // A candidate is the next path only if no search that could have found a better one was cut short.
            if (_found.Count == count || limits.IsExhausted)
            {
                break;
            }
        }

        return [.. _found.Select(found => new ConceptPath(found.Concepts, found.Associations, found.Score))];
    }

    // Looks for the best path that begins as this one does, up to a place, and goes on otherwise than all found before.
    private void Vary(Candidate path, int at, int to, int maxLength, int wanted)
    {
        Span<int> skip = stackalloc int[PathQuery.MaxLimit];
        Span<int> rest = stackalloc int[PathQuery.MaxDepthLimit + 1];
        var skipped = 0;
        var prefix = path.Concepts.AsSpan(0, at + 1);
        foreach (var found in _found)
        {
            if (found.Length > at && found.Concepts.AsSpan(0, at + 1).SequenceEqual(prefix))
            {
                skip[skipped++] = found.Concepts[at + 1];
            }
        }

        var worst = _candidates.Count == wanted ? _candidates[^1] : null;
        var length = search.Find(
            new()
            {
                Prefix = prefix[..at],
                From = prefix[at],
                To = to,
                Skip = skip[..skipped],
                MaxLength = (worst is not null && mode == PathMode.Shortest ? worst.Length : maxLength) - at,
                MaxCost = worst is null ? long.MaxValue : worst.Cost - path.CostBefore(at),
            },
            rest);
        if (length >= 0)
        {
            Add(Complete([.. prefix, .. rest.Slice(1, length)], at), wanted);
        }
    }

    private void Add(Candidate candidate, int wanted)
    {
        var place = _candidates.BinarySearch(candidate, Comparer<Candidate>.Create(Compare));
        _candidates.Insert(place < 0 ? ~place : place, candidate);
        if (_candidates.Count > wanted)
        {
            _candidates.RemoveAt(wanted);
        }
    }

    private Candidate Complete(ReadOnlySpan<int> concepts, int leftParentAt)
    {
        var associations = new int[concepts.Length - 1];
        var costs = new long[associations.Length];
        var score = 1d;
        for (var i = 0; i < associations.Length; i++)
        {
            (associations[i], var weight) = weights.Best(concepts[i], concepts[i + 1]);
            score *= weight;
            costs[i] = PathWeights.Cost(weight);
        }

        return new(concepts.ToArray(), associations, costs, score, leftParentAt);
    }

    private int Compare(Candidate a, Candidate b)
    {
        var order = mode == PathMode.Strongest ? a.Cost.CompareTo(b.Cost) : 0;
        order = order != 0 ? order : a.Length.CompareTo(b.Length);
        for (var i = 0; order == 0 && i < a.Concepts.Length; i++)
        {
            order = a.Concepts[i] == b.Concepts[i] ? 0 : snapshot.Ids[a.Concepts[i]].SequenceCompareTo(snapshot.Ids[b.Concepts[i]]);
        }

        return order;
    }

    private sealed record Candidate(int[] Concepts, int[] Associations, long[] Costs, double Score, int LeftParentAt)
    {
        public int Length => Associations.Length;

        public long Cost { get; } = Costs.Sum();

        public long CostBefore(int step) => Costs.AsSpan(0, step).ToArray().Sum();
    }
}
