using System.Numerics;
using Cairn.Vectors;

namespace Cairn.Query.Search;

/// <summary>
/// Looks at the sketches of all vectors of a version, in slices, for the nearest ones. One thread.
/// Invariant: just so many are found, if there are, and which follows from the vectors and their rows, not from where they are in the index.
/// </summary>
/// <param name="view">The version; its index keeps sketches.</param>
/// <param name="query">What they are compared with.</param>
/// <param name="count">How many are looked for, at least 1.</param>
/// <param name="work">Counts what is done.</param>
internal sealed class SketchCandidates(VectorView view, EncodedQuery query, int count, WorkMeter work) : IDisposable
{
    // One block in so many tells how near the nearest are, so that few others are written down; twice as many are let through, so that hardly ever too few are.
    private const int BlocksPerSampled = 32, Margin = 2;
    private const int BlocksAhead = 8;
    private const int BytesPerUnit = 2 * 1024;
    private readonly SketchQuery _query = new(query);
    private readonly VectorBlock[] _ahead = new VectorBlock[BlocksAhead];
    private NearestSketches? _nearest;
    private bool _hasSampled = true;
    private int _next;
    private int _touched;

    /// <summary>Vectors looked at so far.</summary>
    public long RowsVisited { get; private set; }

    /// <summary>The nearest, in any order, after <see cref="Step"/> has answered false. Valid until it is disposed of.</summary>
    public ReadOnlyMemory<SketchedSlot> Found { get; private set; }

    /// <summary>Looks at the next slice; false: it is over.</summary>
    public bool Step()
    {
        _nearest ??= new(view, count, SampleLeast());
        for (; _next < view.BlockCount && !work.IsSliceSpent; _next += BlocksAhead)
        {
            LookAtSome(_nearest);
        }

        if (_next < view.BlockCount)
        {
            return true;
        }

        Found = _nearest.Take();
        if (Found.Length == count || !_hasSampled)
        {
            return false;
        }

        // The sample has misled.
        _nearest.Dispose();
        (_nearest, _next, _hasSampled) = (new(view, count, float.NegativeInfinity), 0, false);
        return true;
    }

    public void Dispose() => _nearest?.Dispose();

    private float SampleLeast()
    {
        using var sampled = new NearestSketches(view, Math.Max(1, Margin * count / BlocksPerSampled), float.NegativeInfinity);
        for (var block = 0; block < view.BlockCount; block += BlocksPerSampled)
        {
            LookAt(view.Block(block), sampled);
        }

        sampled.Take();
        return sampled.Least;
    }

    // Where some blocks are is found out first, so that memory is asked for all of them at once: by the time that one is looked at, the next ones have come.
    private void LookAtSome(NearestSketches nearest)
    {
        var some = Math.Min(BlocksAhead, view.BlockCount - _next);
        for (var i = 0; i < some; i++)
        {
            _ahead[i] = view.Block(_next + i);
            _touched += _ahead[i].Sketches.PointsOfSlots[0];
        }

        for (var i = 0; i < some; i++)
        {
            LookAt(_ahead[i], nearest);
        }
    }

    private void LookAt(VectorBlock block, NearestSketches nearest)
    {
        var live = view.LiveIn(block);
        if (live == 0)
        {
            return;
        }

        Span<float> keys = stackalloc float[VectorBlock.Slots];
        var sketches = block.Sketches;
        for (var found = _query.Compare(sketches, nearest.Least, keys) & live; found != 0; found &= found - 1)
        {
            var slot = BitOperations.TrailingZeroCount(found);
            nearest.Offer(new(keys[slot], (block.Number * VectorBlock.Slots) + slot));
        }

        RowsVisited += BitOperations.PopCount(live);
        work.Add(1 + (sketches.PointsOfSlots.Length / BytesPerUnit));
    }
}
