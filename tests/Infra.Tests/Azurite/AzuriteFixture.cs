using System.ComponentModel;
using Azure.Core.Pipeline;
using Cairn.Infra.Blob;
using Cairn.Infra.Table;
using Cairn.Infra.Tests.Azurite;

[assembly: AssemblyFixture(typeof(AzuriteFixture))]

namespace Cairn.Infra.Tests.Azurite;

/// <summary>One Azurite for all tests of the assembly, started by the first that needs it; each gets a container of its own.</summary>
public sealed class AzuriteFixture : IAsyncDisposable
{
    private readonly Lazy<Task<AzuriteProcess>> _azurite = new(() => StartAsync(AzuriteProcess.Blob)), _tables = new(() => StartAsync(AzuriteProcess.Table)),
        _queues = new(() => StartAsync(AzuriteProcess.Queue));

    public async ValueTask DisposeAsync()
    {
        foreach (var azurite in new[] { _azurite, _tables, _queues })
        {
            if (azurite.IsValueCreated && !azurite.Value.IsFaulted)
            {
                await (await azurite.Value).DisposeAsync();
            }
        }
    }

    /// <summary>Tables of an owner that no other test is.</summary>
    internal async Task<AzureTableOptions> NewOwnerAsync() => new()
    {
        ConnectionString = (await _tables.Value).ConnectionString,
        Owner = $"test-{Guid.NewGuid():N}",
    };

    /// <summary>A container that no other test has.</summary>
    internal async Task<AzureStorageOptions> NewContainerAsync(string cacheFolder) => new()
    {
        ConnectionString = (await _azurite.Value).ConnectionString,
        ContainerName = $"test-{Guid.NewGuid():N}",
        CacheFolder = cacheFolder,
    };

    /// <summary>An account whose queues all tests share: each names its own.</summary>
    internal async Task<string> QueueConnectionStringAsync() => (await _queues.Value).ConnectionString;

    internal static Task<AzureSpaceStore> OpenAsync(AzureStorageOptions options, HttpMessageHandler? handler = null) => AzureSpaceStore.OpenAsync(
        options,
        TimeProvider.System,
        handler is null ? null : new HttpClientTransport(new HttpClient(handler)),
        TestContext.Current.CancellationToken);

    private static async Task<AzuriteProcess> StartAsync(string service)
    {
        try
        {
            return await AzuriteProcess.StartAsync(await AzuriteInstall.FindOrInstallAsync(CancellationToken.None), CancellationToken.None, service: service);
        }
        catch (Win32Exception)
        {
            // CI sees to it that both are there.
            Assert.Skip("needs node and npm on the path, for Azurite");
            throw;
        }
    }
}
