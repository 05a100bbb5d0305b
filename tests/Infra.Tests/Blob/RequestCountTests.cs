using Cairn.Infra.Tests.Azurite;
using Cairn.Primitives;
using Cairn.Storage;

namespace Cairn.Infra.Tests.Blob;

/// <summary>What each operation costs in requests, as ADR 0016 says.</summary>
public sealed class RequestCountTests(AzuriteFixture azurite)
{
    private static readonly byte[] Bytes = [1, 2, 3];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Log_WhenUsed_SendsAsManyRequestsAsItsRecordSays()
    {
        await using var azure = await AzureStoreFixture.OpenAsync(azurite);
        var log = azure.Log;

        await SendsAsync(azure, async () => await log.ListFilesAsync(Token), "GET list", "GET blob");
        await SendsAsync(azure, async () => await log.CreateFileAsync(0, Bytes, Token), "GET blob", "PUT blob", "PUT appendblock");
        await SendsAsync(azure, async () => await log.ListFilesAsync(Token), "GET list");
        await SendsAsync(azure, async () => await log.AppendAsync(0, Bytes, Token), "PUT appendblock");
        await SendsAsync(azure, async () => await log.ReadAsync(0, 0, new byte[100], Token), "GET blob");
        await SendsAsync(azure, async () => await log.GetLengthAsync(0, Token), "HEAD blob");
        await SendsAsync(azure, async () => await log.TryCutAsync(0, 1, Token));
        await SendsAsync(azure, async () => await log.DeleteFileAsync(0, Token), "DELETE blob");
    }

    [Fact]
    public async Task Blobs_WhenUsed_SendAsManyRequestsAsTheirRecordSays()
    {
        await using var azure = await AzureStoreFixture.OpenAsync(azurite);
        var blobs = azure.Blobs;

        await SendsAsync(azure, async () => await blobs.CreateAsync("a", Bytes, Token), "GET blob", "PUT blob");
        await SendsAsync(azure, async () => await blobs.CreateAsync("a", Bytes, Token), "GET blob", "PUT blob", "GET blob");
        await SendsAsync(azure, async () => await blobs.ReadAsync("a", 10, Token), "GET blob");
        await SendsAsync(azure, async () => (await blobs.OpenAsync("a", Token))!.Dispose(), "HEAD blob", "GET blob");
        await SendsAsync(azure, async () => (await blobs.OpenAsync("a", Token))!.Dispose());
        await SendsAsync(azure, async () => await blobs.OpenAsync("absent", Token), "HEAD blob");
        await SendsAsync(azure, async () => await blobs.ListAsync("", Token), "GET list");
        await SendsAsync(azure, async () => await blobs.DeleteAsync("a", Token), "DELETE blob");
        await SendsAsync(azure, () => UploadAsync(blobs, "small", 1000), "GET blob", "PUT blob");
        await SendsAsync(azure, () => UploadAsync(blobs, "large", 20 << 20), "PUT block", "PUT block", "GET blob", "PUT block", "PUT blocklist");
    }

    [Fact]
    public async Task Spaces_WhenUsed_SendAsManyRequestsAsTheirRecordSays()
    {
        await using var azure = await AzureStoreFixture.OpenAsync(azurite);
        var other = new SpaceRecord(SpaceName.Parse("other"), new(7), new(2));

        await SendsAsync(azure, async () => await azure.Store.FindAsync(other.Name, Token), "GET blob");
        await SendsAsync(azure, async () => await azure.Store.CreateAsync(other, Token), "PUT blob");
        await SendsAsync(azure, async () => await azure.Store.CreateAsync(other with { Incarnation = new(8) }, Token), "PUT blob", "GET blob");
        await SendsAsync(azure, async () => await azure.Store.ListAsync(Token), "GET list", "GET blob", "GET blob");
        await SendsAsync(azure, async () => await azure.Store.DeleteAsync(other, Token), "GET blob", "PUT blob", "DELETE blob", "GET list", "DELETE blob");
        await SendsAsync(azure, async () => await azure.Store.FinishDeletionsAsync(Token), "GET list");
    }

    private static async Task SendsAsync(AzureStoreFixture azure, Func<Task> call, params string[] requests)
    {
        azure.Network.TakeSent();
        await call();
        Assert.Equal(requests, azure.Network.TakeSent());
    }

    private static async Task UploadAsync(IBlobStore blobs, string name, int lengthBytes)
    {
        await using var upload = await blobs.BeginAsync(name, Token);
        await upload.WriteAsync(new byte[lengthBytes], Token);
        await upload.CommitAsync(Token);
    }
}
