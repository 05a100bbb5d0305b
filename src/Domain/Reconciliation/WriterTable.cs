using Cairn.Primitives;
using Cairn.Snapshots.Checkpoints;

namespace Cairn.Reconciliation;

/// <summary>
/// The last sequence of each writer: absorbs a frame that an append wrote twice. Memory is proportional to writers; one is forgotten
/// 24 h of log clock after its last frame. One thread.
/// </summary>
internal sealed class WriterTable
{
    /// <summary>A writer takes a new id after 12 h idle, so nothing of a forgotten one can still be on its way.</summary>
    public static readonly TimeSpan Remembered = TimeSpan.FromHours(24);

    private const int SweepEvery = 4096;
    private readonly Dictionary<WriterId, Last> _writers = [];
    private WriterId _newest;
    private Last? _newestLast;
    private int _untilSweep = SweepEvery;

    /// <summary>The writers that are remembered.</summary>
    public IReadOnlyList<WriterState> Writers => [.. _writers.Select(static entry => new WriterState(entry.Key, entry.Value.Sequence, entry.Value.Time ?? Timestamp.Min))];

    private sealed class Last
    {
        public ulong Sequence;
        public Timestamp? Time;
    }

    /// <summary>Begins with the writers of a checkpoint.</summary>
    public static WriterTable Of(IReadOnlyList<WriterState> writers)
    {
        var table = new WriterTable();
        foreach (var (writer, sequence, time) in writers)
        {
            table._writers[writer] = new() { Sequence = sequence, Time = time };
        }

        return table;
    }

    /// <summary>Notes a frame; false if it was seen before.</summary>
    /// <param name="writer">Its writer.</param>
    /// <param name="sequence">Its number.</param>
    /// <param name="logClock">The log clock with this frame.</param>
    public bool TryAdvance(WriterId writer, ulong sequence, Timestamp logClock)
    {
        if (_newestLast is null || writer != _newest)
        {
            Sweep(logClock);
            if (!_writers.TryGetValue(writer, out var found))
            {
                _writers.Add(writer, found = new());
            }

            (_newest, _newestLast) = (writer, found);
        }

        var last = _newestLast;
        if (last.Time is { } time && time.Plus(Remembered) >= logClock && sequence <= last.Sequence)
        {
            return false;
        }

        (last.Sequence, last.Time) = (sequence, logClock);
        return true;
    }

    private void Sweep(Timestamp logClock)
    {
        if (--_untilSweep > 0)
        {
            return;
        }

        _untilSweep = SweepEvery;
        foreach (var (writer, last) in _writers)
        {
            if (last.Time is { } time && time.Plus(Remembered) < logClock)
            {
                _writers.Remove(writer);
            }
        }
    }
}
