using System.Globalization;
using Cairn.Diagnostics;
using Cairn.Infra.Local;
using Cairn.Log;
using Cairn.Primitives;
using Cairn.Storage;

namespace Cairn.Infra.Tests.Local;

/// <summary>Logs of several files on a disk, as they look after crashes and after damage.</summary>
public sealed class LocalLogFilesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Open_WhenTheLastFileIsTorn_CutsItAndKeepsItsBytesAside()
    {
        await AppendAsync("a", "b", "c");
        Assert.Equal(["0.log", "1.log", "2.log"], Names());
        var last = await File.ReadAllBytesAsync(FileOf(2), Token);
        await File.WriteAllBytesAsync(FileOf(2), [.. last, 1, 2, 3], Token);

        Assert.Equal(3, await AppendAsync("d"));

        Assert.Equal([1, 2, 3], await File.ReadAllBytesAsync($"{FileOf(2)}-{last.Length}.torn", Token));
        Assert.Equal(4, await AppendAsync());
    }

    [Fact]
    public async Task Open_WhenZerosFollowARollFrame_GoesOnInTheNextFile()
    {
        await AppendAsync("a", "b", "c");
        foreach (var file in (int[])[0, 1, 2])
        {
            await File.WriteAllBytesAsync(FileOf(file), [.. await File.ReadAllBytesAsync(FileOf(file), Token), .. new byte[16 * 1024]], Token);
        }

        Assert.Equal(3, await AppendAsync("d"));
        Assert.Equal(4, await AppendAsync());
    }

    [Fact]
    public async Task Open_WhenAnEarlierFileIsDamaged_NamesItAndTouchesNothing()
    {
        await AppendAsync("a", "b", "c");
        var bytes = await File.ReadAllBytesAsync(FileOf(1), Token);
        bytes[500] ^= 1;
        await File.WriteAllBytesAsync(FileOf(1), bytes, Token);

        await FailsAsync("log file 1, offset 64: a group is damaged");

        Assert.Equal(["0.log", "1.log", "2.log"], Names());
        Assert.Equal(bytes, await File.ReadAllBytesAsync(FileOf(1), Token));
    }

    [Fact]
    public async Task Open_WhenAMiddleFileIsMissing_NamesIt()
    {
        await AppendAsync("a", "b", "c");
        File.Delete(FileOf(1));

        await FailsAsync("log file 1, offset 0: the file is missing");
        Assert.Equal(["0.log", "2.log"], Names());
    }

    [Fact]
    public async Task Open_WhenAFileOfNoBytesFollows_IsCorrupt()
    {
        await AppendAsync("a", "b");
        await File.WriteAllBytesAsync(FileOf(2), [], Token);

        await FailsAsync("log file 2, offset 0:");
    }

    private string FileOf(int file) => Path.Combine(
        _folder.Path, "demo", LogProcess.Space.Incarnation.ToString(), "log", file.ToString(CultureInfo.InvariantCulture) + ".log");

    private IEnumerable<string> Names() => Directory.GetFiles(Path.GetDirectoryName(FileOf(0))!).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal);

    private async Task FailsAsync(string message)
    {
        var failure = await Assert.ThrowsAsync<CairnException>(() => AppendAsync());
        Assert.Equal(ErrorKind.Corrupt, failure.Kind);
        Assert.Contains(message, failure.Message, StringComparison.Ordinal);
    }

    /// <summary>Opens, appends each commit to a file of its own, and stops as a crash would; answers how many groups of commits were there.</summary>
    private async Task<int> AppendAsync(params string[] ids)
    {
        await using var spaces = LocalSpaceStore.Open(_folder.Path);
        await spaces.CreateAsync(LogProcess.Space, Token);
        await using var store = new SmallFiles(spaces.OpenLog(LogProcess.Space));
        var groups = 0;
        var log = await WriteLog.OpenAsync(
            store,
            LogProcess.Space.Incarnation,
            () => new(7),
            SilentLogObserver.Instance,
            default,
            (group, _) =>
            {
                groups += group.Bytes.Length > 1000 ? 1 : 0;
                return ValueTask.CompletedTask;
            },
            Token);
        foreach (var id in ids)
        {
            await log.AppendAsync(new[] { LogProcess.Commit(id) }, new(1), Token);
        }

        return groups;
    }

    /// <summary>Rolls before every group but the first.</summary>
    private sealed class SmallFiles(ILogStore inner) : ILogStore
    {
        public int MaxAppendsPerFile => inner.MaxAppendsPerFile;

        public long MaxFileBytes => 1200;

        public bool IsSoleWriter => inner.IsSoleWriter;

        public TimeSpan ClockLead => inner.ClockLead;

        public ValueTask<IReadOnlyList<int>> ListFilesAsync(CancellationToken cancellationToken) => inner.ListFilesAsync(cancellationToken);

        public ValueTask<bool> CreateFileAsync(int file, ReadOnlyMemory<byte> header, CancellationToken cancellationToken) =>
            inner.CreateFileAsync(file, header, cancellationToken);

        public ValueTask<long> AppendAsync(int file, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) =>
            inner.AppendAsync(file, bytes, cancellationToken);

        public ValueTask<int> ReadAsync(int file, long offset, Memory<byte> buffer, CancellationToken cancellationToken) =>
            inner.ReadAsync(file, offset, buffer, cancellationToken);

        public ValueTask<long> GetLengthAsync(int file, CancellationToken cancellationToken) => inner.GetLengthAsync(file, cancellationToken);

        public ValueTask<bool> TryCutAsync(int file, long offset, CancellationToken cancellationToken) => inner.TryCutAsync(file, offset, cancellationToken);

        public ValueTask<bool> DeleteFileAsync(int file, CancellationToken cancellationToken) => inner.DeleteFileAsync(file, cancellationToken);

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
