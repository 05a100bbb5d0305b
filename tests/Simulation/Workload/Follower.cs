using System.Text;
using Cairn.Primitives;
using Cairn.Reconciliation;
using Cairn.Simulation.Running;

namespace Cairn.Simulation.Workload;

/// <summary>A stretch of changes that somebody read without a gap.</summary>
internal sealed class FollowedChanges
{
    public FollowedChanges(LogPosition after) => (After, Through) = (after, after);

    /// <summary>Where it began; zero: at the oldest that was there then.</summary>
    public LogPosition After { get; }

    /// <summary>How far all was read.</summary>
    public LogPosition Through { get; set; }

    public List<(LogPosition Position, string Id)> Changes { get; } = [];
}

/// <summary>Follows the changes of the space across restarts: where one process left off it goes on in the next.</summary>
internal sealed class Follower(Ledger ledger, Random random)
{
    private FollowedChanges? _followed;
    private Incarnation _life;

    /// <summary>Reads on for a while.</summary>
    public async Task FollowAsync(Space space, int pages)
    {
        if (_followed is null || _life != space.Record.Incarnation || random.Next(10) == 0)
        {
            Begin(space, Anywhere(space));
        }

        using var reader = space.ReadChanges(_followed!.Through);
        try
        {
            while (pages-- > 0 && await ReadAsync(reader))
            {
            }
        }
        catch (CairnException gone) when (gone is { Kind: ErrorKind.NotFound, Problem: "not-retained" })
        {
            Begin(space, LogPosition.Zero);
        }
        catch (CairnException failure) when (ProcessObserver.IsExplained(failure))
        {
            // The storage fails, or the space is closing: later.
        }
    }

    private async Task<bool> ReadAsync(Reconciliation.Changes.ChangeReader reader)
    {
        var page = await reader.ReadAsync(random.Next(1, 20), CancellationToken.None);
        foreach (var change in page)
        {
            _followed!.Changes.Add((change.Position, Encoding.ASCII.GetString(change.CommitId)));
        }

        _followed!.Through = reader.Position;
        return page.Count > 0 || (random.Next(3) == 0 && await reader.WaitAsync(TimeSpan.FromMilliseconds(random.Next(0, 3_000)), CancellationToken.None));
    }

    // The oldest, or where a commit ends that this life has answered.
    private LogPosition Anywhere(Space space)
    {
        var known = ledger.Of(space).Attempts.Where(static attempt => attempt.Outcome is { IsDuplicate: false, Reason: not Model.RejectionReason.Reused }).ToList();
        return known.Count == 0 || random.Next(2) == 0 ? LogPosition.Zero : known[random.Next(known.Count)].Outcome!.Position;
    }

    private void Begin(Space space, LogPosition after)
    {
        (_followed, _life) = (new(after), space.Record.Incarnation);
        ledger.Of(space).Followed.Add(_followed);
    }
}
