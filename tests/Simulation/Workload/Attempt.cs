using Cairn.Formats;
using Cairn.Model;
using Cairn.Primitives;

namespace Cairn.Simulation.Workload;

/// <summary>What a client knows of a commit that it sent.</summary>
internal enum Knowledge
{
    /// <summary>Nothing: it has no answer, or one that says so.</summary>
    Unknown,

    /// <summary>It was refused for sure: nothing of it is in the log.</summary>
    Refused,

    /// <summary>It was refused because the space is gone: perhaps it was in the log before that.</summary>
    SpaceGone,

    /// <summary>It is durable; how it was decided was not said.</summary>
    Durable,

    /// <summary>It was decided.</summary>
    Decided,
}

/// <summary>One sending of a commit.</summary>
internal sealed class Attempt(string id, bool givenByCaller, EncodedCommit commit)
{
    public string Id => id;

    public bool GivenByCaller => givenByCaller;

    public EncodedCommit Commit => commit;

    /// <summary>Other commits have the same id, which may be decided anew once it is forgotten.</summary>
    public bool SharesId => id.StartsWith("same-", StringComparison.Ordinal);

    /// <summary>It was an event that came again, of which only its place was remembered.</summary>
    public bool IsKnownByPlace => Outcome is { IsDuplicate: true, Kind: OutcomeKind.Committed, Results.Count: 0 };

    public Knowledge Knowledge { get; private set; }

    /// <summary>If it was decided.</summary>
    public CommitOutcome? Outcome { get; private set; }

    /// <summary>If it is durable only.</summary>
    public LogPosition Position { get; private set; }

    public void Decide(CommitOutcome outcome) => (Knowledge, Outcome) = (Knowledge.Decided, outcome);

    public void Keep(LogPosition position) => (Knowledge, Position) = (Knowledge.Durable, position);

    public void Refuse(bool spaceIsGone) => Knowledge = spaceIsGone ? Knowledge.SpaceGone : Knowledge.Refused;

    /// <summary>Whether nothing of it may be in the log.</summary>
    /// <param name="lifeIsDeleted">The life that it was sent to is over.</param>
    public bool MustBeAbsent(bool lifeIsDeleted) => Knowledge == Knowledge.Refused || (Knowledge == Knowledge.SpaceGone && !lifeIsDeleted);

    public override string ToString() => $"{id} ({Knowledge}{(Outcome is null ? "" : $", {OutcomeText.Of(Outcome)}")}{(Position.Value == 0 ? "" : $", at {Position}")})";
}
