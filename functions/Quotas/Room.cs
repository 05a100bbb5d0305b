using Cairn.Formats;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Reconciliation;
using Cairn.Snapshots;

namespace Cairn.Functions.Quotas;

/// <summary>
/// Whether a commit fits the quota of its space, by the newest snapshot: what is under way at the same time is not counted, so that a space may pass its quota by
/// as much. What only deletes always fits: else a full space could not be emptied.
/// </summary>
internal static class Room
{
    /// <summary>Why it does not fit, as problem <c>quota</c>; null: it does.</summary>
    public static CairnException? Refusal(SpaceQuota? quota, Space space, EncodedCommit commit)
    {
        if (quota is null or { Concepts: null, Bytes: null })
        {
            return null;
        }

        var (added, onlyDeletes) = Count(space.Current, space.Now(), commit);
        if (quota.Concepts is { } concepts && added > 0 && space.Current.ConceptCount + added is var count && count > concepts)
        {
            return Full("concepts", $"the quota of this space is {concepts} concepts", concepts, count);
        }

        return quota.Bytes is { } limit && !onlyDeletes && space.LogBytes + commit.LengthBytes is var bytes && bytes > limit
            ? Full("bytes", $"the quota of this space is {limit} bytes of log", limit, bytes)
            : null;
    }

    private static (int Added, bool OnlyDeletes) Count(Snapshot snapshot, Timestamp now, EncodedCommit commit)
    {
        var (added, onlyDeletes) = (0, true);
        var reader = new CommitReader(commit.Body);
        while (reader.TryReadOperation(out var operation))
        {
            onlyDeletes &= operation.Kind is OperationKind.Delete or OperationKind.Dissociate;
            var creates = operation.Kind == OperationKind.Put || (operation.Kind == OperationKind.Patch && operation.OnMissing == OnMissing.Create);
            added += creates && !Exists(snapshot, now, operation.Id) ? 1 : 0;
        }

        return (added, onlyDeletes);
    }

    private static bool Exists(Snapshot snapshot, Timestamp now, ReadOnlySpan<byte> id) => snapshot.FindConcept(id) is >= 0 and var row && snapshot.Concept(row).Exists(now);

    private static CairnException Full(string quota, string message, long limit, long actual) =>
        new(ErrorKind.Conflict, $"{message} (quota: {quota})") { Problem = "quota", Limit = limit, Actual = actual };
}
