using Cairn.Infra.Blob;
using Cairn.Infra.Tests.Azurite;
using Cairn.Infra.Tests.Local;
using Cairn.Primitives;
using Cairn.Storage;

namespace Cairn.Infra.Tests.Blob;

/// <summary>A container of Azurite with one space, seen over a network that fails as it is told.</summary>
internal sealed class AzureStoreFixture : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();

    private AzureStoreFixture()
    {
    }

    public static SpaceRecord Space { get; } = new(SpaceName.Parse("demo"), new(42), new(1));

    public FaultyNetwork Network { get; } = new();

    public string CacheFolder => Path.Combine(_folder.Path, "cache");

    public AzureStorageOptions Options { get; private set; } = null!;

    public AzureSpaceStore Store { get; private set; } = null!;

    public ILogStore Log { get; private set; } = null!;

    public IBlobStore Blobs { get; private set; } = null!;

    public static async Task<AzureStoreFixture> OpenAsync(AzuriteFixture azurite, long? cacheLimitBytes = null)
    {
        var fixture = new AzureStoreFixture();
        try
        {
            await fixture.OpenAsync(await azurite.NewContainerAsync(fixture.CacheFolder), cacheLimitBytes);
            return fixture;
        }
        catch
        {
            fixture._folder.Dispose();
            throw;
        }
    }

    /// <summary>Another process with the same container and cache.</summary>
    public Task<AzureSpaceStore> OpenOtherAsync() => AzuriteFixture.OpenAsync(Options);

    /// <summary>A path in the container, past all that the store does.</summary>
    public global::Azure.Storage.Blobs.BlobContainerClient Raw() => new(Options.ConnectionString, Options.ContainerName);

    public string PathOf(string name) => $"{Space.Name}/{Space.Incarnation}/{name}";

    public async ValueTask DisposeAsync()
    {
        await Log.DisposeAsync();
        await Blobs.DisposeAsync();
        await Store.DisposeAsync();
        Network.Dispose();
        _folder.Dispose();
    }

    private async Task OpenAsync(AzureStorageOptions options, long? cacheLimitBytes)
    {
        Options = options with { CacheLimitBytes = cacheLimitBytes ?? options.CacheLimitBytes };
        Store = await AzuriteFixture.OpenAsync(Options, Network);
        await Store.CreateAsync(Space, TestContext.Current.CancellationToken);
        Log = Store.OpenLog(Space);
        Blobs = Store.OpenBlobs(Space);
        Network.TakeSent();
    }
}
