using Cairn.Infra.Blob;
using Cairn.Infra.Tests.Azurite;
using Cairn.Primitives;
using Cairn.Storage;

namespace Cairn.Infra.Tests.Blob;

/// <summary>Copies of blobs on the local disk.</summary>
public sealed class BlobCacheTests(AzuriteFixture azurite)
{
    private const string Name = "segments/1";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Open_WhenCached_AsksNobody()
    {
        await using var azure = await AzureStoreFixture.OpenAsync(azurite);
        var bytes = await WriteAsync(azure, Name, 1000);
        await AssertHoldsAsync(azure.Blobs, Name, bytes);
        azure.Network.TakeSent();

        await AssertHoldsAsync(azure.Blobs, Name, bytes);
        Assert.Empty(azure.Network.TakeSent());
        await using var other = await azure.OpenOtherAsync();
        await using var otherBlobs = other.OpenBlobs(AzureStoreFixture.Space);
        await AssertHoldsAsync(otherBlobs, Name, bytes);
        Assert.Single(Directory.GetFiles(azure.CacheFolder));
    }

    [Fact]
    public async Task Open_WhenLarge_ReadsRanges()
    {
        await using var azure = await AzureStoreFixture.OpenAsync(azurite);
        var bytes = await WriteAsync(azure, Name, (9 << 20) + 1);
        azure.Network.TakeSent();

        await AssertHoldsAsync(azure.Blobs, Name, bytes);
        Assert.Equal(["GET blob", "GET blob", "GET blob", "HEAD blob"], azure.Network.TakeSent().Order());
    }

    [Fact]
    public async Task Open_WhenManyAtOnce_FetchesOnce()
    {
        await using var azure = await AzureStoreFixture.OpenAsync(azurite);
        var bytes = await WriteAsync(azure, Name, 1000);
        azure.Network.TakeSent();

        await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => AssertHoldsAsync(azure.Blobs, Name, bytes)));
        Assert.Equal(["HEAD blob", "GET blob"], azure.Network.TakeSent());
    }

    [Fact]
    public async Task Open_WhenTwoStoresShareTheFolder_ReadsTheSame()
    {
        await using var azure = await AzureStoreFixture.OpenAsync(azurite);
        await using var other = await azure.OpenOtherAsync();
        await using var otherBlobs = other.OpenBlobs(AzureStoreFixture.Space);
        for (var i = 0; i < 5; i++)
        {
            var name = $"segments/{i}";
            var bytes = await WriteAsync(azure, name, 100_000);
            await Task.WhenAll(AssertHoldsAsync(azure.Blobs, name, bytes), AssertHoldsAsync(otherBlobs, name, bytes));
        }

        Assert.Equal(5, Directory.GetFiles(azure.CacheFolder).Length);
    }

    [Theory]
    [InlineData("flip")]
    [InlineData("flip trailer")]
    [InlineData("truncate")]
    [InlineData("extend")]
    [InlineData("zeros")]
    [InlineData("empty")]
    public async Task Open_WhenACopyIsDamaged_FetchesItAgain(string damage)
    {
        await using var azure = await AzureStoreFixture.OpenAsync(azurite);
        var bytes = await WriteAsync(azure, Name, 1000);
        await AssertHoldsAsync(azure.Blobs, Name, bytes);
        var path = Assert.Single(Directory.GetFiles(azure.CacheFolder));
        await File.WriteAllBytesAsync(path, Damaged(await File.ReadAllBytesAsync(path, Token), damage), Token);

        await using var restarted = await azure.OpenOtherAsync();
        await using var blobs = restarted.OpenBlobs(AzureStoreFixture.Space);
        await AssertHoldsAsync(blobs, Name, bytes);
        Assert.Equal([path], Directory.GetFiles(azure.CacheFolder));
    }

    [Fact]
    public async Task Open_WhenTheBlobIsNotWhatWasWritten_IsCorruptAndKeepsNoCopy()
    {
        await using var azure = await AzureStoreFixture.OpenAsync(azurite);
        await WriteAsync(azure, Name, 1000);
        var raw = azure.Raw().GetBlobClient(azure.PathOf(Name));
        var metadata = (await raw.GetPropertiesAsync(cancellationToken: Token)).Value.Metadata;
        await raw.UploadAsync(BinaryData.FromBytes(new byte[1000]), new global::Azure.Storage.Blobs.Models.BlobUploadOptions { Metadata = metadata }, Token);

        var failure = await Assert.ThrowsAsync<CairnException>(async () => await azure.Blobs.OpenAsync(Name, Token));
        Assert.Equal(ErrorKind.Corrupt, failure.Kind);
        Assert.Contains(Name, failure.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(azure.CacheFolder));
        Assert.Equal(ErrorKind.Corrupt, (await Assert.ThrowsAsync<CairnException>(async () => await azure.Blobs.ReadAsync(Name, 1000, Token))).Kind);
    }

    [Fact]
    public async Task Open_WhenATransferFails_LeavesNoFile()
    {
        await using var azure = await AzureStoreFixture.OpenAsync(azurite);
        var bytes = await WriteAsync(azure, Name, 1000);
        azure.Network.LoseAnswer("GET blob", times: 4);

        Assert.Equal(ErrorKind.Unavailable, (await Assert.ThrowsAsync<CairnException>(async () => await azure.Blobs.OpenAsync(Name, Token))).Kind);
        Assert.Empty(Directory.GetFiles(azure.CacheFolder));
        await AssertHoldsAsync(azure.Blobs, Name, bytes);
    }

    [Fact]
    public async Task Open_WhenTheLimitIsReached_DropsTheLeastRecentlyUsed()
    {
        await using var azure = await AzureStoreFixture.OpenAsync(azurite, cacheLimitBytes: 3500);
        var first = await WriteAsync(azure, "segments/1", 1000);
        foreach (var name in new[] { "segments/2", "segments/3" })
        {
            await WriteAsync(azure, name, 1000);
        }

        await AssertHoldsAsync(azure.Blobs, "segments/1", first);
        using var second = await azure.Blobs.OpenAsync("segments/2", Token);
        using var third = await azure.Blobs.OpenAsync("segments/3", Token);
        await AssertHoldsAsync(azure.Blobs, "segments/1", first);
        await AssertHoldsAsync(azure.Blobs, "segments/4", await WriteAsync(azure, "segments/4", 1000));

        Assert.Equal(["1", "3", "4"], Copies(azure));
        second!.Read(0, new byte[1000]);
        await AssertHoldsAsync(azure.Blobs, "segments/5", await WriteAsync(azure, "segments/5", 5000));
        Assert.Equal(["5"], Copies(azure));
    }

    [Fact]
    public async Task Open_WhenACrashLeftAPart_DropsItAfterADay()
    {
        await using var azure = await AzureStoreFixture.OpenAsync(azurite);
        Directory.CreateDirectory(azure.CacheFolder);
        foreach (var (name, age) in new[] { ("old~.part", 25), ("new~.part", 1) })
        {
            var path = Path.Combine(azure.CacheFolder, name);
            await File.WriteAllTextAsync(path, "", Token);
            File.SetLastWriteTimeUtc(path, DateTime.UtcNow.AddHours(-age));
        }

        await AssertHoldsAsync(azure.Blobs, Name, await WriteAsync(azure, Name, 10));
        Assert.Equal(["1", "new~.part"], Copies(azure));
    }

    [Fact]
    public async Task Open_WhenTheFolderCannotBeUsed_IsUnavailableAndNamesIt()
    {
        await using var azure = await AzureStoreFixture.OpenAsync(azurite);
        await WriteAsync(azure, Name, 10);
        await File.WriteAllTextAsync(azure.CacheFolder, "", Token);

        var failure = await Assert.ThrowsAsync<CairnException>(async () => await azure.Blobs.OpenAsync(Name, Token));
        Assert.Equal(ErrorKind.Unavailable, failure.Kind);
        Assert.Contains(azure.CacheFolder, failure.Message, StringComparison.Ordinal);
    }

    private static byte[] Damaged(byte[] file, string damage)
    {
        switch (damage)
        {
            case "flip":
                file[500] ^= 1;
                return file;
            case "flip trailer":
                file[^10] ^= 1;
                return file;
            case "truncate":
                return file[..^100];
            case "extend":
                return [.. file, 0];
            case "zeros":
                return new byte[file.Length];
            default:
                return [];
        }
    }

    private static IEnumerable<string> Copies(AzureStoreFixture azure)
    {
        var prefix = $"{AzureStoreFixture.Space.Incarnation}~segments~";
        return Directory.GetFiles(azure.CacheFolder)
            .Select(path => Path.GetFileName(path).Replace(prefix, "", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal);
    }

    private static async Task<byte[]> WriteAsync(AzureStoreFixture azure, string name, int lengthBytes)
    {
        var bytes = new byte[lengthBytes];
        new Random(lengthBytes).NextBytes(bytes);
        await using var upload = await azure.Blobs.BeginAsync(name, Token);
        await upload.WriteAsync(bytes, Token);
        await upload.CommitAsync(Token);
        return bytes;
    }

    private static async Task AssertHoldsAsync(IBlobStore blobs, string name, byte[] bytes)
    {
        using var reader = await blobs.OpenAsync(name, Token);
        Assert.Equal(bytes.Length, reader!.LengthBytes);
        var read = new byte[bytes.Length];
        reader.Read(0, read);
        Assert.True(bytes.AsSpan().SequenceEqual(read));
    }
}
