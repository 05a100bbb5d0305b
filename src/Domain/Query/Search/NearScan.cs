using Cairn.Snapshots;

namespace Cairn.Query.Search;

/// <summary>
/// Finds what lies around some concepts, the closest first. The closeness of a concept is that of its best walk from one of them: half of it is lost with each association,
/// and of what is left the part that the association's strength, decayed to now, lacks.
/// Invariant: after level n, a row's closeness is that of its best walk of at most n associations.
/// </summary>
/// <remarks>Neither direction nor type matters. Implied concepts are passed and not found. Where it has followed <see cref="MaxAssociations"/>, it finds no more.</remarks>
internal sealed class NearScan<TFilter>(SearchQuery query, Snapshot snapshot, TFilter filter, int limit) : Scan<IReadOnlyList<RankedRow>>
    where TFilter : IRowFilter
{
    /// <summary>A hub has more neighbours than anybody reads.</summary>
    public const int MaxAssociations = 200_000;

    private const double LostPerHop = 0.5;
    private readonly Visibility _visibility = new(snapshot, query.Now, query.ValidAt);
    private readonly Dictionary<int, double> _closeness = query.Near.Distinct().ToDictionary(static row => row, static _ => 1d);
    private List<(int Row, double Closeness)> _level = [.. query.Near.Distinct().Select(static row => (row, 1d))];
    private Dictionary<int, double> _next = [];
    private int _hop;
    private int _at;
    private int _followed;
    private IReadOnlyList<RankedRow> _found = [];

    public override IReadOnlyList<RankedRow> Result => _found;

    public override bool Step()
    {
        var end = RowsVisited + RowsPerSlice;
        while (RowsVisited < end)
        {
            if (_at == _level.Count || RowsVisited >= MaxAssociations)
            {
                if (!TryNextLevel())
                {
                    Take();
                    return false;
                }

                return true;
            }

            if (TryFollow(_level[_at].Row, _level[_at].Closeness, Math.Min(end, MaxAssociations)))
            {
                (_at, _followed) = (_at + 1, 0);
            }
        }

        return true;
    }

    // False: the slice ends in the midst of the concept's associations. Going past those that were followed costs little beside following them.
    private bool TryFollow(int row, double closeness, long end)
    {
        var before = _followed;
        foreach (var edge in snapshot.Neighbors(row, Direction.Both))
        {
            if (before > 0)
            {
                before--;
                continue;
            }

            if (RowsVisited >= end)
            {
                return false;
            }

            RowsVisited++;
            _followed++;
            Follow(edge, closeness);
        }

        return true;
    }

    private void Follow(in NeighborEdge edge, double closeness)
    {
        if (!_visibility.ShowsAssociation(edge.Association) || !_visibility.ShowsEnd(edge.Neighbor))
        {
            return;
        }

        var there = closeness * LostPerHop * snapshot.Association(edge.Association).CurrentStrength(query.Now);
        if (there > _closeness.GetValueOrDefault(edge.Neighbor))
        {
            _closeness[edge.Neighbor] = there;
            _next[edge.Neighbor] = there;
        }
    }

    private bool TryNextLevel()
    {
        _hop++;
        (_level, _next, _at, _followed) = ([.. _next.Select(static next => (next.Key, next.Value))], [], 0, 0);
        return _hop < query.Hops && _level.Count > 0 && RowsVisited < MaxAssociations;
    }

    private void Take()
    {
        foreach (var row in query.Near)
        {
            _closeness.Remove(row);
        }

        using var best = new BoundedHeap<RankedRow, RankedRowOrder>(new(snapshot.Ids), limit);
        foreach (var (row, closeness) in _closeness)
        {
            if (filter.Accepts(row))
            {
                best.Offer(new(row, closeness));
            }
        }

        _found = best.TakeAll();
    }
}
