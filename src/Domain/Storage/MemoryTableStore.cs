using System.Globalization;

namespace Cairn.Storage;

/// <summary>Records in memory, for tests and simulation: behaves as a durable store does and forgets all at the end of the process. Deterministic.</summary>
public sealed class MemoryTableStore : ITableStore
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, SortedDictionary<string, TableRecord>> _partitions = [];
    private long _versions;

    /// <inheritdoc/>
    public ValueTask<TableRecord?> FindAsync(RecordKey key, CancellationToken cancellationToken)
    {
        key.Require();
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            return new(Find(key));
        }
    }

    /// <inheritdoc/>
    public ValueTask<VersionTag?> PutAsync(RecordKey key, ReadOnlyMemory<byte> bytes, VersionTag? expected, CancellationToken cancellationToken)
    {
        key.Require();
        RecordKey.RequireLength(bytes.Length);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            if (Find(key) is { } there && there.Bytes.Span.SequenceEqual(bytes.Span))
            {
                return new(there.Version);
            }

            if (Find(key)?.Version != expected)
            {
                return new((VersionTag?)null);
            }

            var version = new VersionTag((++_versions).ToString(CultureInfo.InvariantCulture));
            if (!_partitions.TryGetValue(key.Partition, out var records))
            {
                _partitions.Add(key.Partition, records = new(StringComparer.Ordinal));
            }

            records[key.Key] = new(key.Key, bytes.ToArray(), version);
            return new(version);
        }
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<TableRecord>> ListAsync(string partition, string? after, int limit, CancellationToken cancellationToken)
    {
        RecordKey.Require(partition);
        RecordKey.RequireLimit(limit);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            return new(_partitions.TryGetValue(partition, out var records)
                ? [.. records.Values.Where(record => after is null || string.CompareOrdinal(record.Key, after) > 0).Take(limit)]
                : (IReadOnlyList<TableRecord>)[]);
        }
    }

    /// <inheritdoc/>
    public ValueTask<bool> DeleteAsync(RecordKey key, CancellationToken cancellationToken)
    {
        key.Require();
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            return new(_partitions.TryGetValue(key.Partition, out var records) && records.Remove(key.Key));
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private TableRecord? Find(RecordKey key) => _partitions.GetValueOrDefault(key.Partition)?.GetValueOrDefault(key.Key);
}
