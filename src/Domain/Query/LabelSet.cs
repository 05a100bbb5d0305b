namespace Cairn.Query;

/// <summary>A path from the start to a row, as a step behind another one; or one from a row to the end, of which only the key matters.</summary>
/// <param name="Key">Cost and length (<see cref="PathKey"/>).</param>
/// <param name="Row">Where it ends, or begins.</param>
/// <param name="Parent">The label of the path without its last step; −1: none.</param>
/// <param name="Next">Another label of the same row; −1: none.</param>
internal record struct PathLabel(long Key, int Row, int Parent, int Next);

/// <summary>Labels of the rows of one search, none of a row better in every way than another, and the heap of those not yet taken. Keeps its memory.</summary>
internal sealed class LabelSet(int rows)
{
    /// <summary>No label.</summary>
    public const int None = -1;

    private readonly uint[] _epochs = new uint[rows];
    private readonly int[] _firsts = new int[rows];
    private PathLabel[] _labels = new PathLabel[256];
    private uint _epoch;
    private int _count;

    /// <summary>Labels not yet taken.</summary>
    public MinHeap Heap { get; } = new();

    /// <summary>Labels that its memory has room for.</summary>
    public int Capacity => _labels.Length;

    /// <summary>Forgets all labels.</summary>
    public void Begin()
    {
        Heap.Clear();
        _count = 0;
        _epoch = unchecked(_epoch + 1);
        if (_epoch == 0)
        {
            Array.Clear(_epochs);
            _epoch = 1;
        }
    }

    /// <summary>A label by number.</summary>
    public ref PathLabel this[int number] => ref _labels[number];

    /// <summary>The first label of a row, or <see cref="None"/>.</summary>
    public int First(int row) => _epochs[row] == _epoch ? _firsts[row] : None;

    /// <summary>The label of a row that is in no way worse than a key, or <see cref="None"/>.</summary>
    public int FindDominating(int row, long key, int butNot = None)
    {
        var number = First(row);
        while (number != None && (number == butNot || !PathKey.Dominates(_labels[number].Key, key)))
        {
            number = _labels[number].Next;
        }

        return number;
    }

    /// <summary>Adds a label that none dominates.</summary>
    /// <param name="key">Cost and length so far.</param>
    /// <param name="row">Its row.</param>
    /// <param name="parent">The label that it goes on from.</param>
    /// <param name="order">When it is to be taken: the key of the whole path at best.</param>
    public void Add(long key, int row, int parent, long order)
    {
        if (_count == _labels.Length)
        {
            Array.Resize(ref _labels, _count * 2);
        }

        _labels[_count] = new(key, row, parent, First(row));
        (_epochs[row], _firsts[row]) = (_epoch, _count);
        Heap.Push(order, PathKey.Length(key), _count++);
    }
}

/// <summary>What a search for the strongest path needs on top of <see cref="PathScratch"/>; pooled with it.</summary>
internal sealed class StrongestScratch(int rows)
{
    // Two times 10 MB with their heaps.
    private const int MaxKeptLabels = 256 * 1024;

    /// <summary>It grew past what is worth keeping for the next search.</summary>
    public bool IsLarge => Labels.Capacity > MaxKeptLabels || Bounds.Capacity > MaxKeptLabels;

    /// <summary>From the start.</summary>
    public LabelSet Labels { get; } = new(rows);

    /// <summary>From the end.</summary>
    public LabelSet Bounds { get; } = new(rows);

    /// <summary>Distances from the start.</summary>
    public HopScratch FromStart { get; } = new(rows);

    /// <summary>Distances to the end.</summary>
    public HopScratch ToEnd { get; } = new(rows);
}
