using System.ComponentModel;
using Cairn.Functions.Tests.Serving;
using Cairn.Infra.Blob;
using Cairn.Infra.Table;
using Cairn.Infra.Tests.Azurite;

[assembly: AssemblyFixture(typeof(AzuriteFixture))]

namespace Cairn.Functions.Tests.Serving;

/// <summary>One Azurite for all tests of the assembly, started by the first that needs it.</summary>
public sealed class AzuriteFixture : IAsyncDisposable
{
    private readonly Lazy<Task<AzuriteProcess>> _azurite = new(() => StartAsync(0)), _queues = new(() => StartAsync(0, AzuriteProcess.Queue)),
        _tables = new(() => StartAsync(0, AzuriteProcess.Table));

    public async ValueTask DisposeAsync()
    {
        foreach (var azurite in new[] { _azurite, _queues, _tables })
        {
            if (azurite.IsValueCreated && !azurite.Value.IsFaulted)
            {
                await (await azurite.Value).DisposeAsync();
            }
        }
    }

    /// <summary>A container that no other test has.</summary>
    internal async Task<AzureStorageOptions> NewContainerAsync(string cacheFolder) => Options((await _azurite.Value).ConnectionString, cacheFolder);

    /// <summary>Tables of an owner that no other test is.</summary>
    internal async Task<AzureTableOptions> NewOwnerAsync() => new() { ConnectionString = (await _tables.Value).ConnectionString, Owner = $"test-{Guid.NewGuid():N}" };

    /// <summary>An account with blobs and queues. Its queues have one name each, so that one test at a time may use it.</summary>
    internal async Task<string> AccountWithQueuesAsync() => (await _azurite.Value).ConnectionString + EndpointOf(await _queues.Value, "Queue");

    /// <summary>As <see cref="AccountWithQueuesAsync"/>, with tables.</summary>
    internal async Task<string> AccountWithTablesAsync() => await AccountWithQueuesAsync() + EndpointOf(await _tables.Value, "Table");

    internal static AzureStorageOptions Options(string connectionString, string cacheFolder) => new()
    {
        ConnectionString = connectionString,
        ContainerName = $"test-{Guid.NewGuid():N}",
        CacheFolder = cacheFolder,
    };

    private static string EndpointOf(AzuriteProcess azurite, string service) =>
        azurite.ConnectionString[azurite.ConnectionString.IndexOf($"{service}Endpoint=", StringComparison.Ordinal)..];

    internal static async Task<AzuriteProcess> StartAsync(int port, string service = AzuriteProcess.Blob)
    {
        try
        {
            return await AzuriteProcess.StartAsync(await AzuriteInstall.FindOrInstallAsync(CancellationToken.None), CancellationToken.None, port, service);
        }
        catch (Win32Exception)
        {
            // CI sees to it that both are there.
            Assert.Skip("needs node and npm on the path, for Azurite");
            throw;
        }
    }
}
