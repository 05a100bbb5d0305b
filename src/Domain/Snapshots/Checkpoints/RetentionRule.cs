using Cairn.Primitives;

namespace Cairn.Snapshots.Checkpoints;

/// <summary>
/// Which older checkpoints are kept: all of the last hour, then one an hour for a day, then one a day until the retention ends, and the last one before that, which the
/// states behind the end of the retention are loaded from. A pure function.
/// </summary>
internal static class RetentionRule
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1), Day = TimeSpan.FromDays(1);

    /// <summary>What is older than this is no longer kept for its age.</summary>
    public static Timestamp OldestOf(Timestamp now, TimeSpan retention) => now.Plus(-(retention < Hour ? Hour : retention));

    /// <summary>Thins a list.</summary>
    /// <param name="checkpoints">Ascending.</param>
    /// <param name="now">When the next one is written.</param>
    /// <param name="retention">How long any is kept; less than an hour counts as an hour, for readers that are opening one.</param>
    public static IReadOnlyList<KeptCheckpoint> Thin(IReadOnlyList<KeptCheckpoint> checkpoints, Timestamp now, TimeSpan retention)
    {
        var kept = new List<KeptCheckpoint>();
        var oldest = OldestOf(now, retention);
        var last = long.MinValue;
        var beginning = Beginning(checkpoints, oldest);
        foreach (var checkpoint in checkpoints.Skip(beginning))
        {
            // Of each hour, or day, the first one: it stays when its neighbours come and go.
            var age = TimeSpan.FromMicroseconds(Math.Max(0, now.Microseconds - checkpoint.WrittenAt.Microseconds));
            var step = age <= Hour ? TimeSpan.Zero : age <= Day ? Hour : Day;
            var slot = step == TimeSpan.Zero ? long.MaxValue : checkpoint.WrittenAt.Microseconds / (step.Ticks / TimeSpan.TicksPerMicrosecond);
            if (step == TimeSpan.Zero || slot != last)
            {
                kept.Add(checkpoint);
                last = slot;
            }
        }

        return kept;
    }

    // The last one that was written before an instant: what was known at the instant is not in any later one. Where there is none, the first.
    private static int Beginning(IReadOnlyList<KeptCheckpoint> checkpoints, Timestamp instant)
    {
        for (var i = checkpoints.Count - 1; i > 0; i--)
        {
            if (checkpoints[i].WrittenAt < instant)
            {
                return i;
            }
        }

        return 0;
    }
}
