using Cairn.Infra.Blob;
using Cairn.Infra.Tests.Azurite;
using Cairn.Infra.Tests.Local;
using Cairn.Primitives;

namespace Cairn.Infra.Tests.Blob;

public sealed class AzureClaimStoreTests(AzuriteFixture azurite) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task ReadAsync_WhenItWasWritten_GivesItUntilItIsDeleted()
    {
        var claims = AzureClaimStore.Open(await azurite.NewContainerAsync(_folder.Path), TimeProvider.System);
        Assert.Null(await claims.ReadAsync("a/b.json", 10, Cancelled));

        await claims.WriteAsync("a/b.json", "first"u8.ToArray(), Cancelled);
        await claims.WriteAsync("a/b.json", "second"u8.ToArray(), Cancelled);

        Assert.Equal("second"u8.ToArray(), await claims.ReadAsync("a/b.json", 6, Cancelled));
        var failure = await Assert.ThrowsAsync<CairnException>(async () => await claims.ReadAsync("a/b.json", 5, Cancelled));
        Assert.Equal(ErrorKind.Corrupt, failure.Kind);

        await claims.DeleteAsync("a/b.json", Cancelled);
        await claims.DeleteAsync("a/b.json", Cancelled);
        Assert.Null(await claims.ReadAsync("a/b.json", 10, Cancelled));
    }
}
