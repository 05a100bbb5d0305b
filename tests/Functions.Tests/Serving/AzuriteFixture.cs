using System.ComponentModel;
using Cairn.Functions.Tests.Serving;
using Cairn.Infra.Blob;
using Cairn.Infra.Tests.Azurite;

[assembly: AssemblyFixture(typeof(AzuriteFixture))]

namespace Cairn.Functions.Tests.Serving;

/// <summary>One Azurite for all tests of the assembly, started by the first that needs it.</summary>
public sealed class AzuriteFixture : IAsyncDisposable
{
    private readonly Lazy<Task<AzuriteProcess>> _azurite = new(() => StartAsync(0));

    public async ValueTask DisposeAsync()
    {
        if (_azurite.IsValueCreated && !_azurite.Value.IsFaulted)
        {
            await (await _azurite.Value).DisposeAsync();
        }
    }

    /// <summary>A container that no other test has.</summary>
    internal async Task<AzureStorageOptions> NewContainerAsync(string cacheFolder) => Options((await _azurite.Value).ConnectionString, cacheFolder);

    internal static AzureStorageOptions Options(string connectionString, string cacheFolder) => new()
    {
        ConnectionString = connectionString,
        ContainerName = $"test-{Guid.NewGuid():N}",
        CacheFolder = cacheFolder,
    };

    internal static async Task<AzuriteProcess> StartAsync(int port)
    {
        try
        {
            return await AzuriteProcess.StartAsync(await AzuriteInstall.FindOrInstallAsync(CancellationToken.None), CancellationToken.None, port);
        }
        catch (Win32Exception)
        {
            // CI sees to it that both are there.
            Assert.Skip("needs node and npm on the path, for Azurite");
            throw;
        }
    }
}
