using System.Runtime.CompilerServices;

namespace Cairn.Query;

/// <summary>An instant of a monotonic clock at which a search gives up. Default: never.</summary>
/// <param name="Clock">Null: never.</param>
/// <param name="At">A timestamp of that clock.</param>
public readonly record struct Deadline(TimeProvider? Clock, long At)
{
    /// <summary>Never.</summary>
    public static Deadline None => default;

    /// <summary>It has been reached.</summary>
    public bool HasPassed => Clock is not null && Clock.GetTimestamp() >= At;

    /// <summary>How long until then, at least zero; without a clock <see cref="Timeout.InfiniteTimeSpan"/>.</summary>
    public TimeSpan Remaining
    {
        get
        {
            if (Clock is null)
            {
                return Timeout.InfiniteTimeSpan;
            }

            var now = Clock.GetTimestamp();
            return now < At ? Clock.GetElapsedTime(now, At) : TimeSpan.Zero;
        }
    }

    /// <summary>That long from now.</summary>
    public static Deadline After(TimeProvider clock, TimeSpan span) =>
        new(clock, clock.GetTimestamp() + (long)(span.TotalSeconds * clock.TimestampFrequency));
}

/// <summary>Counts the work of a search and tells when it is to stop. One thread.</summary>
internal sealed class SearchLimits(long maxExpansions, Deadline deadline, CancellationToken cancellation)
{
    private const int AssociationsPerCheck = 4096;
    private long _associations;

    /// <summary>Concepts whose associations were followed.</summary>
    public long Expanded { get; private set; }

    /// <summary>A limit was reached: what was not found yet stays unknown.</summary>
    public bool IsExhausted { get; private set; }

    /// <summary>Notes that a concept was expanded; false: stop.</summary>
    /// <param name="associations">How many of its associations were looked at.</param>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryExpand(int associations)
    {
        Expanded++;
        _associations += associations + 1;
        return (_associations < AssociationsPerCheck && Expanded < maxExpansions) || Check();
    }

    /// <summary>Looks at the clock and the token; false: stop.</summary>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public bool Check()
    {
        _associations = 0;
        cancellation.ThrowIfCancellationRequested();
        IsExhausted |= Expanded >= maxExpansions || deadline.HasPassed;
        return !IsExhausted;
    }
}
