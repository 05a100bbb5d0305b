using Cairn.Domain.Tests.Storage;
using Cairn.Infra.Blob;
using Cairn.Infra.Tests.Azurite;
using Cairn.Infra.Tests.Local;
using Cairn.Primitives;
using Cairn.Storage;

namespace Cairn.Infra.Tests.Blob;

public sealed class AzureSpaceStoreTests(AzuriteFixture azurite) : SpaceStoreConformance, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    protected override bool IsSoleWriter => false;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Spaces_WhenAnotherProcessOpens_AreThere()
    {
        var options = await azurite.NewContainerAsync(_folder.Path);
        await using var one = await AzuriteFixture.OpenAsync(options);
        await using var two = await AzuriteFixture.OpenAsync(options);
        await one.CreateAsync(Record(), Token);

        Assert.Equal([Record()], await two.ListAsync(Token));
        Assert.Equal((Record(), false), await two.CreateAsync(Record(life: 2), Token));
        Assert.True(await two.DeleteAsync(Record(), Token));
        Assert.False(await one.DeleteAsync(Record(), Token));
    }

    [Fact]
    public async Task Append_WhenFromTwoProcesses_TellsEachWhereItsBytesStand()
    {
        var options = await azurite.NewContainerAsync(_folder.Path);
        await using var one = await AzuriteFixture.OpenAsync(options);
        await using var two = await AzuriteFixture.OpenAsync(options);
        await one.CreateAsync(Record(), Token);
        await using var logOne = one.OpenLog(Record());
        await using var logTwo = two.OpenLog(Record());
        await logOne.CreateFileAsync(0, new byte[1], Token);

        var offsets = await Task.WhenAll(Enumerable.Range(1, 20).Select(
            async i => (Value: (byte)i, Offset: await (i % 2 == 0 ? logOne : logTwo).AppendAsync(0, new[] { (byte)i, (byte)i }, Token))));

        var bytes = await ReadAsync(logOne, 0, 0, 100);
        Assert.Equal(41, bytes.Length);
        Assert.All(offsets, append => Assert.Equal([append.Value, append.Value], bytes[(int)append.Offset..((int)append.Offset + 2)]));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("{\"version\":2,\"incarnation\":\"aaaaaaaaaaaaaaaaaaaaaaaaae\",\"createdAt\":\"2026-01-01T00:00:00Z\"}")]
    [InlineData("{\"version\":1,\"incarnation\":\"AAAA\",\"createdAt\":\"2026-01-01T00:00:00Z\"}")]
    [InlineData("{\"version\":1,\"incarnation\":\"aaaaaaaaaaaaaaaaaaaaaaaaae\",\"createdAt\":\"yesterday\"}")]
    [InlineData("{\"version\":1,\"incarnation\":7,\"createdAt\":null}")]
    [InlineData("{\"version\":\"1\",\"incarnation\":\"aaaaaaaaaaaaaaaaaaaaaaaaae\",\"createdAt\":\"2026-01-01T00:00:00Z\"}")]
    public async Task Find_WhenAPointerIsDamaged_IsCorruptAndNamesIt(string json)
    {
        await using var azure = await AzureStoreFixture.OpenAsync(azurite);
        await azure.Raw().GetBlobClient("demo/current").UploadAsync(BinaryData.FromString(json), overwrite: true, Token);

        var failure = await FailsAsync(ErrorKind.Corrupt, async () => await azure.Store.FindAsync(Record().Name, Token));
        Assert.Contains($"{azure.Options.ContainerName}/demo/current", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task List_WhenOtherBlobsLieThere_LeavesThemOut()
    {
        await using var azure = await AzureStoreFixture.OpenAsync(azurite);
        foreach (var path in new[] { "readme.txt", "imports-of-mine/a", "Upper/current", "no", ".deleted/demo/x" })
        {
            await azure.Raw().GetBlobClient(path).UploadAsync(BinaryData.FromString("x"), Token);
        }

        Assert.Equal([AzureStoreFixture.Space], await azure.Store.ListAsync(Token));
        Assert.Equal(0, await azure.Store.FinishDeletionsAsync(Token));
    }

    [Fact]
    public async Task FinishDeletions_WhenOneWasInterrupted_DeletesWhatIsLeft()
    {
        await using var azure = await AzureStoreFixture.OpenAsync(azurite);
        await azure.Log.CreateFileAsync(0, new byte[1], Token);
        await azure.Blobs.CreateAsync("segments/1", new byte[1], Token);
        await azure.Raw().GetBlobClient($".deleted/demo/{AzureStoreFixture.Space.Incarnation}").UploadAsync(BinaryData.FromString(""), Token);
        Assert.Equal(0, await azure.Store.FinishDeletionsAsync(Token));
        Assert.NotNull(await azure.Store.FindAsync(AzureStoreFixture.Space.Name, Token));

        await azure.Raw().GetBlobClient("demo/current").DeleteAsync(cancellationToken: Token);
        await azure.Store.CreateAsync(Record(life: 2), Token);
        Assert.Equal(1, await azure.Store.FinishDeletionsAsync(Token));

        Assert.Equal(["demo/current"], azure.Raw().GetBlobs(cancellationToken: Token).Select(blob => blob.Name));
        Assert.Equal(Record(life: 2), await azure.Store.FindAsync(Record().Name, Token));
    }

    [Fact]
    public async Task Upload_WhenTheServiceHasBlocks_NeedsTheHashingAssemblyAndFindsIt()
    {
        await using var azure = await AzureStoreFixture.OpenAsync(azurite);
        await using (var upload = await azure.Blobs.BeginAsync("segments/1", Token))
        {
            await upload.WriteAsync(new byte[9 << 20], Token);
            await upload.CommitAsync(Token);
        }

        // The service's checksums are computed by it; that it is missing shows at the first upload, never at build time.
        Assert.Contains(AppDomain.CurrentDomain.GetAssemblies(), assembly => assembly.GetName().Name == "System.IO.Hashing");
        Assert.Equal([new BlobName("segments/1", 9 << 20)], await azure.Blobs.ListAsync("", Token));
    }

    [Fact]
    public async Task Log_WhenAsked_LeavesRoomBelowTheServicesLimits()
    {
        await using var store = await OpenAsync();
        await using var log = store.OpenLog(Record());

        Assert.Equal((45_000, 1L << 30), (log.MaxAppendsPerFile, log.MaxFileBytes));
    }

    protected override async Task<ISpaceStore> OpenAsync() => await AzuriteFixture.OpenAsync(await azurite.NewContainerAsync(_folder.Path));
}
