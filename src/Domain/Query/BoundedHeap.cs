using System.Buffers;

namespace Cairn.Query;

/// <summary>
/// Keeps the first items in order out of any number that are offered: a heap with the last kept one on top, so that one that comes too late
/// costs a single comparison, and any number of items needs neither a sort nor memory for them. One thread.
/// </summary>
/// <param name="order">What comes first.</param>
/// <param name="capacity">How many are kept, at least 1.</param>
internal sealed class BoundedHeap<T, TOrder>(TOrder order, int capacity) : IDisposable
    where TOrder : IComparer<T>
{
    private T[] _heap = ArrayPool<T>.Shared.Rent(Math.Min(capacity, 64));

    /// <summary>How many are kept.</summary>
    public int Count { get; private set; }

    /// <summary>What comes is kept only if it is before <see cref="Last"/>.</summary>
    public bool IsFull => Count == capacity;

    /// <summary>The last one in order of those that are kept; there is one.</summary>
    public T Last => _heap[0];

    /// <summary>Keeps an item if it is among the first so far.</summary>
    public void Offer(T item)
    {
        if (Count < capacity)
        {
            Push(item);
        }
        else if (order.Compare(item, _heap[0]) < 0)
        {
            SiftDown(item, Count);
        }
    }

    /// <summary>Takes out the last one in order.</summary>
    public T TakeLast()
    {
        var last = _heap[0];
        Count--;
        SiftDown(_heap[Count], Count);
        return last;
    }

    /// <summary>Takes out all, the first one first.</summary>
    public T[] TakeAll()
    {
        var all = new T[Count];
        while (Count > 0)
        {
            all[Count - 1] = TakeLast();
        }

        return all;
    }

    public void Dispose()
    {
        ArrayPool<T>.Shared.Return(_heap);
        _heap = [];
    }

    private void Push(T item)
    {
        if (Count == _heap.Length)
        {
            var larger = ArrayPool<T>.Shared.Rent(Count * 2);
            _heap.CopyTo(larger, 0);
            ArrayPool<T>.Shared.Return(_heap);
            _heap = larger;
        }

        var at = Count++;
        while (at > 0 && order.Compare(_heap[(at - 1) / 2], item) < 0)
        {
            _heap[at] = _heap[(at - 1) / 2];
            at = (at - 1) / 2;
        }

        _heap[at] = item;
    }

    // Puts an item at the top of the first ones of the heap, in the place of the one that is there.
    private void SiftDown(T item, int count)
    {
        var at = 0;
        while (true)
        {
            var child = (at * 2) + 1;
            if (child >= count)
            {
                break;
            }

            if (child + 1 < count && order.Compare(_heap[child], _heap[child + 1]) < 0)
            {
                child++;
            }

            if (order.Compare(item, _heap[child]) >= 0)
            {
                break;
            }

            _heap[at] = _heap[child];
            at = child;
        }

        _heap[at] = item;
    }
}
