namespace Cairn.Query;

/// <summary>A heap of numbers by key, then by tie; four children a node, which halves the depth and lies well in cache lines. Keeps its memory. One thread.</summary>
internal sealed class MinHeap
{
    private const int Arity = 4;
    private Entry[] _entries = new Entry[256];

    /// <summary>How many there are.</summary>
    public int Count { get; private set; }

    /// <summary>The smallest key; the heap is not empty.</summary>
    public long SmallestKey => _entries[0].Key;

    /// <summary>Takes everything out.</summary>
    public void Clear() => Count = 0;

    /// <summary>Adds an item.</summary>
    public void Push(long key, int tie, int item)
    {
        if (Count == _entries.Length)
        {
            Array.Resize(ref _entries, Count * 2);
        }

        var entry = new Entry(key, tie, item);
        var at = Count++;
        while (at > 0 && entry.IsBefore(_entries[(at - 1) / Arity]))
        {
            _entries[at] = _entries[(at - 1) / Arity];
            at = (at - 1) / Arity;
        }

        _entries[at] = entry;
    }

    /// <summary>Takes the smallest item out; the heap is not empty.</summary>
    public int Pop()
    {
        var top = _entries[0].Item;
        var last = _entries[--Count];
        var at = 0;
        for (var child = 1; child < Count; child = (at * Arity) + 1)
        {
            child = SmallestOf(child);
            if (!_entries[child].IsBefore(last))
            {
                break;
            }

            _entries[at] = _entries[child];
            at = child;
        }

        _entries[at] = last;
        return top;
    }

    private int SmallestOf(int first)
    {
        var smallest = first;
        for (var child = first + 1; child < Math.Min(first + Arity, Count); child++)
        {
            if (_entries[child].IsBefore(_entries[smallest]))
            {
                smallest = child;
            }
        }

        return smallest;
    }

    private readonly record struct Entry(long Key, int Tie, int Item)
    {
        public bool IsBefore(in Entry other) => Key < other.Key || (Key == other.Key && Tie < other.Tie);
    }
}
