using System.Text;
using Cairn.Diagnostics;
using Cairn.Domain.Tests.Formats;
using Cairn.Formats;
using Cairn.Log;
using Cairn.Primitives;
using Cairn.Storage;

namespace Cairn.Domain.Tests.Log;

/// <summary>One space in memory whose log is opened, closed and damaged.</summary>
internal sealed class LogFixture : ILogObserver
{
    private readonly Func<ILogStore> _openStore;
    private UInt128 _nextWriter = 1;

    public LogFixture(int maxAppendsPerFile = int.MaxValue, long maxFileBytes = 1 << 30, bool isShared = false)
    {
        var spaces = new MemorySpaceStore(maxAppendsPerFile, maxFileBytes, isShared);
        var space = new SpaceRecord(SpaceName.Parse("demo"), Commits.Incarnation, Commits.Noon);
        spaces.CreateAsync(space, Token).AsTask().Wait(Token);
        _openStore = () => spaces.OpenLog(space);
    }

    public static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>What the last opening replayed: "file:end kind id".</summary>
    public List<string> Replayed { get; } = [];

    /// <summary>The commits among it.</summary>
    public string[] Ids => [.. Replayed.Where(frame => frame.Contains("Commit", StringComparison.Ordinal)).Select(frame => frame.Split(' ')[2])];

    public List<(int File, long Offset, long LengthBytes)> Cuts { get; } = [];

    public List<int> Rolls { get; } = [];

    public List<(long Done, long Total)> Progress { get; } = [];

    /// <summary>Stands between the log and its store when set.</summary>
    public Func<ILogStore, ILogStore> Wrap { get; set; } = store => store;

    public Exception? ReplayFailure { get; set; }

    /// <summary>The files, without a log around them.</summary>
    public ILogStore OpenStore() => _openStore();

    public Task<WriteLog> OpenAsync() => OpenAsync(_ => { });

    public Task<WriteLog> OpenAsync(Action<LogGroup> seen)
    {
        Replayed.Clear();
        Cuts.Clear();
        return WriteLog.OpenAsync(
            Wrap(_openStore()),
            Commits.Incarnation,
            () => new(_nextWriter++),
            this,
            default,
            (group, _) =>
            {
                if (ReplayFailure is { } failure)
                    throw failure;
                seen(group);
                foreach (var frame in group)
                {
                    Replayed.Add(Describe(frame));
                }

                return ValueTask.CompletedTask;
            },
            Token);
    }

    /// <summary>Opens, appends one group per entry (its commits' ids), and closes cleanly or as a crash would.</summary>
    public async Task<List<LogGroup>> WriteAsync(bool clean, params string[][] groups)
    {
        var log = await OpenAsync();
        var written = new List<LogGroup>();
        foreach (var ids in groups)
        {
            written.Add(await log.AppendAsync(ids.Select(id => Commits.Ada(id)).ToArray(), Commits.Noon, Token));
        }

        if (clean)
            await log.DisposeAsync();
        return written;
    }

    public async Task<CairnException> FailToOpenAsync()
    {
        var failure = await Assert.ThrowsAsync<CairnException>(() => OpenAsync());
        Assert.Equal(ErrorKind.Corrupt, failure.Kind);
        return failure;
    }

    public async Task<byte[]> ReadAsync(int file = 0)
    {
        await using var store = _openStore();
        var bytes = new byte[await store.GetLengthAsync(file, Token)];
        Assert.Equal(bytes.Length, await store.ReadAsync(file, 0, bytes, Token));
        return bytes;
    }

    public async Task ReplaceAsync(byte[] bytes, int file = 0)
    {
        await using var store = _openStore();
        if (await store.CreateFileAsync(file, bytes, Token))
            return;
        await store.TryCutAsync(file, 0, Token);
        await store.AppendAsync(file, bytes, Token);
    }

    public async Task<IReadOnlyList<int>> FilesAsync()
    {
        await using var store = _openStore();
        return await store.ListFilesAsync(Token);
    }

    public static string Describe(LogFrame frame) => $"{frame.Position} {frame.View.Kind} {Encoding.UTF8.GetString(frame.View.CommitId)}".TrimEnd();

    public static string[] Describe(LogGroup group)
    {
        var frames = new List<string>();
        foreach (var frame in group)
        {
            frames.Add(Describe(frame));
        }

        return [.. frames];
    }

    void ILogObserver.TailCut(int file, long offset, long lengthBytes) => Cuts.Add((file, offset, lengthBytes));

    void ILogObserver.Replaying(long doneBytes, long totalBytes) => Progress.Add((doneBytes, totalBytes));

    void ILogObserver.Rolled(int file) => Rolls.Add(file);
}

/// <summary>Passes every call on; a test overrides what it wants to fail.</summary>
internal class PassingLogStore(ILogStore inner) : ILogStore
{
    public virtual int MaxAppendsPerFile => inner.MaxAppendsPerFile;

    public virtual long MaxFileBytes => inner.MaxFileBytes;

    public virtual bool IsSoleWriter => inner.IsSoleWriter;

    public virtual TimeSpan ClockLead => inner.ClockLead;

    public ValueTask<IReadOnlyList<int>> ListFilesAsync(CancellationToken cancellationToken) => inner.ListFilesAsync(cancellationToken);

    public virtual ValueTask<bool> CreateFileAsync(int file, ReadOnlyMemory<byte> header, CancellationToken cancellationToken) =>
        inner.CreateFileAsync(file, header, cancellationToken);

    public virtual ValueTask<long> AppendAsync(int file, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) =>
        inner.AppendAsync(file, bytes, cancellationToken);

    public virtual ValueTask<int> ReadAsync(int file, long offset, Memory<byte> buffer, CancellationToken cancellationToken) =>
        inner.ReadAsync(file, offset, buffer, cancellationToken);

    public ValueTask<long> GetLengthAsync(int file, CancellationToken cancellationToken) => inner.GetLengthAsync(file, cancellationToken);

    public virtual ValueTask<bool> TryCutAsync(int file, long offset, CancellationToken cancellationToken) =>
        inner.TryCutAsync(file, offset, cancellationToken);

    public ValueTask<bool> DeleteFileAsync(int file, CancellationToken cancellationToken) => inner.DeleteFileAsync(file, cancellationToken);

    public virtual ValueTask DisposeAsync() => inner.DisposeAsync();
}
