using Cairn.Snapshots;

namespace Cairn.Query;

/// <summary>How the associations of one concept in one direction are put in order; bytes compare as unsigned.</summary>
internal enum EdgeOrder
{
    /// <summary>By type, then the other end's id, then key.</summary>
    TypeFirst,

    /// <summary>By the other end's id, then type, then key.</summary>
    OtherFirst,
}

/// <summary>Keeps the first associations in order out of any number that are offered (<see cref="BoundedHeap{T, TOrder}"/>). One thread.</summary>
/// <param name="snapshot">What the rows belong to.</param>
/// <param name="order">What comes first.</param>
/// <param name="capacity">How many are kept, at least 1.</param>
internal sealed class EdgeSelection(Snapshot snapshot, EdgeOrder order, int capacity) : IDisposable
{
    private readonly BoundedHeap<Candidate, CandidateOrder> _first = new(new(snapshot, order), capacity);

    /// <summary>How many are kept.</summary>
    public int Count => _first.Count;

    /// <summary>Keeps an association if it is among the first so far.</summary>
    public void Offer(int association, int other, int type) => _first.Offer(new(association, other, type));

    /// <summary>Compares an association with a place in the order.</summary>
    public int CompareTo(int other, int type, int association, ReadOnlySpan<byte> placeType, ReadOnlySpan<byte> placeOther, ReadOnlySpan<byte> placeKey)
    {
        var byOther = snapshot.Ids[other].SequenceCompareTo(placeOther);
        if (order == EdgeOrder.OtherFirst && byOther != 0)
        {
            return byOther;
        }

        var byType = snapshot.Types[type].SequenceCompareTo(placeType);
        var compared = byType != 0 ? byType : byOther;
        return compared != 0 ? compared : snapshot.Association(association).Key.SequenceCompareTo(placeKey);
    }

    /// <summary>Takes out what was kept, the first first.</summary>
    /// <param name="outgoing">For the edges' own flag.</param>
    /// <param name="edges">As long as <see cref="Count"/>; overwritten.</param>
    public void TakeSorted(bool outgoing, Span<NeighborEdge> edges)
    {
        while (Count > 0)
        {
            var last = _first.TakeLast();
            edges[Count] = new(last.Association, last.Other, outgoing);
        }
    }

    /// <summary>Takes out what was kept, the first first, and adds the rows of the associations to a list.</summary>
    public void TakeSorted(List<int> associations)
    {
        var begin = associations.Count;
        while (Count > 0)
        {
            associations.Add(_first.TakeLast().Association);
        }

        associations.Reverse(begin, associations.Count - begin);
    }

    public void Dispose() => _first.Dispose();

    private readonly record struct Candidate(int Association, int Other, int Type);

    private readonly struct CandidateOrder(Snapshot snapshot, EdgeOrder order) : IComparer<Candidate>
    {
        public int Compare(Candidate a, Candidate b)
        {
            var byOther = order == EdgeOrder.OtherFirst ? CompareOthers(a, b) : 0;
            if (byOther != 0)
            {
                return byOther;
            }

            var byType = a.Type == b.Type ? 0 : snapshot.Types[a.Type].SequenceCompareTo(snapshot.Types[b.Type]);
            var compared = byType != 0 || order == EdgeOrder.OtherFirst ? byType : CompareOthers(a, b);
            return compared != 0 || a.Association == b.Association
                ? compared
                : snapshot.Association(a.Association).Key.SequenceCompareTo(snapshot.Association(b.Association).Key);
        }

        private int CompareOthers(in Candidate a, in Candidate b) =>
            a.Other == b.Other ? 0 : snapshot.Ids[a.Other].SequenceCompareTo(snapshot.Ids[b.Other]);
    }
}
