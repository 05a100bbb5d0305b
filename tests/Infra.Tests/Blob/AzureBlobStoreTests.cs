using Cairn.Domain.Tests.Storage;
using Cairn.Infra.Tests.Azurite;
using Cairn.Infra.Tests.Local;
using Cairn.Storage;

namespace Cairn.Infra.Tests.Blob;

public sealed class AzureBlobStoreTests(AzuriteFixture azurite) : BlobStoreConformance, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    protected override async Task<ISpaceStore> OpenAsync() => await AzuriteFixture.OpenAsync(await azurite.NewContainerAsync(_folder.Path));
}
