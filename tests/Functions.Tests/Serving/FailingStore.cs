using Cairn.Primitives;
using Cairn.Storage;

namespace Cairn.Functions.Tests.Serving;

/// <summary>A store in memory whose appends wait or fail from when they are told to, and as told.</summary>
internal sealed class FailingStore : ISpaceStore
{
    private readonly MemorySpaceStore _inner = new();

    /// <summary>What the next appends throw; null: they succeed.</summary>
    public Exception? Failure { get; set; }

    /// <summary>What the next appends wait for first; null: nothing.</summary>
    public Task? Hold { get; set; }

    /// <summary>What the next reads of the log wait for first; null: nothing.</summary>
    public Task? HoldReads { get; set; }

    public ValueTask<SpaceRecord?> FindAsync(SpaceName name, CancellationToken cancellationToken) => _inner.FindAsync(name, cancellationToken);

    public ValueTask<IReadOnlyList<SpaceRecord>> ListAsync(CancellationToken cancellationToken) => _inner.ListAsync(cancellationToken);

    public ValueTask<(SpaceRecord Record, bool Created)> CreateAsync(SpaceRecord wanted, CancellationToken cancellationToken) =>
        _inner.CreateAsync(wanted, cancellationToken);

    public ValueTask<bool> DeleteAsync(SpaceRecord space, CancellationToken cancellationToken) => _inner.DeleteAsync(space, cancellationToken);

    public ILogStore OpenLog(SpaceRecord space) => new Log(this, _inner.OpenLog(space));

    public IBlobStore OpenBlobs(SpaceRecord space) => _inner.OpenBlobs(space);

    public ValueTask DisposeAsync() => _inner.DisposeAsync();

    private sealed class Log(FailingStore owner, ILogStore inner) : ILogStore
    {
        public int MaxAppendsPerFile => inner.MaxAppendsPerFile;

        public long MaxFileBytes => inner.MaxFileBytes;

        public bool IsSoleWriter => inner.IsSoleWriter;

        public TimeSpan ClockLead => inner.ClockLead;

        public ValueTask<IReadOnlyList<int>> ListFilesAsync(CancellationToken cancellationToken) => inner.ListFilesAsync(cancellationToken);

        public ValueTask<bool> CreateFileAsync(int file, ReadOnlyMemory<byte> header, CancellationToken cancellationToken) =>
            inner.CreateFileAsync(file, header, cancellationToken);

        public async ValueTask<long> AppendAsync(int file, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
        {
            await (owner.Hold ?? Task.CompletedTask);
            return owner.Failure is { } failure ? throw failure : await inner.AppendAsync(file, bytes, cancellationToken);
        }

        public async ValueTask<int> ReadAsync(int file, long offset, Memory<byte> buffer, CancellationToken cancellationToken)
        {
            await (owner.HoldReads ?? Task.CompletedTask).WaitAsync(cancellationToken);
            return await inner.ReadAsync(file, offset, buffer, cancellationToken);
        }

        public ValueTask<long> GetLengthAsync(int file, CancellationToken cancellationToken) => inner.GetLengthAsync(file, cancellationToken);

        public ValueTask<bool> TryCutAsync(int file, long offset, CancellationToken cancellationToken) => inner.TryCutAsync(file, offset, cancellationToken);

        public ValueTask<bool> DeleteFileAsync(int file, CancellationToken cancellationToken) => inner.DeleteFileAsync(file, cancellationToken);

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
