using Cairn.Model;
using Cairn.Simulation.Workload;

namespace Cairn.Simulation.Checks;

/// <summary>What clients were told of their commits, against the log: acknowledged ones are there once, refused ones not, unknown ones once at most.</summary>
internal static class AttemptCheck
{
    public static void Run(IReadOnlyList<Attempt> attempts, bool lifeIsDeleted, IReadOnlyList<DecidedCommit> commits)
    {
        var decided = commits.ToLookup(static commit => commit.Id);
        foreach (var group in attempts.GroupBy(static attempt => attempt.Id))
        {
            RequireCount([.. group], lifeIsDeleted, [.. decided[group.Key]]);
            foreach (var attempt in group)
            {
                RequireTold(attempt, [.. decided[group.Key]]);
            }
        }

        var sent = attempts.Select(static attempt => attempt.Id).ToHashSet(StringComparer.Ordinal);
        if (commits.FirstOrDefault(commit => !sent.Contains(commit.Id)) is { Id: { } stranger })
        {
            throw new SimulationException($"the log has {stranger}, which nobody sent");
        }
    }

    // Each sending makes one frame at most, a refused one none. Of the frames of one commit one at most is carried out.
    private static void RequireCount(List<Attempt> attempts, bool lifeIsDeleted, List<DecidedCommit> decided)
    {
        var most = attempts.Count(attempt => !attempt.MustBeAbsent(lifeIsDeleted));
        if (decided.Count > most)
        {
            throw new SimulationException($"the log has {decided.Count} frames of {attempts[0].Id}: {string.Join("; ", attempts)}; {Text(decided)}");
        }

        var bodies = attempts.DistinctBy(static attempt => attempt.Commit).Count();
        var carriedOut = decided.Count(static commit => commit.Outcome is { Kind: OutcomeKind.Committed, IsDuplicate: false });
        if (carriedOut > bodies)
        {
            throw new SimulationException($"{attempts[0].Id} is carried out {carriedOut} times: {Text(decided)}");
        }
    }

    private static void RequireTold(Attempt attempt, List<DecidedCommit> decided)
    {
        var isThere = attempt switch
        {
            { Knowledge: Knowledge.Durable } => decided.Exists(commit => commit.Position == attempt.Position),
            { Outcome: { Reason: RejectionReason.Reused } } => decided.Count > 0,
            { Outcome: { } outcome } => decided.Exists(commit => OutcomeText.OfFirst(commit.Outcome) == OutcomeText.OfFirst(outcome) && (outcome.IsDuplicate || commit.Position == outcome.Position)),
            _ => true,
        };
        if (!isThere)
        {
            throw new SimulationException($"{attempt} is not in the log as it was told: {Text(decided)}");
        }
    }

    private static string Text(List<DecidedCommit> decided) => string.Join("; ", decided.Select(static commit => $"{commit.Position}: {OutcomeText.Of(commit.Outcome)}"));
}
