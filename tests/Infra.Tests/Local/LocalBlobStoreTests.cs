using Cairn.Domain.Tests.Storage;
using Cairn.Infra.Local;
using Cairn.Primitives;
using Cairn.Storage;

namespace Cairn.Infra.Tests.Local;

public sealed class LocalBlobStoreTests : BlobStoreConformance, IDisposable
{
    private const string Name = "segments/0000000001-a.seg";

    private static readonly byte[] OneTwoThree = [1, 2, 3];

    private readonly TemporaryFolder _folder = new();

    private string Life => Path.Combine(_folder.Path, "demo", Record().Incarnation.ToString());

    private string Unfinished => Path.Combine(Life, ".unfinished");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Blobs_WhenTheStoreIsReopened_AreFilesUnderTheirNames()
    {
        await using (var store = await OpenAsync())
        await using (var blobs = await BlobsAsync(store))
        {
            await blobs.CreateAsync(Name, OneTwoThree, Token);
        }

        Assert.Equal(OneTwoThree, await File.ReadAllBytesAsync(Path.Combine(Life, Name), Token));
        await using var again = await OpenAsync();
        await using var reopened = again.OpenBlobs(Record());
        await HoldsAsync(reopened, Name, OneTwoThree);
    }

    [Fact]
    public async Task Blobs_WhenACrashLeftUnfinishedFiles_AreClearedOfThem()
    {
        await using (var store = await OpenAsync())
        {
            await store.CreateAsync(Record(), Token);
        }

        Directory.CreateDirectory(Unfinished);
        await File.WriteAllBytesAsync(Path.Combine(Unfinished, "1"), OneTwoThree, Token);
        await using var again = await OpenAsync();
        await using var blobs = again.OpenBlobs(Record());

        Assert.Empty(await blobs.ListAsync("", Token));
        Assert.False(Directory.Exists(Unfinished));
        Assert.True(await blobs.CreateAsync(Name, OneTwoThree, Token));
    }

    [Fact]
    public async Task Upload_WhenAnotherOpeningBegins_IsNotTakenForALeftover()
    {
        await using var store = await OpenAsync();
        await using var blobs = await BlobsAsync(store);
        await using var upload = await blobs.BeginAsync(Name, Token);
        await upload.WriteAsync(OneTwoThree, Token);

        await using (var other = store.OpenBlobs(Record()))
        {
            Assert.Empty(await other.ListAsync("", Token));
        }

        await upload.CommitAsync(Token);
        await HoldsAsync(blobs, Name, OneTwoThree);
    }

    [Fact]
    public async Task Calls_WhenDone_LeaveNoUnfinishedFile()
    {
        await using var store = await OpenAsync();
        await using var blobs = await BlobsAsync(store);
        await blobs.CreateAsync(Name, OneTwoThree, Token);
        await blobs.CreateAsync(Name, new byte[] { 9 }, Token);
        await (await blobs.BeginAsync("given-up", Token)).DisposeAsync();
        await using (var upload = await blobs.BeginAsync("written", Token))
        {
            await upload.CommitAsync(Token);
        }

        Assert.Empty(Directory.GetFileSystemEntries(Unfinished));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Writes_WhenTheDiskIsFull_AreUnavailableAndGiveTheRoomBack(bool atFlush)
    {
        var full = new FullDisk();
        await using var store = LocalSpaceStore.Open(_folder.Path, path => new FullFile(path, full, atFlush));
        await using var blobs = await BlobsAsync(store);
        await blobs.CreateAsync("there", OneTwoThree, Token);
        full.IsFull = true;

        var messages = new List<string>
        {
            (await FailsAsync(ErrorKind.Unavailable, async () => await blobs.CreateAsync(Name, new byte[100], Token))).Message,
        };
        await using (var upload = await blobs.BeginAsync("large", Token))
        {
            messages.Add((await FailsAsync(ErrorKind.Unavailable, async () =>
            {
                await upload.WriteAsync(new byte[100], Token);
                await upload.CommitAsync(Token);
            })).Message);
            Assert.Empty(Directory.GetFileSystemEntries(Unfinished));
            await FailsAsync(ErrorKind.Internal, async () => await upload.CommitAsync(Token));
        }

        Assert.Equal(new[] { Name, "large" }.Select(name => $"disk full: {Path.Combine(Life, name)}"), messages);
        Assert.Equal([new("there", 3)], await blobs.ListAsync("", Token));
        full.IsFull = false;
        Assert.True(await blobs.CreateAsync(Name, OneTwoThree, Token));
        await HoldsAsync(blobs, "there", OneTwoThree);
    }

    [Fact]
    public async Task Create_WhenAFileStandsInPlaceOfAFolder_IsUnavailableAndNamesIt()
    {
        await using var store = await OpenAsync();
        await using var blobs = await BlobsAsync(store);
        var obstacle = Path.Combine(Life, "segments");
        await File.WriteAllTextAsync(obstacle, "", Token);

        var failure = await FailsAsync(ErrorKind.Unavailable, async () => await blobs.CreateAsync(Name, OneTwoThree, Token));
        Assert.Contains($"{obstacle} is a file where a folder is needed", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reader_WhenTheFileIsTruncated_IsCorrupt()
    {
        await using var store = await OpenAsync();
        await using var blobs = await BlobsAsync(store);
        await blobs.CreateAsync(Name, OneTwoThree, Token);
        using var reader = await blobs.OpenAsync(Name, Token);
        await File.WriteAllBytesAsync(Path.Combine(Life, Name), [1], Token);

        var failure = Assert.Throws<CairnException>(() => reader!.Read(0, new byte[3]));
        Assert.Equal(ErrorKind.Corrupt, failure.Kind);
        Assert.Contains(Path.Combine(Life, Name), failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Blobs_WhenKilledAtAnyMoment_AreWholeAndKeepWhatWasAcknowledged()
    {
        var acknowledged = 0;
        for (var round = 1; round <= 3; round++)
        {
            using var process = LogProcess.Start("blobs", _folder.Path, $"{round}");
            for (var i = 0; i < 10 + (round * 7); i++)
            {
                Assert.Equal($"{round}-{i}", await process.Output.ReadLineAsync(Token));
                acknowledged++;
            }

            await process.KillAsync(Token);
            while (await process.Output.ReadLineAsync(Token) is not null)
            {
                acknowledged++;
            }

            await using var store = await OpenAsync();
            await using var blobs = store.OpenBlobs(LogProcess.Space);
            var there = await blobs.ListAsync("blobs/", Token);
            Assert.InRange(there.Count, acknowledged, acknowledged + round);
            Assert.All(there, blob => Assert.Equal(LogProcess.BlobBytes, blob.LengthBytes));
            Assert.False(Directory.Exists(Path.Combine(_folder.Path, "demo", LogProcess.Space.Incarnation.ToString(), ".unfinished")));
            acknowledged = there.Count;
        }
    }

    protected override Task<ISpaceStore> OpenAsync() => Task.FromResult<ISpaceStore>(LocalSpaceStore.Open(_folder.Path));

    private sealed class FullDisk
    {
        public bool IsFull { get; set; }
    }

    /// <summary>A file on a disk that may be full, which shows at a write, half of which still lands, or at the flush.</summary>
    private sealed class FullFile(string path, FullDisk disk, bool atFlush) : AppendFile(path)
    {
        public override void Write(ReadOnlySpan<byte> bytes, long offset)
        {
            base.Write(bytes[..(bytes.Length / 2)], offset);
            if (disk.IsFull && !atFlush)
                throw new IOException("No space left on device", 28);
            base.Write(bytes, offset);
        }

        public override void Flush()
        {
            if (disk.IsFull && atFlush)
                throw new IOException("No space left on device", 28);
            base.Flush();
        }
    }
}
