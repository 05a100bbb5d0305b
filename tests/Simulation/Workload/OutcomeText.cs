using Cairn.Model;

namespace Cairn.Simulation.Workload;

/// <summary>An outcome as text: two are the same if their texts are.</summary>
internal static class OutcomeText
{
    public static string Of(CommitOutcome outcome) =>
        $"{outcome.Kind} {outcome.Position}{(outcome.IsDuplicate ? " again" : "")} {outcome.Reason} {outcome.Operation}/{outcome.Precondition} [{Results(outcome)}]";

    /// <summary>Whatever a duplicate repeats.</summary>
    public static string OfFirst(CommitOutcome outcome) =>
        $"{outcome.Kind} {outcome.Position} {outcome.Reason} {outcome.Operation}/{outcome.Precondition} [{Results(outcome)}]";

    private static string Results(CommitOutcome outcome) => string.Join(", ", outcome.Results.Select(static result => $"{result.Effect} {result.Version}"));
}
