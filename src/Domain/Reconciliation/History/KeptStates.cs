using Cairn.Primitives;
using Cairn.Reconciliation.Checkpoints;
using Cairn.Snapshots;

namespace Cairn.Reconciliation.History;

/// <summary>States that were asked for lately. One thread at a time. Invariant: at most <see cref="MostStates"/>, the one used last at the end.</summary>
internal sealed class KeptStates(TimeProvider time)
{
    /// <summary>States at most: each may come to hold as much as the live one.</summary>
    public const int MostStates = 4;

    private readonly List<Kept> _states = [];

    private readonly record struct Kept(LogBound Bound, Snapshot Snapshot, long UsedAt);

    /// <summary>No state is kept.</summary>
    public bool IsEmpty => _states.Count == 0;

    /// <summary>Finds what was added for a bound, or ends at the position that it names; null: it is not here.</summary>
    public Snapshot? Find(LogBound bound)
    {
        var index = _states.FindIndex(kept => kept.Bound == bound || LogBound.At(kept.Snapshot.Position) == bound);
        if (index < 0)
        {
            return null;
        }

        var found = _states[index];
        _states.RemoveAt(index);
        _states.Add(found with { UsedAt = time.GetTimestamp() });
        return found.Snapshot;
    }

    /// <summary>Keeps a state; the one that was not used for the longest time goes if there are too many.</summary>
    public void Add(LogBound bound, Snapshot snapshot)
    {
        if (_states.Count == MostStates)
        {
            _states.RemoveAt(0);
        }

        _states.Add(new(bound, snapshot, time.GetTimestamp()));
    }

    /// <summary>Lets go what was not used for so long.</summary>
    public void DropIdle(TimeSpan idle) => _states.RemoveAll(kept => time.GetElapsedTime(kept.UsedAt) >= idle);

    /// <summary>Lets all go.</summary>
    public void Clear() => _states.Clear();

    /// <summary>The states themselves.</summary>
    public Snapshot[] ToArray() => [.. _states.Select(static kept => kept.Snapshot)];
}
