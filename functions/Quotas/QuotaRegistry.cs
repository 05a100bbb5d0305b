using Cairn.Primitives;
using Cairn.Storage;

namespace Cairn.Functions.Quotas;

/// <summary>The quotas of spaces by name, in a partition of the tables: one stands before its space exists, and after. Any thread, any number of processes.</summary>
internal sealed class QuotaRegistry(ITableStore tables)
{
    private const string Partition = "spaces";
    private const int MaxRounds = 8;

    public async ValueTask<SpaceQuota> FindAsync(SpaceName space, CancellationToken cancellationToken) =>
        await tables.FindAsync(Key(space), cancellationToken) is { } record ? SpaceQuota.Decode(record.Key, record.Bytes) : SpaceQuota.None;

    /// <summary>Changes a quota.</summary>
    /// <returns>What it is now.</returns>
    /// <exception cref="CairnException">Conflict: others change it all the time.</exception>
    public async ValueTask<SpaceQuota> ChangeAsync(SpaceName space, Func<SpaceQuota, SpaceQuota> change, CancellationToken cancellationToken)
    {
        for (var round = 0; round < MaxRounds; round++)
        {
            var record = await tables.FindAsync(Key(space), cancellationToken);
            var wanted = change(record is null ? SpaceQuota.None : SpaceQuota.Decode(record.Key, record.Bytes));
            if (await tables.PutAsync(Key(space), wanted.Encode(), record?.Version, cancellationToken) is not null)
            {
                return wanted;
            }
        }

        throw new CairnException(ErrorKind.Unavailable, $"the quota of {space} is being changed by others; try again") { Problem = "unavailable" };
    }

    private static RecordKey Key(SpaceName space) => new(Partition, space.ToString());
}
