using Cairn.Primitives;
using Cairn.Storage;

namespace Cairn.Functions.Keys;

/// <summary>The keys of one deployment, in a partition of its tables. Any thread, any number of processes.</summary>
internal sealed class KeyRegistry(ITableStore tables, TimeProvider time)
{
    private const string Partition = "keys";

    // "Last used" is for finding keys that nobody needs any more: an hour is near enough, and a busy key costs one write an hour.
    public static readonly TimeSpan UseGrain = TimeSpan.FromHours(1);

    public Timestamp Now => Timestamp.From(time.GetUtcNow());

    /// <summary>Makes a key. Its text is here for the only time.</summary>
    public async ValueTask<(KeyRecord Record, string Text)> CreateAsync(
        string name, IReadOnlyList<SpacePattern> spaces, AccessScope scope, Timestamp? expiresAt, CancellationToken cancellationToken)
    {
        var (id, text, hash) = ApiKey.New();
        var record = new KeyRecord(id, hash, name, spaces, scope, Now, expiresAt, null);
        return await tables.PutAsync(new(Partition, id), record.Encode(), null, cancellationToken) is not null
            ? (record, text)
            : throw new CairnException(ErrorKind.Internal, "two keys got the same id");
    }

    /// <summary>A key with the version of its record; null: there is none.</summary>
    public async ValueTask<(KeyRecord Key, VersionTag Version)?> FindAsync(string id, CancellationToken cancellationToken) =>
        await tables.FindAsync(new(Partition, id), cancellationToken) is { } record ? (KeyRecord.Decode(id, record.Bytes), record.Version) : null;

    /// <summary>Keys by id, behind one.</summary>
    public async ValueTask<IReadOnlyList<KeyRecord>> ListAsync(string? after, int limit, CancellationToken cancellationToken) =>
        [.. (await tables.ListAsync(Partition, after, limit, cancellationToken)).Select(record => KeyRecord.Decode(record.Key, record.Bytes))];

    /// <summary>Whether there is any, whatever it is good for.</summary>
    public async ValueTask<bool> AnyAsync(CancellationToken cancellationToken) => (await tables.ListAsync(Partition, null, 1, cancellationToken)).Count > 0;

    /// <returns>False: there is none of that id.</returns>
    public ValueTask<bool> RevokeAsync(string id, CancellationToken cancellationToken) => tables.DeleteAsync(new(Partition, id), cancellationToken);

    /// <summary>Notes that a key was used, unless that stands there for the last hour. One that was revoked meanwhile stays so.</summary>
    public async ValueTask NoteUseAsync(KeyRecord key, VersionTag version, CancellationToken cancellationToken)
    {
        var now = Now;
        if (key.UsedAt is null || now.Since(key.UsedAt.Value) >= UseGrain)
        {
            // Lost to another process that noted it: just as well.
            _ = await tables.PutAsync(new(Partition, key.Id), (key with { UsedAt = now }).Encode(), version, cancellationToken);
        }
    }
}
