using Cairn.Infra.Tests.Azurite;
using Cairn.Primitives;
using Cairn.Storage;

namespace Cairn.Infra.Tests.Blob;

/// <summary>Answers and requests that get lost: what was asked happens once, and the caller learns what happened or that nobody knows.</summary>
public sealed class LostAnswerTests(AzuriteFixture azurite)
{
    private const string Put = "PUT blob";
    private const string Append = "PUT appendblock";
    private const string Delete = "DELETE blob";

    private static readonly byte[] Header = [1, 2, 3];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Append_WhenItsAnswerIsLost_IsUnknownAndThereOnce()
    {
        await using var azure = await AzureStoreFixture.OpenAsync(azurite);
        await azure.Log.CreateFileAsync(0, Header, Token);
        azure.Network.TakeSent();
        azure.Network.LoseAnswer(Append);

        await FailsAsync(ErrorKind.Unknown, async () => await azure.Log.AppendAsync(0, new byte[] { 4 }, Token));

        Assert.Equal([Append], azure.Network.TakeSent());
        Assert.Equal([1, 2, 3, 4], await ReadAsync(azure.Log));
        Assert.Equal(4, await azure.Log.AppendAsync(0, new byte[] { 5 }, Token));
    }

    [Fact]
    public async Task Append_WhenTheRequestIsLost_IsUnknownToo()
    {
        await using var azure = await AzureStoreFixture.OpenAsync(azurite);
        await azure.Log.CreateFileAsync(0, Header, Token);
        azure.Network.LoseRequest(Append);

        await FailsAsync(ErrorKind.Unknown, async () => await azure.Log.AppendAsync(0, new byte[] { 4 }, Token));
        Assert.Equal(Header, await ReadAsync(azure.Log));
    }

    [Fact]
    public async Task Append_WhenThereIsNoConnection_IsUnavailableAndNothingHappened()
    {
        await using var azure = await AzureStoreFixture.OpenAsync(azurite);
        await azure.Log.CreateFileAsync(0, Header, Token);
        azure.Network.RefuseConnection(Append);

        await FailsAsync(ErrorKind.Unavailable, async () => await azure.Log.AppendAsync(0, new byte[] { 4 }, Token));
        Assert.Equal(Header, await ReadAsync(azure.Log));
    }

    [Theory]
    [InlineData(Put)]
    [InlineData(Append)]
    public async Task CreateFile_WhenAnAnswerIsLost_MadeItOnce(string kind)
    {
        await using var azure = await AzureStoreFixture.OpenAsync(azurite);
        azure.Network.LoseAnswer(kind);

        Assert.True(await azure.Log.CreateFileAsync(0, Header, Token));
        Assert.Equal(Header, await ReadAsync(azure.Log));
        Assert.Equal([0], await azure.Log.ListFilesAsync(Token));
    }

    [Fact]
    public async Task CreateFile_WhenAnotherWritesItsHeaderMeanwhile_IsFalse()
    {
        await using var azure = await AzureStoreFixture.OpenAsync(azurite);
        await using var other = await azure.OpenOtherAsync();
        await using var otherLog = other.OpenLog(AzureStoreFixture.Space);
        azure.Network.LoseRequest(Append, async () => Assert.True(await otherLog.CreateFileAsync(0, new byte[] { 9, 9, 9 }, Token)));

        Assert.False(await azure.Log.CreateFileAsync(0, Header, Token));
        Assert.Equal([9, 9, 9], await ReadAsync(azure.Log));
    }

    [Fact]
    public async Task CreateFile_WhenACrashLeftNoHeader_CompletesIt()
    {
        await using var azure = await AzureStoreFixture.OpenAsync(azurite);
        azure.Network.LoseRequest(Append, times: 3);
        await FailsAsync(ErrorKind.Unavailable, async () => await azure.Log.CreateFileAsync(0, Header, Token));

        Assert.Empty(await azure.Log.ListFilesAsync(Token));
        await FailsAsync(ErrorKind.NotFound, async () => await azure.Log.GetLengthAsync(0, Token));
        await FailsAsync(ErrorKind.NotFound, async () => await azure.Log.ReadAsync(0, 0, new byte[1], Token));
        Assert.True(await azure.Log.CreateFileAsync(0, Header, Token));
        Assert.Equal(Header, await ReadAsync(azure.Log));
    }

    [Fact]
    public async Task Create_WhenItsAnswerIsLost_IsTrueForItsOwnBytes()
    {
        await using var azure = await AzureStoreFixture.OpenAsync(azurite);
        azure.Network.LoseAnswer(Put);

        Assert.True(await azure.Blobs.CreateAsync("manifests/1", Header, Token));
        Assert.Equal(Header, await azure.Blobs.ReadAsync("manifests/1", 3, Token));
    }

    [Fact]
    public async Task Create_WhenAnotherIsFirst_IsFalse()
    {
        await using var azure = await AzureStoreFixture.OpenAsync(azurite);
        await using var other = await azure.OpenOtherAsync();
        await using var otherBlobs = other.OpenBlobs(AzureStoreFixture.Space);
        azure.Network.LoseRequest(Put, async () => Assert.True(await otherBlobs.CreateAsync("manifests/1", new byte[] { 9, 9, 9 }, Token)));

        Assert.False(await azure.Blobs.CreateAsync("manifests/1", Header, Token));
        Assert.Equal([9, 9, 9], await azure.Blobs.ReadAsync("manifests/1", 3, Token));
    }

    [Fact]
    public async Task Create_WhenNoRequestArrives_IsUnavailable()
    {
        await using var azure = await AzureStoreFixture.OpenAsync(azurite);
        azure.Network.LoseRequest(Put, times: 4);

        await FailsAsync(ErrorKind.Unavailable, async () => await azure.Blobs.CreateAsync("manifests/1", Header, Token));
        Assert.Null(await azure.Blobs.ReadAsync("manifests/1", 3, Token));
        Assert.True(await azure.Blobs.CreateAsync("manifests/1", Header, Token));
    }

    [Theory]
    [InlineData(Put, 3)]
    [InlineData("PUT block", (16 << 20) + 5)]
    [InlineData("PUT blocklist", (16 << 20) + 5)]
    public async Task Upload_WhenAnAnswerIsLost_IsCommittedOnce(string kind, int lengthBytes)
    {
        await using var azure = await AzureStoreFixture.OpenAsync(azurite);
        var bytes = new byte[lengthBytes];
        new Random(7).NextBytes(bytes);
        azure.Network.LoseAnswer(kind);

        await using var upload = await azure.Blobs.BeginAsync("segments/1", Token);
        await upload.WriteAsync(bytes, Token);
        await upload.CommitAsync(Token);

        Assert.Contains(kind, azure.Network.TakeSent());
        var read = await azure.Blobs.ReadAsync("segments/1", lengthBytes, Token);
        Assert.True(bytes.AsSpan().SequenceEqual(read));
    }

    [Fact]
    public async Task Delete_WhenItsAnswerIsLost_IsTrue()
    {
        await using var azure = await AzureStoreFixture.OpenAsync(azurite);
        await azure.Blobs.CreateAsync("segments/1", Header, Token);
        azure.Network.LoseAnswer(Delete);

        Assert.True(await azure.Blobs.DeleteAsync("segments/1", Token));
        Assert.False(await azure.Blobs.DeleteAsync("segments/1", Token));
    }

    [Fact]
    public async Task Delete_WhenTheRequestIsLost_IsUnavailableAndTheBlobStays()
    {
        await using var azure = await AzureStoreFixture.OpenAsync(azurite);
        await azure.Blobs.CreateAsync("segments/1", Header, Token);
        azure.Network.LoseRequest(Delete);

        await FailsAsync(ErrorKind.Unavailable, async () => await azure.Blobs.DeleteAsync("segments/1", Token));
        Assert.True(await azure.Blobs.DeleteAsync("segments/1", Token));
    }

    [Fact]
    public async Task DeleteFile_WhenItsAnswerIsLost_IsTrue()
    {
        await using var azure = await AzureStoreFixture.OpenAsync(azurite);
        await azure.Log.CreateFileAsync(0, Header, Token);
        azure.Network.LoseAnswer(Delete);

        Assert.True(await azure.Log.DeleteFileAsync(0, Token));
        Assert.Empty(await azure.Log.ListFilesAsync(Token));
    }

    [Fact]
    public async Task CreateSpace_WhenItsAnswerIsLost_IsCreated()
    {
        await using var azure = await AzureStoreFixture.OpenAsync(azurite);
        var wanted = new SpaceRecord(SpaceName.Parse("other"), new(7), new(2));
        azure.Network.LoseAnswer(Put);

        Assert.Equal((wanted, true), await azure.Store.CreateAsync(wanted, Token));
    }

    [Fact]
    public async Task DeleteSpace_WhenItsAnswerIsLost_IsTrueAndTakesItsBytes()
    {
        await using var azure = await AzureStoreFixture.OpenAsync(azurite);
        await azure.Log.CreateFileAsync(0, Header, Token);
        azure.Network.LoseAnswer(Delete);

        Assert.True(await azure.Store.DeleteAsync(AzureStoreFixture.Space, Token));
        Assert.Null(await azure.Store.FindAsync(AzureStoreFixture.Space.Name, Token));
        Assert.Empty(azure.Raw().GetBlobs(cancellationToken: Token));
    }

    private static async Task<byte[]> ReadAsync(ILogStore log)
    {
        var buffer = new byte[100];
        return buffer[..await log.ReadAsync(0, 0, buffer, Token)];
    }

    private static async Task FailsAsync(ErrorKind kind, Func<Task> call) => Assert.Equal(kind, (await Assert.ThrowsAsync<CairnException>(call)).Kind);
}
