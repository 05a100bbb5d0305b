using Cairn.Primitives;
using Cairn.Storage;

namespace Cairn.Domain.Tests.Storage;

/// <summary>What every blob store must do. Each adapter's tests derive from it.</summary>
public abstract class BlobStoreConformance : StoreConformance
{
    private const string Name = "segments/0000000001-a.seg";

    private static readonly byte[] OneTwoThree = [1, 2, 3];

    [Fact]
    public async Task Create_WhenNew_IsReadWholeAndOpened()
    {
        await using var store = await OpenAsync();
        await using var blobs = await BlobsAsync(store);

        Assert.True(await blobs.CreateAsync(Name, OneTwoThree, Token));
        Assert.True(await blobs.CreateAsync("empty", default, Token));

        await HoldsAsync(blobs, Name, OneTwoThree);
        await HoldsAsync(blobs, "empty", []);
        using var reader = await blobs.OpenAsync(Name, Token);
        Assert.Equal((3, "2"), (reader!.LengthBytes, string.Join(',', Read(reader, 1, 1))));
        using var empty = await blobs.OpenAsync("empty", Token);
        Assert.Equal(0, empty!.LengthBytes);
    }

    [Fact]
    public async Task Create_WhenNameIsTaken_IsTrueForTheSameBytesOnly()
    {
        await using var store = await OpenAsync();
        await using var blobs = await BlobsAsync(store);
        await blobs.CreateAsync(Name, OneTwoThree, Token);

        Assert.True(await blobs.CreateAsync(Name, OneTwoThree, Token));
        foreach (var other in new byte[][] { [1, 2, 4], [1, 2], [1, 2, 3, 4], [] })
        {
            Assert.False(await blobs.CreateAsync(Name, other, Token));
        }

        await HoldsAsync(blobs, Name, OneTwoThree);
    }

    [Fact]
    public async Task Create_WhenManyAtOnce_LetsOneWin()
    {
        await using var store = await OpenAsync();
        await using var blobs = await BlobsAsync(store);

        var won = await Task.WhenAll(Enumerable.Range(0, 10).Select(i => Task.Run(async () => await blobs.CreateAsync(Name, new[] { (byte)i }, Token))));

        Assert.Single(won, true);
        await HoldsAsync(blobs, Name, [(byte)won.IndexOf(true)]);
    }

    [Fact]
    public async Task Upload_WhenCommitted_IsThereWhole()
    {
        await using var store = await OpenAsync();
        await using var blobs = await BlobsAsync(store);
        var bytes = new byte[3_000_000];
        new Random(1).NextBytes(bytes);
        await using var upload = await blobs.BeginAsync(Name, Token);
        var piece = new byte[1_000_000];
        for (var offset = 0; offset < bytes.Length; offset += piece.Length)
        {
            // The buffer is the caller's again once a write completes.
            bytes.AsSpan(offset, piece.Length).CopyTo(piece);
            await upload.WriteAsync(piece, Token);
        }

        await upload.WriteAsync(default, Token);
        Assert.Empty(await blobs.ListAsync("", Token));
        Assert.Null(await blobs.OpenAsync(Name, Token));
        await upload.CommitAsync(Token);

        Assert.Equal([new(Name, bytes.Length)], await blobs.ListAsync("", Token));
        using var reader = await blobs.OpenAsync(Name, Token);
        Assert.True(Read(reader!, 0, bytes.Length).AsSpan().SequenceEqual(bytes));
    }

    [Fact]
    public async Task Upload_WhenNothingIsWritten_IsAnEmptyBlob()
    {
        await using var store = await OpenAsync();
        await using var blobs = await BlobsAsync(store);
        await using var upload = await blobs.BeginAsync(Name, Token);
        await upload.CommitAsync(Token);

        await HoldsAsync(blobs, Name, []);
    }

    [Fact]
    public async Task Upload_WhenDisposedWithoutCommit_LeavesNothing()
    {
        await using var store = await OpenAsync();
        await using var blobs = await BlobsAsync(store);
        await using (var upload = await blobs.BeginAsync(Name, Token))
        {
            await upload.WriteAsync(OneTwoThree, Token);
        }

        Assert.Empty(await blobs.ListAsync("", Token));
        Assert.True(await blobs.CreateAsync(Name, new byte[] { 9 }, Token));
    }

    [Fact]
    public async Task Upload_WhenNameIsTaken_IsAConflictAndChangesNothing()
    {
        await using var store = await OpenAsync();
        await using var blobs = await BlobsAsync(store);
        await using var upload = await blobs.BeginAsync(Name, Token);
        await upload.WriteAsync(new byte[] { 9 }, Token);
        await blobs.CreateAsync(Name, OneTwoThree, Token);

        await FailsAsync(ErrorKind.Conflict, async () => await upload.CommitAsync(Token));
        await HoldsAsync(blobs, Name, OneTwoThree);
    }

    [Fact]
    public async Task Upload_WhenOver_TakesNoMore()
    {
        await using var store = await OpenAsync();
        await using var blobs = await BlobsAsync(store);
        await using var upload = await blobs.BeginAsync(Name, Token);
        await upload.CommitAsync(Token);

        await FailsAsync(ErrorKind.Internal, async () => await upload.WriteAsync(OneTwoThree, Token));
        await FailsAsync(ErrorKind.Internal, async () => await upload.CommitAsync(Token));
    }

    [Fact]
    public async Task Reads_WhenAbsent_AreNull()
    {
        await using var store = await OpenAsync();
        await using var blobs = await BlobsAsync(store);

        Assert.Null(await blobs.ReadAsync(Name, 10, Token));
        Assert.Null(await blobs.OpenAsync(Name, Token));
        Assert.Empty(await blobs.ListAsync("segments/", Token));
        Assert.False(await blobs.DeleteAsync(Name, Token));
    }

    [Fact]
    public async Task Read_WhenLongerThanExpected_IsCorrupt()
    {
        await using var store = await OpenAsync();
        await using var blobs = await BlobsAsync(store);
        await blobs.CreateAsync(Name, OneTwoThree, Token);

        var failure = await FailsAsync(ErrorKind.Corrupt, async () => await blobs.ReadAsync(Name, 2, Token));
        Assert.Contains(Name, failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, 4)]
    [InlineData(3, 1)]
    [InlineData(100, 1)]
    [InlineData(-1, 1)]
    [InlineData(long.MaxValue, 2)]
    public async Task Reader_WhenOutOfBounds_IsCorrupt(long offset, int count)
    {
        await using var store = await OpenAsync();
        await using var blobs = await BlobsAsync(store);
        await blobs.CreateAsync(Name, OneTwoThree, Token);
        using var reader = await blobs.OpenAsync(Name, Token);

        Assert.Equal(ErrorKind.Corrupt, Assert.Throws<CairnException>(() => reader!.Read(offset, new byte[count])).Kind);
        reader!.Read(3, []);
    }

    [Fact]
    public async Task Reader_WhenTheBlobIsDeleted_StaysReadable()
    {
        await using var store = await OpenAsync();
        await using var blobs = await BlobsAsync(store);
        await blobs.CreateAsync(Name, OneTwoThree, Token);
        using var reader = await blobs.OpenAsync(Name, Token);

        Assert.True(await blobs.DeleteAsync(Name, Token));

        Assert.Null(await blobs.OpenAsync(Name, Token));
        Assert.Null(await blobs.ReadAsync(Name, 3, Token));
        Assert.Equal(OneTwoThree, Read(reader!, 0, 3));
    }

    [Fact]
    public async Task Reader_WhenReadFromManyThreads_GivesEachItsBytes()
    {
        await using var store = await OpenAsync();
        await using var blobs = await BlobsAsync(store);
        var bytes = Enumerable.Range(0, 4096).Select(i => (byte)(i * 7)).ToArray();
        await blobs.CreateAsync(Name, bytes, Token);
        using var reader = await blobs.OpenAsync(Name, Token);

        await Task.WhenAll(Enumerable.Range(0, 8).Select(thread => Task.Run(() =>
        {
            for (var offset = thread; offset < 4000; offset += 8)
                Assert.Equal(bytes[offset..(offset + 64)], Read(reader!, offset, 64));
        })));
    }

    [Fact]
    public async Task List_WhenGivenAPrefix_GivesNamesAndLengthsInOrdinalOrder()
    {
        await using var store = await OpenAsync();
        await using var blobs = await BlobsAsync(store);
        await using var log = store.OpenLog(Record());
        await log.CreateFileAsync(0, new byte[64], Token);
        string[] names = ["manifest", "segments/2-b", "segments/10-a", "segments/1", "segments.1", "segments-1", "manifests/0000000001.json", "a/b/c"];
        for (var i = 0; i < names.Length; i++)
        {
            await blobs.CreateAsync(names[i], new byte[i], Token);
        }

        Assert.Equal(
            ["a/b/c:7", "manifest:0", "manifests/0000000001.json:6", "segments-1:5", "segments.1:4", "segments/1:3", "segments/10-a:2", "segments/2-b:1"],
            await ListAsync(blobs, ""));
        Assert.Equal(["manifest:0", "manifests/0000000001.json:6"], await ListAsync(blobs, "manifest"));
        Assert.Equal(["segments/1:3", "segments/10-a:2", "segments/2-b:1"], await ListAsync(blobs, "segments/"));
        Assert.Equal(["segments/1:3", "segments/10-a:2"], await ListAsync(blobs, "segments/1"));
        Assert.Empty(await ListAsync(blobs, "nothing/"));
    }

    [Fact]
    public async Task Blobs_WhenReopened_AreThere()
    {
        await using var store = await OpenAsync();
        await using (var blobs = await BlobsAsync(store))
        {
            await blobs.CreateAsync(Name, OneTwoThree, Token);
        }

        await using var again = store.OpenBlobs(Record());
        await HoldsAsync(again, Name, OneTwoThree);
    }

    [Fact]
    public async Task Spaces_WhenTwo_ShareNoBlobs()
    {
        await using var store = await OpenAsync();
        await using var blobs = await BlobsAsync(store);
        await store.CreateAsync(Record("other"), Token);
        await using var other = store.OpenBlobs(Record("other"));
        await blobs.CreateAsync(Name, OneTwoThree, Token);

        Assert.Empty(await other.ListAsync("", Token));
        Assert.True(await other.CreateAsync(Name, new byte[] { 9 }, Token));
        await HoldsAsync(blobs, Name, OneTwoThree);
    }

    [Fact]
    public async Task Delete_WhenASpaceGoes_TakesItsBlobs()
    {
        await using var store = await OpenAsync();
        await using (var blobs = await BlobsAsync(store))
        {
            await blobs.CreateAsync(Name, OneTwoThree, Token);
        }

        Assert.True(await store.DeleteAsync(Record(), Token));

        await using var gone = store.OpenBlobs(Record());
        await NotFoundAsync(async () => await gone.CreateAsync(Name, OneTwoThree, Token));
        await NotFoundAsync(async () =>
        {
            await using var upload = await gone.BeginAsync(Name, Token);
            await upload.WriteAsync(OneTwoThree, Token);
            await upload.CommitAsync(Token);
        });
        await store.CreateAsync(Record(life: 2), Token);
        await using var reborn = store.OpenBlobs(Record(life: 2));
        Assert.Empty(await reborn.ListAsync("", Token));
    }

    [Fact]
    public async Task Calls_WhenTheNameIsMalformed_AreRefused()
    {
        await using var store = await OpenAsync();
        await using var blobs = await BlobsAsync(store);
        foreach (var name in new[] { "", "../current", "log/0.log", "A" })
        {
            await FailsAsync(ErrorKind.Internal, async () => await blobs.CreateAsync(name, OneTwoThree, Token));
            await FailsAsync(ErrorKind.Internal, async () => await blobs.BeginAsync(name, Token));
            await FailsAsync(ErrorKind.Internal, async () => await blobs.ReadAsync(name, 3, Token));
            await FailsAsync(ErrorKind.Internal, async () => await blobs.OpenAsync(name, Token));
            await FailsAsync(ErrorKind.Internal, async () => await blobs.DeleteAsync(name, Token));
        }

        await FailsAsync(ErrorKind.Internal, async () => await blobs.ListAsync("../", Token));
    }

    [Fact]
    public async Task Calls_WhenCancelledBefore_DoNothing()
    {
        await using var store = await OpenAsync();
        await using var blobs = await BlobsAsync(store);
        await blobs.CreateAsync("there", OneTwoThree, Token);
        await using var upload = await blobs.BeginAsync("upload", Token);
        var cancelled = new CancellationToken(canceled: true);

        await CancelledAsync(async () => await blobs.CreateAsync(Name, OneTwoThree, cancelled));
        await CancelledAsync(async () => await blobs.DeleteAsync("there", cancelled));
        await CancelledAsync(async () => await upload.WriteAsync(OneTwoThree, cancelled));
        await CancelledAsync(async () => await upload.CommitAsync(cancelled));
        Assert.Equal(["there:3"], await ListAsync(blobs, ""));
    }

    protected static async Task<IBlobStore> BlobsAsync(ISpaceStore store)
    {
        await store.CreateAsync(Record(), Token);
        return store.OpenBlobs(Record());
    }

    protected static async Task HoldsAsync(IBlobStore blobs, string name, byte[] bytes)
    {
        var read = await blobs.ReadAsync(name, bytes.Length, Token);
        Assert.NotNull(read);
        Assert.True(bytes.AsSpan().SequenceEqual(read));
    }

    protected static byte[] Read(IBlobReader reader, long offset, int count)
    {
        var bytes = new byte[count];
        reader.Read(offset, bytes);
        return bytes;
    }

    private static async Task<string[]> ListAsync(IBlobStore blobs, string prefix) =>
        [.. (await blobs.ListAsync(prefix, Token)).Select(blob => $"{blob.Name}:{blob.LengthBytes}")];

    private static async Task CancelledAsync(Func<Task> call) => await Assert.ThrowsAnyAsync<OperationCanceledException>(call);
}
