using System.Buffers;
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

/// <summary>
/// Keeps the first associations in order out of any number that are offered: a heap with the last kept one on top, so that one that
/// comes too late costs a single comparison, and a concept with 100,000 associations needs neither a sort nor memory for them. One thread.
/// </summary>
internal sealed class EdgeSelection : IDisposable
{
    private readonly Snapshot _snapshot;
    private readonly EdgeOrder _order;
    private readonly int _capacity;
    private Candidate[] _heap;

    /// <param name="snapshot">What the rows belong to.</param>
    /// <param name="order">What comes first.</param>
    /// <param name="capacity">How many are kept, at least 1.</param>
    public EdgeSelection(Snapshot snapshot, EdgeOrder order, int capacity)
    {
        (_snapshot, _order, _capacity) = (snapshot, order, capacity);
        _heap = ArrayPool<Candidate>.Shared.Rent(Math.Min(capacity, 64));
    }

    /// <summary>How many are kept.</summary>
    public int Count { get; private set; }

    /// <summary>Keeps an association if it is among the first so far.</summary>
    public void Offer(int association, int other, int type)
    {
        var candidate = new Candidate(association, other, type);
        if (Count < _capacity)
        {
            Push(candidate);
        }
        else if (Compare(candidate, _heap[0]) < 0)
        {
            SiftDown(candidate, Count);
        }
    }

    /// <summary>Compares an association with a place in the order.</summary>
    public int CompareTo(int other, int type, int association, ReadOnlySpan<byte> placeType, ReadOnlySpan<byte> placeOther, ReadOnlySpan<byte> placeKey)
    {
        var byOther = _snapshot.Ids[other].SequenceCompareTo(placeOther);
        if (_order == EdgeOrder.OtherFirst && byOther != 0)
        {
            return byOther;
        }

        var byType = _snapshot.Types[type].SequenceCompareTo(placeType);
        var order = byType != 0 ? byType : byOther;
        return order != 0 ? order : _snapshot.Association(association).Key.SequenceCompareTo(placeKey);
    }

    /// <summary>Takes out what was kept, the first first.</summary>
    /// <param name="outgoing">For the edges' own flag.</param>
    /// <param name="edges">As long as <see cref="Count"/>; overwritten.</param>
    public void TakeSorted(bool outgoing, Span<NeighborEdge> edges)
    {
        while (Count > 0)
        {
            var last = TakeLast();
            edges[Count] = new(last.Association, last.Other, outgoing);
        }
    }

    /// <summary>Takes out what was kept, the first first, and adds the rows of the associations to a list.</summary>
    public void TakeSorted(List<int> associations)
    {
        var begin = associations.Count;
        while (Count > 0)
        {
            associations.Add(TakeLast().Association);
        }

        associations.Reverse(begin, associations.Count - begin);
    }

    public void Dispose()
    {
        ArrayPool<Candidate>.Shared.Return(_heap);
        _heap = [];
    }

    private Candidate TakeLast()
    {
        var last = _heap[0];
        Count--;
        SiftDown(_heap[Count], Count);
        return last;
    }

    private void Push(Candidate candidate)
    {
        if (Count == _heap.Length)
        {
            var larger = ArrayPool<Candidate>.Shared.Rent(Count * 2);
            _heap.CopyTo(larger, 0);
            ArrayPool<Candidate>.Shared.Return(_heap);
            _heap = larger;
        }

        var at = Count++;
        while (at > 0 && Compare(_heap[(at - 1) / 2], candidate) < 0)
        {
            _heap[at] = _heap[(at - 1) / 2];
            at = (at - 1) / 2;
        }

        _heap[at] = candidate;
    }

    // Puts a candidate at the top of the first items of the heap, in the place of the one that is there.
    private void SiftDown(Candidate candidate, int count)
    {
        var at = 0;
        while (true)
        {
            var child = (at * 2) + 1;
            if (child >= count)
            {
                break;
            }

            if (child + 1 < count && Compare(_heap[child], _heap[child + 1]) < 0)
            {
                child++;
            }

            if (Compare(candidate, _heap[child]) >= 0)
            {
                break;
            }

            _heap[at] = _heap[child];
            at = child;
        }

        _heap[at] = candidate;
    }

    private int Compare(in Candidate a, in Candidate b)
    {
        var byOther = _order == EdgeOrder.OtherFirst ? CompareOthers(a, b) : 0;
        if (byOther != 0)
        {
            return byOther;
        }

        var byType = a.Type == b.Type ? 0 : _snapshot.Types[a.Type].SequenceCompareTo(_snapshot.Types[b.Type]);
        var order = byType != 0 || _order == EdgeOrder.OtherFirst ? byType : CompareOthers(a, b);
        return order != 0 || a.Association == b.Association
            ? order
            : _snapshot.Association(a.Association).Key.SequenceCompareTo(_snapshot.Association(b.Association).Key);
    }

    private int CompareOthers(in Candidate a, in Candidate b) =>
        a.Other == b.Other ? 0 : _snapshot.Ids[a.Other].SequenceCompareTo(_snapshot.Ids[b.Other]);

    private readonly record struct Candidate(int Association, int Other, int Type);
}
