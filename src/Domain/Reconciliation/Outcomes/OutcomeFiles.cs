using Cairn.Primitives;

namespace Cairn.Reconciliation.Outcomes;

/// <summary>
/// The files of outcomes that are retained, in the order of the log. Immutable; any thread. Invariant: each range begins where the one before ends.
/// </summary>
/// <param name="All">From the oldest to the newest.</param>
internal sealed record OutcomeFiles(OutcomeFile[] All)
{
    private const int LookedAtTogether = 64;

    /// <summary>No file.</summary>
    public static readonly OutcomeFiles None = new([]);

    /// <summary>Bytes of memory, about.</summary>
    public long Bytes => All.Sum(static file => file.Bytes);

    /// <summary>Whether all behind a position lies behind the files, too.</summary>
    public bool EndBefore(LogPosition after) => All.Length == 0 || All[^1].Range.End <= after;

    /// <summary>With one more.</summary>
    public OutcomeFiles With(OutcomeFile file) => new([.. All, file]);

    /// <summary>With one in the place of several that follow each other.</summary>
    public OutcomeFiles With(OutcomeFile merged, IReadOnlyList<OutcomeFile> replaced)
    {
        var first = Array.IndexOf(All, replaced[0]);
        Invariant.Require(first >= 0 && All.AsSpan(first, replaced.Count).SequenceEqual(replaced.ToArray()), "files of outcomes are merged that are there");
        return new([.. All[..first], merged, .. All[(first + replaced.Count)..]]);
    }

    /// <summary>Without the oldest.</summary>
    public OutcomeFiles WithoutOldest() => new([.. All.Skip(1)]);

    /// <summary>Refuses files whose ranges do not touch each other, or that lie behind a position.</summary>
    /// <exception cref="CairnException">Corrupt.</exception>
    public void Require(LogPosition position)
    {
        for (var i = 0; i < All.Length; i++)
        {
            if (All[i].Range.End > position || (i > 0 && All[i].Range.After != All[i - 1].Range.End))
            {
                throw All[i].Damage("its range does not begin where the last one ends, or lies behind the checkpoint");
            }
        }
    }

    /// <summary>Reads the filters of those with commits at or behind an instant.</summary>
    /// <exception cref="CairnException">Corrupt, Unavailable: one cannot be read.</exception>
    public void LoadFilters(Timestamp since)
    {
        for (var i = IndexSince(since); i < All.Length; i++)
        {
            All[i].LoadFilter();
        }
    }

    /// <summary>The last commit with an id that a caller gave, unless it lies before an instant. Where a filter is loaded, an id that is not there costs no reading.</summary>
    /// <exception cref="CairnException">Corrupt, Unavailable: a file cannot be read.</exception>
    public RememberedCommit? FindGiven(UInt128 key, Timestamp since)
    {
        Span<ushort> firsts = stackalloc ushort[LookedAtTogether];
        var oldest = IndexSince(since);
        for (var end = All.Length; end > oldest; end -= LookedAtTogether)
        {
            // Each look is likely a miss of the processor's caches. Before any of them decides anything, they are waited for together.
            var begin = Math.Max(oldest, end - LookedAtTogether);
            for (var i = begin; i < end; i++)
            {
                firsts[i - begin] = All[i].FirstFingerprint(key);
            }

            for (var i = end - 1; i >= begin; i--)
            {
                if (firsts[i - begin] != 0 && All[i].MayHoldGiven(key) && All[i].TryFindGiven(key, out var found))
                {
                    return found.Time >= since ? found : null;
                }
            }
        }

        return null;
    }

    /// <summary>The last commit with an id, whoever gave it.</summary>
    /// <exception cref="CairnException">Corrupt, Unavailable: a file cannot be read.</exception>
    public RememberedCommit? Find(UInt128 given, UInt128 made)
    {
        for (var i = All.Length - 1; i >= 0; i--)
        {
            if ((All[i].MayHoldGiven(given) && All[i].TryFindGiven(given, out var found)) || All[i].TryFindMade(made, out found))
            {
                return found;
            }
        }

        return null;
    }

    /// <summary>The next commits behind a position, as far as the files go.</summary>
    /// <exception cref="CairnException">Corrupt, Unavailable: a file cannot be read.</exception>
    public List<RememberedCommit> ReadAfter(LogPosition after, int most)
    {
        var found = new List<RememberedCommit>();
        for (var i = 0; i < All.Length && found.Count < most; i++)
        {
            if (All[i].Range.End > after)
            {
                found.AddRange(All[i].ReadAfter(after).Take(most - found.Count));
            }
        }

        return found;
    }

    // The first file with commits at or behind an instant: times ascend with the files.
    private int IndexSince(Timestamp since)
    {
        var index = All.Length;
        while (index > 0 && All[index - 1].Range.LastTime >= since)
        {
            index--;
        }

        return index;
    }
}
