using Cairn.Primitives;

namespace Cairn.Reconciliation.Outcomes;

/// <summary>Runs of one kind of commits, in the order of the log. One thread at a time. Invariant: only the last one may be open.</summary>
/// <param name="hash">Spreads the keys.</param>
/// <param name="given">The commits' ids were given by their callers.</param>
internal sealed class OutcomeRuns(KeyedHash hash, bool given)
{
    private readonly List<OutcomeRun> _runs = [];

    /// <summary>From the oldest to the newest; none is empty but one that was just begun.</summary>
    public IReadOnlyList<OutcomeRun> All => _runs;

    /// <summary>The one that takes commits; null: none does.</summary>
    public OutcomeRun? Open => _runs is [.., { IsClosed: false } last] ? last : null;

    /// <summary>Bytes of memory, about.</summary>
    public long Bytes => _runs.Sum(static run => run.Bytes);

    /// <summary>Finds a commit; the last one of that key.</summary>
    public RememberedCommit? Find(UInt128 key)
    {
        for (var i = _runs.Count - 1; i >= 0; i--)
        {
            if (_runs[i].Find(key) is { } found)
            {
                return found;
            }
        }

        return null;
    }

    /// <summary>Begins another run.</summary>
    public OutcomeRun Begin()
    {
        Close();
        var run = new OutcomeRun(hash, given);
        _runs.Add(run);
        return run;
    }

    /// <summary>Ends the last one, so that all can be read by any thread.</summary>
    public void Close() => Open?.Close();

    /// <summary>Lets the oldest go.</summary>
    /// <returns>Where it ended.</returns>
    public LogPosition RemoveOldest()
    {
        var end = _runs[0].Last;
        _runs.RemoveAt(0);
        return end;
    }

    /// <summary>Lets those go that end at a position or before it; all of them are closed.</summary>
    public void RemoveThrough(LogPosition end)
    {
        Invariant.Require(_runs.TrueForAll(run => run.Last > end || run.IsClosed), "a range is sealed before it is stored");
        _runs.RemoveAll(run => run.Last <= end);
    }

    /// <summary>Lets those go whose commits are all older.</summary>
    /// <returns>Where the last of them ended; zero: there was none.</returns>
    public LogPosition RemoveBefore(Timestamp time)
    {
        var end = _runs.FindLast(run => run.LastTime < time)?.Last ?? LogPosition.Zero;
        _runs.RemoveAll(run => run.LastTime < time);
        return end;
    }
}
