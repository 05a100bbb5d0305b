using Cairn.Domain.Tests.Formats.Segments;
using Cairn.Formats.Segments;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Reconciliation;
using Cairn.Reconciliation.Outcomes;

namespace Cairn.Domain.Tests.Reconciliation.Outcomes;

/// <summary>Files of outcomes in memory, for tests.</summary>
internal static class StoredOutcomes
{
    public static Task<SegmentBytes> WriteAsync(SealedOutcomes outcomes) =>
        WriteAsync(outcomes.End, writer => OutcomeFileWriter.WriteAsync(outcomes, writer, CancellationToken.None));

    /// <summary>As <see cref="Store"/>, of files that touch each other.</summary>
    public static OutcomeFile Merge(IReadOnlyList<OutcomeFile> files, OutcomeCache cache) => Open(
        WriteAsync(files[^1].Range.End, writer => OutcomeFileWriter.MergeAsync(files, writer, CancellationToken.None)).GetAwaiter().GetResult(), cache);

    private static async Task<SegmentBytes> WriteAsync(LogPosition end, Func<SegmentWriter, Task> write)
    {
        var sink = new MemoryStream();
        var writer = new SegmentWriter(SegmentBytes.Header with { Position = end }, sink.WriteAsync);
        await write(writer);
        await writer.FinishAsync(CancellationToken.None);
        return new(sink.ToArray());
    }

    public static OutcomeFile Open(SegmentBytes bytes, OutcomeCache cache) =>
        OutcomeFile.Open(SegmentFile.Open(bytes, "outcomes/1.out", OutcomeSections.IsKnown), cache);

    /// <summary>For tests that are not asynchronous: nothing here ever waits.</summary>
    public static OutcomeFile Store(SealedOutcomes outcomes, OutcomeCache cache) =>
        Open(WriteAsync(outcomes).GetAwaiter().GetResult(), cache);

    public static string Text(RememberedCommit? commit) => commit is { } found
        ? $"{found.Time} {found.Body} {Text(found.Outcome)}"
        : "none";

    public static string Text(CommitOutcome? outcome) => outcome is null
        ? "none"
        : $"{outcome.Kind} at {outcome.Position}{(outcome.IsDuplicate ? " again" : "")} {outcome.Reason} operation {outcome.Operation} "
            + $"precondition {outcome.Precondition} [{string.Join(", ", outcome.Results.Select(result => $"{result.Effect} {result.Version}"))}]";
}
