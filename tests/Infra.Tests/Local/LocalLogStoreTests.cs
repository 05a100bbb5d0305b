using System.Diagnostics;
using Cairn.Diagnostics;
using Cairn.Infra.Local;
using Cairn.Primitives;
using Cairn.Storage;

namespace Cairn.Infra.Tests.Local;

public sealed class LocalLogStoreTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly FailingDisk _disk = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string LogFile => Path.Combine(_folder.Path, "demo", LogProcess.Space.Incarnation.ToString(), "log", "0.log");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Append_WhenKilledAtAnyMoment_KeepsEveryAcknowledgedCommit()
    {
        var acknowledged = 0;
        for (var round = 0; round < 4; round++)
        {
            using var process = LogProcess.Start("append", _folder.Path);
            for (var i = 0; i < 20 + (round * 7); i++)
            {
                Assert.Equal($"c{acknowledged}", await process.Output.ReadLineAsync(Token));
                acknowledged++;
            }

            await process.KillAsync(Token);
            while (await process.Output.ReadLineAsync(Token) is not null)
            {
                acknowledged++;
            }

            await using var store = LocalSpaceStore.Open(_folder.Path);
            var (log, ids) = await LogProcess.OpenAsync(store, (UInt128)1 << 100, Token);
            await log.DisposeAsync();

            // One more may have become durable before its answer was written.
            Assert.InRange(ids.Count, acknowledged, acknowledged + 1);
            Assert.Equal(Enumerable.Range(0, ids.Count).Select(i => $"c{i}"), ids);
            acknowledged = ids.Count;
        }
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(500, 0)]
    [InlineData(1, 300_000)]
    [InlineData(0, 1)]
    public async Task Open_WhenTailIsTorn_CutsItAndKeepsItsBytesAside(int tornBytes, int zeros)
    {
        await WriteAsync("a", "b");
        var whole = await File.ReadAllBytesAsync(LogFile, Token);
        var torn = Enumerable.Range(1, tornBytes).Select(i => (byte)((i % 200) + 1)).ToArray();
        await File.WriteAllBytesAsync(LogFile, [.. whole, .. torn, .. new byte[zeros]], Token);

        await using var store = LocalSpaceStore.Open(_folder.Path);
        var observer = new CutObserver();
        var (log, ids) = await LogProcess.OpenAsync(store, 2, Token, observer);
        await log.DisposeAsync();

        Assert.Equal(["a", "b"], ids);
        Assert.Equal(tornBytes > 0 ? (whole.Length, tornBytes + zeros) : default, observer.Cut);
        Assert.Equal(whole, await File.ReadAllBytesAsync(LogFile, Token));
        var aside = Directory.GetFiles(Path.GetDirectoryName(LogFile)!, "*.torn");
        Assert.Equal(tornBytes > 0 ? [$"{LogFile}-{whole.Length}.torn"] : [], aside);
        Assert.Equal(tornBytes > 0 ? torn : [], aside.Length > 0 ? await File.ReadAllBytesAsync(aside[0], Token) : []);
    }

    [Fact]
    public async Task Cut_WhenTwiceAtTheSameOffset_KeepsBoth()
    {
        await WriteAsync("a");
        var whole = await File.ReadAllBytesAsync(LogFile, Token);
        foreach (var last in new byte[] { 1, 2 })
        {
            await File.WriteAllBytesAsync(LogFile, [.. whole, last], Token);
            await WriteAsync();
        }

        Assert.Equal([2], await File.ReadAllBytesAsync($"{LogFile}-{whole.Length}-2.torn", Token));
    }

    [Fact]
    public async Task Append_WhenTheDiskIsFull_IsUnavailableAndKeepsNothing()
    {
        await using var store = Open();
        var (log, _) = await LogProcess.OpenAsync(store, 1, Token);
        await log.AppendAsync(new[] { LogProcess.Commit("a") }, new(1), Token);
        var end = log.End.Offset;
        _disk.WriteFailure = () => new IOException("No space left on device", 28);

        var failure = await Assert.ThrowsAsync<CairnException>(async () => await log.AppendAsync(new[] { LogProcess.Commit("b") }, new(1), Token));

        Assert.Equal((ErrorKind.Unavailable, "unavailable"), (failure.Kind, failure.Problem));
        Assert.Contains($"disk full: {LogFile}", failure.Message, StringComparison.Ordinal);
        Assert.Equal((end, end), (log.End.Offset, new FileInfo(LogFile).Length));
        _disk.WriteFailure = null;
        await log.AppendAsync(new[] { LogProcess.Commit("c") }, new(1), Token);
        await log.DisposeAsync();
        await store.DisposeAsync();
        Assert.Equal(["a", "c"], await WriteAsync());
    }

    [Fact]
    public async Task Append_WhenAFailedWriteCannotBeCutBack_IsOverwrittenByTheNext()
    {
        await using var store = Open();
        var (log, _) = await LogProcess.OpenAsync(store, 1, Token);
        await log.AppendAsync(new[] { LogProcess.Commit("a") }, new(1), Token);
        _disk.WriteFailure = () => new IOException("No space left on device", 28);
        _disk.TruncateFailure = () => new IOException("broken");
        await Assert.ThrowsAsync<CairnException>(async () => await log.AppendAsync(new[] { LogProcess.Commit("b") }, new(1), Token));
        _disk.WriteFailure = null;
        await Assert.ThrowsAsync<CairnException>(async () => await log.AppendAsync(new[] { LogProcess.Commit("c") }, new(1), Token));
        _disk.TruncateFailure = null;

        await log.AppendAsync(new[] { LogProcess.Commit("d") }, new(1), Token);
        await log.DisposeAsync();
        await store.DisposeAsync();

        Assert.Equal(["a", "d"], await WriteAsync());
        Assert.Empty(Directory.GetFiles(Path.GetDirectoryName(LogFile)!, "*.torn"));
    }

    [Fact]
    public async Task Append_WhenFsyncFails_StopsTheSpaceAndIsNeverRetried()
    {
        await using var store = Open();
        var (log, _) = await LogProcess.OpenAsync(store, 1, Token);
        await log.AppendAsync(new[] { LogProcess.Commit("a") }, new(1), Token);
        _disk.FlushFailure = () => new IOException("Input/output error", 5);

        var failure = await Assert.ThrowsAsync<CairnException>(async () => await log.AppendAsync(new[] { LogProcess.Commit("b") }, new(1), Token));
        Assert.Equal(ErrorKind.Unknown, failure.Kind);
        Assert.Contains($"fsync of {LogFile} failed", failure.Message, StringComparison.Ordinal);
        _disk.FlushFailure = null;
        var flushes = _disk.Flushes;
        failure = await Assert.ThrowsAsync<CairnException>(async () => await log.AppendAsync(new[] { LogProcess.Commit("c") }, new(1), Token));
        Assert.Equal(ErrorKind.Fenced, failure.Kind);
        await log.DisposeAsync();
        failure = await Assert.ThrowsAsync<CairnException>(async () => await LogProcess.OpenAsync(store, 2, Token));
        Assert.Equal((ErrorKind.Fenced, "unavailable"), (failure.Kind, failure.Problem));
        Assert.Contains("the space is stopped", failure.Message, StringComparison.Ordinal);
        Assert.Equal(flushes, _disk.Flushes);

        await store.DisposeAsync();
        Assert.Equal(["a"], await WriteAsync());
    }

    [Fact]
    public async Task Append_WhenAFileSystemIsReallyFull_RecoversWhenThereIsRoomAgain()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess, "needs to mount a small file system");
        var mount = Path.Combine(_folder.Path, "small");
        Directory.CreateDirectory(mount);
        Assert.SkipUnless(Run("mount", "-t", "tmpfs", "-o", "size=128k", "tmpfs", mount), "may not mount");
        try
        {
            List<string> written = [];
            await using (var store = LocalSpaceStore.Open(mount))
            {
                var ballast = Path.Combine(mount, "ballast");
                await File.WriteAllBytesAsync(ballast, new byte[64 * 1024], Token);
                var (log, _) = await LogProcess.OpenAsync(store, 1, Token);
                var failure = await Assert.ThrowsAsync<CairnException>(async () =>
                {
                    for (var i = 0; i < 1000; i++)
                    {
                        await log.AppendAsync(new[] { LogProcess.Commit($"c{i}") }, new(1), Token);
                        written.Add($"c{i}");
                    }
                });
                Assert.Contains("disk full", failure.Message, StringComparison.Ordinal);
                File.Delete(ballast);
                await log.AppendAsync(new[] { LogProcess.Commit("last") }, new(1), Token);
                written.Add("last");
                await log.DisposeAsync();
            }

            Assert.NotEmpty(written);
            await using var again = LocalSpaceStore.Open(mount);
            var (reopened, ids) = await LogProcess.OpenAsync(again, 2, Token);
            await reopened.DisposeAsync();
            Assert.Equal(written, ids);
        }
        finally
        {
            Run("umount", mount);
        }
    }

    [Fact]
    public async Task Open_WhenForeignFilesLieInTheFolder_IgnoresThem()
    {
        await WriteAsync("a");
        var folder = Path.GetDirectoryName(LogFile)!;
        foreach (var name in new[] { "1.log.new", "00.log", "-1.log", "x.log", "0.log-7.torn" })
        {
            await File.WriteAllTextAsync(Path.Combine(folder, name), "x", Token);
        }

        Assert.Equal(["a"], await WriteAsync());
    }

    [Fact]
    public async Task Append_WhenWarm_CompletesOnTheCallingThread()
    {
        await using var store = Open();
        var (log, _) = await LogProcess.OpenAsync(store, 1, Token);
        var commits = new[] { LogProcess.Commit("a"), LogProcess.Commit("b") };
        await log.AppendAsync(commits, new(1), Token);

        var append = log.AppendAsync(commits, new(1), Token);

        Assert.True(append.IsCompletedSuccessfully);
        await append;
        await log.DisposeAsync();
    }

    private static bool Run(string command, params string[] args)
    {
        using var process = Process.Start(command, args);
        process.WaitForExit();
        return process.ExitCode == 0;
    }

    private LocalSpaceStore Open() => LocalSpaceStore.Open(_folder.Path, path => new FailingFile(path, _disk));

    /// <summary>Opens, appends, closes; answers what was there before.</summary>
    private async Task<List<string>> WriteAsync(params string[] ids)
    {
        await using var store = LocalSpaceStore.Open(_folder.Path);
        var (log, before) = await LogProcess.OpenAsync(store, (UInt128)1 << 90, Token);
        foreach (var id in ids)
        {
            await log.AppendAsync(new[] { LogProcess.Commit(id) }, new(1), Token);
        }

        await log.DisposeAsync();
        return before;
    }

    private sealed class CutObserver : ILogObserver
    {
        public (long Offset, long LengthBytes) Cut { get; private set; }

        public void TailCut(int file, long offset, long lengthBytes) => Cut = (offset, lengthBytes);
    }

    private sealed class FailingDisk
    {
        public Func<Exception>? WriteFailure { get; set; }

        public Func<Exception>? FlushFailure { get; set; }

        public Func<Exception>? TruncateFailure { get; set; }

        public int Flushes { get; set; }
    }

    /// <summary>A disk that fails as it is told; half of a failing write still lands, as on a full disk.</summary>
    private sealed class FailingFile(string path, FailingDisk disk) : AppendFile(path)
    {
        public override void Write(ReadOnlySpan<byte> bytes, long offset)
        {
            if (disk.WriteFailure is { } failure)
            {
                base.Write(bytes[..(bytes.Length / 2)], offset);
                throw failure();
            }

            base.Write(bytes, offset);
        }

        public override void Flush()
        {
            disk.Flushes++;
            if (disk.FlushFailure is { } failure)
                throw failure();
            base.Flush();
        }

        public override void Truncate(long lengthBytes)
        {
            if (disk.TruncateFailure is { } failure)
                throw failure();
            base.Truncate(lengthBytes);
        }
    }
}
