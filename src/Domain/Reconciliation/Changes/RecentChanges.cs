using Cairn.Primitives;

namespace Cairn.Reconciliation.Changes;

/// <summary>
/// The newest changes, which everybody who follows a space shares. Thread-safe.
/// Invariants: all changes behind the floor up to <see cref="Top"/> are here, in order; at most <see cref="MaxChanges"/>, and of more than
/// <see cref="MaxBytes"/> only the last one.
/// </summary>
internal sealed class RecentChanges
{
    /// <summary>Changes at most.</summary>
    public const int MaxChanges = 4096;

    /// <summary>Bytes of changes.</summary>
    public const long MaxBytes = 4 * 1024 * 1024;

    private readonly Lock _gate = new();
    private readonly Change?[] _ring = new Change?[MaxChanges];
    private LogPosition _floor;
    private long _first;
    private long _next;
    private long _bytes;

    /// <summary>How far somebody has read.</summary>
    public LogPosition Top { get; private set; }

    /// <summary>Changes kept.</summary>
    public int Count => (int)(_next - _first);

    /// <summary>The changes behind a position, if all of them up to <see cref="Top"/> are here.</summary>
    /// <returns>False: some are not.</returns>
    public bool TryRead(LogPosition after, int most, out ChangePage page)
    {
        lock (_gate)
        {
            page = default;
            if (after < _floor || after > Top)
            {
                return false;
            }

            var from = IndexBehind(after);
            var items = new Change[Math.Min(most, _next - from)];
            for (var i = 0; i < items.Length; i++)
            {
                items[i] = At(from + i);
            }

            page = new(items, from + items.Length == _next ? Top : items[^1].Position);
            return true;
        }
    }

    /// <summary>Adds what was read from <see cref="Top"/> on.</summary>
    public void Add(in ChangePage page)
    {
        lock (_gate)
        {
            foreach (var change in page.Items)
            {
                while (_next - _first == MaxChanges || (_bytes + change.Bytes > MaxBytes && _next > _first))
                {
                    RemoveFirst();
                }

                _ring[_next++ % MaxChanges] = change;
                _bytes += change.Bytes;
            }

            Top = page.Through;
        }
    }

    /// <summary>Lets all go and begins anew behind a position.</summary>
    public void Reset(LogPosition after)
    {
        lock (_gate)
        {
            while (_next > _first)
            {
                RemoveFirst();
            }

            (_floor, Top) = (after, after);
        }
    }

    private Change At(long index) => _ring[index % MaxChanges]!;

    private void RemoveFirst()
    {
        var change = At(_first);
        _ring[_first++ % MaxChanges] = null;
        _floor = change.Position;
        _bytes -= change.Bytes;
    }

    private long IndexBehind(LogPosition after)
    {
        var (low, high) = (_first, _next);
        while (low < high)
        {
            var middle = low + ((high - low) / 2);
            (low, high) = At(middle).Position <= after ? (middle + 1, high) : (low, middle);
        }

        return low;
    }
}
