using Cairn.Primitives;

namespace Cairn.Reconciliation.Outcomes;

/// <summary>The outcomes of all commits of a range of the log, on their way into a file. Immutable; any thread.</summary>
/// <param name="After">Where the range begins: behind this position.</param>
/// <param name="End">Where it ends, at this position.</param>
/// <param name="ForgottenBefore">Ids given by callers before this instant of the log clock were forgotten at <paramref name="End"/>.</param>
/// <param name="Given">Commits with ids that callers gave; closed.</param>
/// <param name="Made">Commits with ids that the service made; closed.</param>
internal sealed record SealedOutcomes(
    LogPosition After, LogPosition End, Timestamp ForgottenBefore, IReadOnlyList<OutcomeRun> Given, IReadOnlyList<OutcomeRun> Made)
{
    /// <summary>Commits in it. A range without any needs no file: the next one begins where this one does.</summary>
    public long Count => Given.Concat(Made).Sum(static run => run.Count);

    /// <summary>Bytes of memory that they take until they are stored, about.</summary>
    public long Bytes => Given.Concat(Made).Sum(static run => run.Bytes);
}
