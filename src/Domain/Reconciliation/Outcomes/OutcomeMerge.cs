namespace Cairn.Reconciliation.Outcomes;

/// <summary>
/// Which files of outcomes become one, so that a checkpoint every half a minute leaves some dozens of files and not thousands. Pure.
/// </summary>
/// <remarks>
/// Sixteen neighbours of which none has more than half of the commits: so a commit moves to a file of twice the size each time it is written again, some log2 times
/// in all, and where no such neighbours are left the sizes fall by half from file to file. A file is kept until its last commit is due to go, so one
/// spans no more than an eighth of that time.
/// </remarks>
internal static class OutcomeMerge
{
    /// <summary>Files that become one.</summary>
    public const int Files = 16;

    /// <summary>Commits of one at most: to sort their ids takes 64 MB of memory.</summary>
    private const long MaxCommits = 2_000_000;

    private const int SpansOfTheTime = 8;

    /// <summary>The first of the files to be merged; −1: none are.</summary>
    /// <param name="ranges">In the order of the log.</param>
    /// <param name="kept">The shorter of how long outcomes are kept and how long ids are remembered.</param>
    public static int Choose(IReadOnlyList<OutcomeRange> ranges, TimeSpan kept)
    {
        var (best, least) = (-1, MaxCommits + 1);
        for (var first = ranges.Count - Files; first >= 0; first--)
        {
            var (commits, most) = (0L, 0L);
            for (var i = first; i < first + Files; i++)
            {
                (commits, most) = (commits + ranges[i].Commits, Math.Max(most, ranges[i].Commits));
            }

            if (commits < least && most <= commits / 2 && ranges[first].FirstTime.Plus(kept / SpansOfTheTime) >= ranges[first + Files - 1].LastTime)
            {
                (best, least) = (first, commits);
            }
        }

        return best;
    }
}
