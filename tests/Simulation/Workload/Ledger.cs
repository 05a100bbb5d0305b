using Cairn.Primitives;
using Cairn.Reconciliation;
using Cairn.Snapshots;
using Cairn.Domain.Tests.Reconciliation.Model;

namespace Cairn.Simulation.Workload;

/// <summary>All that clients learned about the lives of the space, to be held against the log in the end.</summary>
internal sealed class Ledger
{
    private readonly Dictionary<Incarnation, LifeLedger> _lives = [];

    public LifeLedger Of(Space space) => Of(space.Record.Incarnation);

    public LifeLedger Of(Incarnation life)
    {
        if (!_lives.TryGetValue(life, out var ledger))
        {
            _lives.Add(life, ledger = new());
        }

        return ledger;
    }
}

/// <summary>What clients learned about one life.</summary>
internal sealed class LifeLedger
{
    /// <summary>Commits that were sent.</summary>
    public List<Attempt> Attempts { get; } = [];

    /// <summary>Ids of the commits of events that a hub took.</summary>
    public HashSet<string> Events { get; } = [];

    /// <summary>The last position that anybody was told of.</summary>
    public LogPosition Told => Attempts.Count == 0 ? LogPosition.Zero : Attempts.Max(static attempt => attempt.Outcome?.Position ?? attempt.Position);

    /// <summary>Changes that somebody followed.</summary>
    public List<FollowedChanges> Followed { get; } = [];

    /// <summary>States that somebody saw.</summary>
    public SortedDictionary<LogPosition, List<string>> Seen { get; } = [];

    /// <summary>Somebody looks at a snapshot; whoever sees the same position sees the same.</summary>
    public void See(Snapshot snapshot)
    {
        var lines = SnapshotText.Of(snapshot);
        if (!Seen.TryAdd(snapshot.Position, lines))
        {
            StateLines.RequireEqual(Seen[snapshot.Position], lines, $"two readers at {snapshot.Position}");
        }
    }
}
