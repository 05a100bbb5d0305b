using Azure.Storage.Blobs;
using Cairn.Infra.Blob;
using Cairn.Infra.Tests.Azurite;
using Cairn.Infra.Tests.Local;
using Cairn.Storage;

namespace Cairn.Infra.Tests.Imports;

public sealed class AzureImportFilesTests(AzuriteFixture azurite) : ImportFilesConformance, IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private AzureStorageOptions? _options;

    public void Dispose() => _folder.Dispose();

    protected override async ValueTask<IImportFiles> OpenAsync()
    {
        _options = await azurite.NewContainerAsync(_folder.Path);
        return AzureImportFiles.Open(_options, TimeProvider.System);
    }

    protected override async Task PutAsync(string path, string text)
    {
        var container = new BlobContainerClient(_options!.ConnectionString, _options.ContainerName);
        await container.CreateIfNotExistsAsync(cancellationToken: Token);
        await container.GetBlobClient(path).UploadAsync(BinaryData.FromString(text), Token);
    }
}
