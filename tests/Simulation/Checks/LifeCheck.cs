using System.Text;
using Cairn.Diagnostics;
using Cairn.Domain.Tests.Reconciliation.Model;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Reconciliation;
using Cairn.Simulation.Running;
using Cairn.Simulation.Scheduling;
using Cairn.Simulation.Stores;
using Cairn.Simulation.Workload;

namespace Cairn.Simulation.Checks;

/// <summary>Holds what was seen of one life of the space against its whole log.</summary>
/// <param name="life">What the store holds of it.</param>
/// <param name="plan">The run.</param>
/// <param name="ledger">What clients learned.</param>
/// <param name="space">The life, opened from what is stored now; null if it is deleted.</param>
/// <param name="random">Chooses what is looked at where there is much.</param>
internal sealed class LifeCheck(SpaceLife life, RunPlan plan, LifeLedger ledger, Space? space, Random random)
{
    private const int ImagesTried = 2;

    public async Task RunAsync()
    {
        var replay = await LogReplay.RunAsync(life, plan.Limits, ledger.Seen.Keys.ToHashSet());
        AttemptCheck.Run(ledger.Attempts, life.IsDeleted, replay.Commits);
        EventCheck.Run(ledger.Events, replay.Commits);
        RequireSeen(replay);
        RequireFollowed(replay);
        if (space is not null)
        {
            StateLines.RequireEqual(replay.State, SnapshotText.Of(space.Current), "the space opened from its newest checkpoint");
            RequireOutcomes(replay, space, "the space opened from its newest checkpoint");
        }

        for (var i = 0; i < Math.Min(ImagesTried, life.Images.Count); i++)
        {
            await RequireReplayLawAsync(replay, life.Images[random.Next(life.Images.Count)]);
        }
    }

    private void RequireSeen(LogReplay replay)
    {
        foreach (var (position, lines) in ledger.Seen)
        {
            StateLines.RequireEqual(replay.StateAt(position) ?? throw new SimulationException($"a reader saw position {position}, where no frame ends"), lines, $"a reader at {position}");
        }
    }

    private void RequireFollowed(LogReplay replay)
    {
        var committed = replay.Commits.FindAll(static commit => commit.Outcome is { Kind: OutcomeKind.Committed, IsDuplicate: false }).ConvertAll(static commit => (commit.Position, commit.Id));
        foreach (var followed in ledger.Followed.Where(static followed => followed.Through > LogPosition.Zero))
        {
            // Who asked for the oldest began where retention had come to then.
            var after = followed.After > LogPosition.Zero || followed.Changes.Count == 0 ? followed.After : new(followed.Changes[0].Position.Value - 1);
            var expected = committed.FindAll(commit => commit.Position > after && commit.Position <= followed.Through);
            if ((followed.After > LogPosition.Zero || followed.Changes.Count > 0) && !expected.SequenceEqual(followed.Changes))
            {
                var same = expected.Zip(followed.Changes).TakeWhile(static pair => pair.First == pair.Second).Count();
                throw new SimulationException(
                    $"from {followed.After} through {followed.Through} somebody followed {Text(followed.Changes[same..])} behind {same} others, and there is {Text(expected[same..])}"
                    + string.Concat(replay.Commits.FindAll(commit => followed.Changes.Skip(same).Take(1).Any(change => change.Position == commit.Position)).Select(commit => $"; replay decided {OutcomeText.Of(commit.Outcome)}")));
            }
        }
    }

    // State and outcomes of a checkpoint with the log behind it are those of the whole log.
    private async Task RequireReplayLawAsync(LogReplay replay, CheckpointImage image)
    {
        var still = new VirtualTime(new(new(0), FaultRates.None, new(null)), null, TimeSpan.Zero);
        var services = new EngineServices(still, () => (UInt128)0xC0FFEE, SilentEngineObserver.Instance);
        var opened = await Space.OpenAsync(life.Record, new ImageStore(life, plan.Limits, image.Blobs), plan.Engine, services, CancellationToken.None);
        StateLines.RequireEqual(replay.State, SnapshotText.Of(opened.Current), $"the space opened from {image.Manifest}");
        RequireOutcomes(replay, opened, $"the space opened from {image.Manifest}");
        await IndexCheck.RunAsync(opened.Current, $"the space opened from {image.Manifest}");
    }

    private static void RequireOutcomes(LogReplay replay, Space opened, string what)
    {
        foreach (var id in replay.Commits.Select(static commit => commit.Id).Distinct().Select(Encoding.ASCII.GetBytes))
        {
            var given = (Expected: replay.Reconciler.Memory.FindGiven(id)?.Outcome, Actual: opened.FindGiven(id));
            var (expected, actual) = (replay.Reconciler.Memory.Find(id)?.Outcome, opened.FindCommit(id));

            // An id that a caller gave may be forgotten with its window, one that was made when retention says so.
            var isKept = given.Expected is not null || (id.AsSpan().StartsWith("made"u8) && expected?.Position > opened.RememberedSince);
            if (Text(given.Expected) != Text(given.Actual) || (Text(expected) != Text(actual) && (actual is not null || isKept)))
            {
                throw new SimulationException(
                    $"{what} says of {Encoding.ASCII.GetString(id)} {Text(given.Actual)} and {Text(actual)}, and the log {Text(given.Expected)} and {Text(expected)}");
            }
        }
    }

    private static string Text(CommitOutcome? outcome) => outcome is null ? "nothing" : OutcomeText.Of(outcome);

    private static string Text(List<(LogPosition Position, string Id)> changes) => $"[{string.Join(", ", changes.Take(3).Select(static change => $"{change.Position} {change.Id}"))}]";
}
