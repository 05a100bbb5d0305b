using Cairn.Formats;
using Cairn.Primitives;
using Cairn.Snapshots.Checkpoints;

namespace Cairn.Reconciliation;

/// <summary>
/// How far each partition of a hub was applied to the space: its events come in order, and may come again. Memory is proportional to partitions, of which a space has one
/// for each life of a hub. One thread advances it, any may look.
/// </summary>
internal sealed class OriginTable
{
    /// <summary>More are not remembered: those that stood still for longest are forgotten, by the log clock.</summary>
    public const int MaxOrigins = 1024;

    private readonly Lock _gate = new();
    private readonly Dictionary<(Incarnation Hub, uint Partition), OriginState> _origins = [];

    /// <summary>All, in order.</summary>
    public IReadOnlyList<OriginState> Origins
    {
        get
        {
            lock (_gate)
            {
                return [.. _origins.Values.OrderBy(static origin => origin.Last.Hub.Value).ThenBy(static origin => origin.Last.Partition)];
            }
        }
    }

    /// <summary>Begins with the origins of a checkpoint.</summary>
    public static OriginTable Of(IReadOnlyList<OriginState> origins)
    {
        var table = new OriginTable();
        foreach (var origin in origins)
        {
            table._origins[(origin.Last.Hub, origin.Last.Partition)] = origin;
        }

        return table;
    }

    /// <summary>The last event of a partition that was applied; null: none is remembered.</summary>
    public OriginState? Find(Incarnation hub, uint partition)
    {
        lock (_gate)
        {
            return _origins.TryGetValue((hub, partition), out var last) ? last : null;
        }
    }

    /// <summary>Notes an event; false: it, or one behind it, was applied before.</summary>
    /// <param name="origin">Which.</param>
    /// <param name="logClock">The log clock with its frame.</param>
    public bool TryAdvance(in Origin origin, Timestamp logClock)
    {
        lock (_gate)
        {
            var place = (origin.Hub, origin.Partition);
            if (_origins.TryGetValue(place, out var last) && origin.SequenceNumber <= last.Last.SequenceNumber)
            {
                return false;
            }

            _origins[place] = new(origin, logClock);
            if (_origins.Count > MaxOrigins)
            {
                // In an order that every replica has.
                var (oldest, _) = _origins.MinBy(static entry => (entry.Value.Time, entry.Key.Hub.Value, entry.Key.Partition));
                _origins.Remove(oldest);
            }

            return true;
        }
    }
}
