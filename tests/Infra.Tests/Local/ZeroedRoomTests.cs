using Cairn.Diagnostics;
using Cairn.Infra.Local;
using Cairn.Log;
using Cairn.Storage;

namespace Cairn.Infra.Tests.Local;

/// <summary>The zeros that a log file has behind its data while it is open.</summary>
public sealed class ZeroedRoomTests : IDisposable
{
    private const int SmallBytes = 1000;
    private const int LargeBytes = 100_000;

    private readonly TemporaryFolder _folder = new();
    private bool _isFull;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string LogFile => Path.Combine(_folder.Path, "demo", LogProcess.Space.Incarnation.ToString(), "log", "0.log");

    private long FileBytes => new FileInfo(LogFile).Length;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Append_WhenThereIsRoom_DoesNotGrowTheFile()
    {
        await using var spaces = Open();
        await using var log = await CreateAsync(spaces);
        await AppendAsync(log, SmallBytes);
        var fileBytes = FileBytes;

        var end = await AppendAsync(log, SmallBytes);

        Assert.Equal((fileBytes, end), (FileBytes, await log.GetLengthAsync(0, Token)));
        Assert.All((await File.ReadAllBytesAsync(LogFile, Token))[(int)end..], static behind => Assert.Equal(0, behind));
        Assert.Equal(0, await log.ReadAsync(0, end, new byte[1], Token));
    }

    [Fact]
    public async Task Append_WhenTheRoomIsUsedUp_MakesAsMuchAsThereIsDataWithinLimits()
    {
        await using var spaces = Open();
        await using var log = await CreateAsync(spaces);
        var rooms = new SortedSet<long>();
        for (long end = 0, before = 0; end < 1024 * 1024; before = FileBytes)
        {
            end = await AppendAsync(log, 4096);
            if (FileBytes > before)
            {
                Assert.Equal(Math.Clamp(end, 16 * 1024, 256 * 1024), FileBytes - end);
                rooms.Add(FileBytes - end);
            }
        }

        Assert.Equal((16 * 1024, 256 * 1024), (rooms.Min, rooms.Max));
    }

    [Fact]
    public async Task Append_WhenLarge_MakesNoRoom()
    {
        await using var spaces = Open();
        await using var log = await CreateAsync(spaces);
        await AppendAsync(log, SmallBytes);

        var end = await AppendAsync(log, LargeBytes);

        Assert.Equal(end, FileBytes);
    }

    [Fact]
    public async Task Append_WhenTheDiskHasNoRoomForZeros_KeepsTheData()
    {
        await using var spaces = Open();
        await using var log = await CreateAsync(spaces);
        _isFull = true;

        var end = await AppendAsync(log, SmallBytes);

        Assert.Equal((end, end), (FileBytes, await log.GetLengthAsync(0, Token)));
        _isFull = false;
        end = await AppendAsync(log, SmallBytes);
        Assert.True(FileBytes > end);
    }

    [Fact]
    public async Task Close_WhenRoomIsLeft_GivesItBack()
    {
        await using var spaces = Open();
        var log = await CreateAsync(spaces);
        await log.CreateFileAsync(1, new byte[1], Token);
        var end = await AppendAsync(log, SmallBytes);

        await log.AppendAsync(1, new byte[1], Token);
        Assert.Equal(end, FileBytes);

        end = await AppendAsync(log, SmallBytes);
        await log.DisposeAsync();
        Assert.Equal(end, FileBytes);
    }

    [Fact]
    public async Task Open_WhenACrashLeftRoom_TakesItForTheEndAndReportsNoDamage()
    {
        byte[] crashed;
        await using (var spaces = Open())
        {
            var (log, _) = await LogProcess.OpenAsync(spaces, 1, Token);
            await log.AppendAsync(new[] { LogProcess.Commit("a") }, new(1), Token);
            await log.AppendAsync(new[] { LogProcess.Commit("b") }, new(1), Token);
            crashed = await File.ReadAllBytesAsync(LogFile, Token);
            Assert.True(crashed.Length > log.End.Offset);
            await log.DisposeAsync();
        }

        await File.WriteAllBytesAsync(LogFile, crashed, Token);
        var cuts = new Cuts();
        await using var again = Open();
        var (reopened, ids) = await LogProcess.OpenAsync(again, 2, Token, cuts);

        Assert.Equal(["a", "b"], ids);
        Assert.Equal((0, reopened.End.Offset), (cuts.Count, FileBytes));
        await reopened.AppendAsync(new[] { LogProcess.Commit("c") }, new(1), Token);
        await reopened.DisposeAsync();
        Assert.Empty(Directory.GetFiles(Path.GetDirectoryName(LogFile)!, "*.torn"));
    }

    private static async Task<ILogStore> CreateAsync(LocalSpaceStore spaces)
    {
        await spaces.CreateAsync(LogProcess.Space, Token);
        var log = spaces.OpenLog(LogProcess.Space);
        await log.CreateFileAsync(0, new byte[] { 1 }, Token);
        return log;
    }

    private static async Task<long> AppendAsync(ILogStore log, int lengthBytes) =>
        await log.AppendAsync(0, Enumerable.Repeat((byte)1, lengthBytes).ToArray(), Token) + lengthBytes;

    private LocalSpaceStore Open() => LocalSpaceStore.Open(_folder.Path, path => new FullFile(path, () => _isFull));

    private sealed class Cuts : ILogObserver
    {
        public int Count { get; private set; }

        public void TailCut(int file, long offset, long lengthBytes) => Count++;
    }

    /// <summary>A disk that takes data, and of zeros only half while it is full.</summary>
    private sealed class FullFile(string path, Func<bool> isFull) : AppendFile(path)
    {
        public override void Write(ReadOnlySpan<byte> bytes, long offset)
        {
            if (isFull() && !bytes.ContainsAnyExcept((byte)0))
            {
                base.Write(bytes[..(bytes.Length / 2)], offset);
                throw new IOException("No space left on device", 28);
            }

            base.Write(bytes, offset);
        }
    }
}
