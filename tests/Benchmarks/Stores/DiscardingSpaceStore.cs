using Cairn.Primitives;
using Cairn.Storage;

namespace Cairn.Benchmarks.Stores;

/// <summary>Spaces whose logs keep no bytes: for measuring memory without that of a log, and updates without a full disk. Nothing can be read back.</summary>
internal sealed class DiscardingSpaceStore : ISpaceStore
{
    private readonly MemorySpaceStore _records = new();

    /// <inheritdoc/>
    public ValueTask<SpaceRecord?> FindAsync(SpaceName name, CancellationToken cancellationToken) => _records.FindAsync(name, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<SpaceRecord>> ListAsync(CancellationToken cancellationToken) => _records.ListAsync(cancellationToken);

    /// <inheritdoc/>
    public ValueTask<(SpaceRecord Record, bool Created)> CreateAsync(SpaceRecord wanted, CancellationToken cancellationToken) =>
        _records.CreateAsync(wanted, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<bool> DeleteAsync(SpaceRecord space, CancellationToken cancellationToken) => _records.DeleteAsync(space, cancellationToken);

    /// <inheritdoc/>
    public ILogStore OpenLog(SpaceRecord space) => new DiscardingLogStore();

    /// <inheritdoc/>
    public IBlobStore OpenBlobs(SpaceRecord space) => _records.OpenBlobs(space);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _records.DisposeAsync();

    /// <summary>Counts bytes. One thread at a time.</summary>
    private sealed class DiscardingLogStore : ILogStore
    {
        private readonly List<long> _lengths = [];

        public int MaxAppendsPerFile => int.MaxValue;

        public long MaxFileBytes => 1L << 30;

        public bool IsSoleWriter => true;

        public TimeSpan ClockLead => TimeSpan.Zero;

        public ValueTask<IReadOnlyList<int>> ListFilesAsync(CancellationToken cancellationToken) => new([.. Enumerable.Range(0, _lengths.Count)]);

        public ValueTask<bool> CreateFileAsync(int file, ReadOnlyMemory<byte> header, CancellationToken cancellationToken)
        {
            _lengths.Add(header.Length);
            return new(true);
        }

        public ValueTask<long> AppendAsync(int file, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
        {
            var offset = _lengths[file];
            _lengths[file] += bytes.Length;
            return new(offset);
        }

        public ValueTask<int> ReadAsync(int file, long offset, Memory<byte> buffer, CancellationToken cancellationToken) =>
            throw new NotSupportedException("the bytes of this log are gone");

        public ValueTask<long> GetLengthAsync(int file, CancellationToken cancellationToken) => new(_lengths[file]);

        public ValueTask<bool> TryCutAsync(int file, long offset, CancellationToken cancellationToken) => new(false);

        public ValueTask<bool> DeleteFileAsync(int file, CancellationToken cancellationToken) => new(false);

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
