using Cairn.Diagnostics;
using Cairn.Primitives;
using Cairn.Storage;

namespace Cairn.Domain.Tests.Concurrency;

/// <summary>Holds a writer at one named point of its way: at a step that it reports, or inside a call of its store.</summary>
internal sealed class WriterGate
{
    private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile string? _point;

    /// <summary>Completes when the writer stands at the point.</summary>
    public Task Reached => _reached.Task;

    public static IEnumerable<string> Points => [.. Enum.GetNames<WriterStep>(), .. GatedStore.Points];

    public void Close(string point) => _point = point;

    public void Open()
    {
        _point = null;
        _opened.TrySetResult();
    }

    /// <summary>Opens it, but who stands there fails.</summary>
    public void Fail(Exception failure)
    {
        _point = null;
        _opened.TrySetException(failure);
    }

    public Task PassAsync(string point)
    {
        if (_point != point)
        {
            return Task.CompletedTask;
        }

        _reached.TrySetResult();
        return _opened.Task;
    }
}

/// <summary>Blocks the writer's thread in the midst of its report.</summary>
internal sealed class GatedObserver(WriterGate gate) : IEngineObserver
{
    public void Reached(WriterStep step) => gate.PassAsync(step.ToString()).Wait();
}

/// <summary>A store whose writes take as long as the gate is closed.</summary>
/// <param name="inner">Has the data.</param>
/// <param name="gate">The gate.</param>
/// <param name="blobs">What stands before the blobs; null: nothing.</param>
internal sealed class GatedStore(ISpaceStore inner, WriterGate gate, Func<IBlobStore, IBlobStore>? blobs = null) : ISpaceStore
{
    public const string BeforeAppend = nameof(BeforeAppend);
    public const string AfterAppend = nameof(AfterAppend);
    public const string CreateFile = nameof(CreateFile);

    /// <summary>No point of a writer's way: whoever reads the log waits there.</summary>
    public const string ReadLog = nameof(ReadLog);

    public static readonly string[] Points = [BeforeAppend, AfterAppend, CreateFile];

    public ValueTask<SpaceRecord?> FindAsync(SpaceName name, CancellationToken cancellationToken) => inner.FindAsync(name, cancellationToken);

    public ValueTask<IReadOnlyList<SpaceRecord>> ListAsync(CancellationToken cancellationToken) => inner.ListAsync(cancellationToken);

    public ValueTask<(SpaceRecord Record, bool Created)> CreateAsync(SpaceRecord wanted, CancellationToken cancellationToken) =>
        inner.CreateAsync(wanted, cancellationToken);

    public ValueTask<bool> DeleteAsync(SpaceRecord space, CancellationToken cancellationToken) => inner.DeleteAsync(space, cancellationToken);

    public ILogStore OpenLog(SpaceRecord space) => new Log(inner.OpenLog(space), gate);

    public IBlobStore OpenBlobs(SpaceRecord space) => blobs?.Invoke(inner.OpenBlobs(space)) ?? inner.OpenBlobs(space);

    public ValueTask DisposeAsync() => inner.DisposeAsync();

    private sealed class Log(ILogStore inner, WriterGate gate) : ILogStore
    {
        public int MaxAppendsPerFile => inner.MaxAppendsPerFile;

        public long MaxFileBytes => inner.MaxFileBytes;

        public bool IsSoleWriter => inner.IsSoleWriter;

        public TimeSpan ClockLead => inner.ClockLead;

        public ValueTask<IReadOnlyList<int>> ListFilesAsync(CancellationToken cancellationToken) => inner.ListFilesAsync(cancellationToken);

        public async ValueTask<bool> CreateFileAsync(int file, ReadOnlyMemory<byte> header, CancellationToken cancellationToken)
        {
            await gate.PassAsync(CreateFile);
            return await inner.CreateFileAsync(file, header, cancellationToken);
        }

        public async ValueTask<long> AppendAsync(int file, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
        {
            await gate.PassAsync(BeforeAppend);
            var offset = await inner.AppendAsync(file, bytes, cancellationToken);
            await gate.PassAsync(AfterAppend);
            return offset;
        }

        public async ValueTask<int> ReadAsync(int file, long offset, Memory<byte> buffer, CancellationToken cancellationToken)
        {
            await gate.PassAsync(ReadLog).WaitAsync(cancellationToken);
            return await inner.ReadAsync(file, offset, buffer, cancellationToken);
        }

        public ValueTask<long> GetLengthAsync(int file, CancellationToken cancellationToken) => inner.GetLengthAsync(file, cancellationToken);

        public ValueTask<bool> TryCutAsync(int file, long offset, CancellationToken cancellationToken) => inner.TryCutAsync(file, offset, cancellationToken);

        public ValueTask<bool> DeleteFileAsync(int file, CancellationToken cancellationToken) => inner.DeleteFileAsync(file, cancellationToken);

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
