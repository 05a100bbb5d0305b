using Cairn.Primitives;

namespace Cairn.Reconciliation;

/// <summary>The wall clock of one process, as a space uses it. Thread-safe.</summary>
internal sealed class SpaceClock(TimeProvider time)
{
    /// <summary>The source.</summary>
    public TimeProvider Time => time;

    /// <summary>What a frame appended now is stamped with.</summary>
    public Timestamp FrameTime() => Timestamp.From(time.GetUtcNow());

    /// <summary>Now for a read: the log clock, or the wall clock if that is later.</summary>
    public Timestamp Now(Timestamp logClock) => Timestamp.Latest(logClock, Timestamp.From(time.GetUtcNow()));
}
