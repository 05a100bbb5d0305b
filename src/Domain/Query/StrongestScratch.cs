namespace Cairn.Query;

/// <summary>A path from the start, as a step behind another one.</summary>
/// <param name="Key">Cost and length (<see cref="PathKey"/>).</param>
/// <param name="Row">Where it ends.</param>
/// <param name="Parent">The label of the path without its last step; −1: none.</param>
/// <param name="Next">Another label of the same row; −1: none.</param>
internal record struct PathLabel(long Key, int Row, int Parent, int Next);

/// <summary>What a search for the strongest path needs on top of <see cref="PathScratch"/>; pooled with it.</summary>
internal sealed class StrongestScratch(int rows)
{
    private PathLabel[] _labels = new PathLabel[256];

    /// <summary>By row: belongs to the search under way if it is its epoch (reached) or one more (settled).</summary>
    public uint[] BoundMarks { get; } = new uint[rows];

    /// <summary>By row: the key of the best path from there to the end, known so far.</summary>
    public long[] BoundKeys { get; } = new long[rows];

    /// <summary>Even, never 0.</summary>
    public uint BoundEpoch { get; private set; }

    /// <summary>Rows by bound.</summary>
    public MinHeap BoundHeap { get; } = new();

    /// <summary>Labels by key of the whole path at best.</summary>
    public MinHeap LabelHeap { get; } = new();

    /// <summary>Labels so far.</summary>
    public int LabelCount { get; private set; }

    /// <summary>Forgets the bounds.</summary>
    public void BeginBounds()
    {
        BoundHeap.Clear();
        BoundEpoch = unchecked(BoundEpoch + 2);
        if (BoundEpoch == 0)
        {
            Array.Clear(BoundMarks);
            BoundEpoch = 2;
        }
    }

    /// <summary>Forgets the labels.</summary>
    public void BeginLabels()
    {
        LabelHeap.Clear();
        LabelCount = 0;
    }

    public ref PathLabel Label(int number) => ref _labels[number];

    /// <summary>Adds a label and answers its number.</summary>
    public int AddLabel(in PathLabel label)
    {
        if (LabelCount == _labels.Length)
        {
            Array.Resize(ref _labels, LabelCount * 2);
        }

        _labels[LabelCount] = label;
        return LabelCount++;
    }
}
