using System.Buffers;
using Cairn.Vectors;

namespace Cairn.Query.Search;

/// <summary>A vector whose sketch was looked at.</summary>
/// <param name="Key">Greater is nearer, about.</param>
/// <param name="Number">Of its slot in the index.</param>
internal readonly record struct SketchedSlot(float Key, int Number);

/// <summary>
/// Keeps the nearest of any number of sketches, equal ones by row: some more are gathered, then the nearest of these are picked (quickselect, Hoare 1961), so that one costs little
/// more than to be written down. One thread.
/// </summary>
/// <param name="view">What they are of.</param>
/// <param name="count">How many are kept, at least 1.</param>
/// <param name="least">What is less is not kept.</param>
internal sealed class NearestSketches(VectorView view, int count, float least) : IDisposable
{
    private const int Room = 4;
    private SketchedSlot[] _gathered = ArrayPool<SketchedSlot>.Shared.Rent(Room * count);
    private int _count;

    /// <summary>What is less need not be offered.</summary>
    public float Least { get; private set; } = least;

    /// <summary>Keeps a sketch if it is among the nearest so far.</summary>
    public void Offer(in SketchedSlot slot)
    {
        if (_count == Room * count)
        {
            Pick();
        }

        _gathered[_count++] = slot;
    }

    /// <summary>The nearest, in any order. Valid until the next one is offered.</summary>
    public ReadOnlyMemory<SketchedSlot> Take()
    {
        if (_count > count)
        {
            Pick();
        }

        return _gathered.AsMemory(0, _count);
    }

    public void Dispose()
    {
        ArrayPool<SketchedSlot>.Shared.Return(_gathered);
        _gathered = [];
    }

    // Brings the nearest to the front. Keys are numbers, and rows differ, so that an order is whole.
    private void Pick()
    {
        var (low, high) = (0, _count - 1);
        while (low < high)
        {
            var (left, right) = Part(low, high);
            if (count - 1 <= right)
            {
                high = right;
            }
            else
            {
                low = left;
                high = count - 1 < left ? low : high;
            }
        }

        _count = count;
        Least = _gathered[0].Key;
        foreach (ref readonly var slot in _gathered.AsSpan(0, _count))
        {
            Least = Math.Min(Least, slot.Key);
        }
    }

    // Those before the middle one to the left, those behind it to the right; what is between both ends is equal to it.
    private (int Left, int Right) Part(int low, int high)
    {
        var pivot = _gathered[low + ((high - low) / 2)];
        while (low <= high)
        {
            while (IsBefore(_gathered[low], pivot))
            {
                low++;
            }

            while (IsBefore(pivot, _gathered[high]))
            {
                high--;
            }

            if (low <= high)
            {
                (_gathered[low], _gathered[high]) = (_gathered[high], _gathered[low]);
                low++;
                high--;
            }
        }

        return (low, high);
    }

    private bool IsBefore(in SketchedSlot one, in SketchedSlot other) =>
        one.Key > other.Key || (one.Key == other.Key && one.Number != other.Number && view.Slot(one.Number).Row < view.Slot(other.Number).Row);
}
