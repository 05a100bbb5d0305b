using Cairn.Primitives;
using Cairn.Storage;

namespace Cairn.Functions.Imports;

/// <summary>The imports that run by themselves, in a partition of the tables for each space. Any thread, any number of processes.</summary>
internal sealed class ImportRegistry(ITableStore tables, TimeProvider time)
{
    /// <summary>How long it can be asked what became of one.</summary>
    public static readonly TimeSpan Retention = TimeSpan.FromDays(7);

    private const int CleanedAtOnce = 100;

    public Timestamp Now => Timestamp.From(time.GetUtcNow());

    /// <summary>One with the version of its record; null: there is none.</summary>
    public async ValueTask<(ImportJob Job, VersionTag Version)?> FindAsync(SpaceName space, string id, CancellationToken cancellationToken) =>
        await tables.FindAsync(KeyOf(space, id), cancellationToken) is { } record ? (ImportJobCodec.Decode(id, record.Bytes), record.Version) : null;

    /// <summary>Writes one that nobody has written since.</summary>
    /// <param name="space">Whose.</param>
    /// <param name="job">What.</param>
    /// <param name="expected">As it was read; null: it is new.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>Its version now; null: somebody has.</returns>
    public async ValueTask<VersionTag?> PutAsync(SpaceName space, ImportJob job, VersionTag? expected, CancellationToken cancellationToken)
    {
        if (expected is null)
        {
            await CleanAsync(space, cancellationToken);
        }

        return await tables.PutAsync(KeyOf(space, job.Id), ImportJobCodec.Encode(job), expected, cancellationToken);
    }

    public async ValueTask ForgetAsync(SpaceName space, string id, CancellationToken cancellationToken) => await tables.DeleteAsync(KeyOf(space, id), cancellationToken);

    // Each new one takes some old ones along, so that there are never many. Where those at the beginning stay, there are others somewhere behind.
    private async ValueTask CleanAsync(SpaceName space, CancellationToken cancellationToken)
    {
        var some = await tables.ListAsync(PartitionOf(space), null, CleanedAtOnce, cancellationToken);
        await CleanAsync(space, some, cancellationToken);
        if (some.Count == CleanedAtOnce)
        {
            await CleanAsync(space, await tables.ListAsync(PartitionOf(space), ImportNames.NewId(), CleanedAtOnce, cancellationToken), cancellationToken);
        }
    }

    private async ValueTask CleanAsync(SpaceName space, IReadOnlyList<TableRecord> records, CancellationToken cancellationToken)
    {
        foreach (var record in records)
        {
            var job = ImportJobCodec.Decode(record.Key, record.Bytes);
            if (job.IsOver && !StaysWithItsFile(job) && Now.Since(job.UpdatedAt) > Retention)
            {
                await ForgetAsync(space, job.Id, cancellationToken);
            }
        }
    }

    // A file that somebody put there stays when its import failed. Without the record it would be a new one, and its old lines would go over what came since.
    private static bool StaysWithItsFile(ImportJob job) => job.State == ImportState.Failed && !ImportNames.IsId(job.File);

    private static string PartitionOf(SpaceName space) => $"imports-{space}";

    private static RecordKey KeyOf(SpaceName space, string id) => new(PartitionOf(space), id);
}
