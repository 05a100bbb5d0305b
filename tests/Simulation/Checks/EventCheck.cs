using Cairn.Model;
using Cairn.Simulation.Workload;

namespace Cairn.Simulation.Checks;

/// <summary>Events that a hub took, against the log: each was decided, and what it does was done once.</summary>
internal static class EventCheck
{
    public static void Run(IReadOnlyCollection<string> events, IReadOnlyList<DecidedCommit> commits)
    {
        var decided = commits.ToLookup(static commit => commit.Id, static commit => commit.Outcome);
        foreach (var id in events)
        {
            var outcomes = decided[id].ToList();

            // Past its window an id is refused, because nobody knows any more; then that is its outcome.
            var isExpired = outcomes.Exists(static outcome => outcome.Reason == RejectionReason.Expired);
            var times = outcomes.Count(static outcome => !outcome.IsDuplicate && outcome.Reason != RejectionReason.Expired);
            if (times > 1 || (times == 0 && !isExpired))
            {
                throw new SimulationException($"event {id} was decided {times} times: {string.Join("; ", outcomes.Select(OutcomeText.Of))}");
            }
        }
    }
}
