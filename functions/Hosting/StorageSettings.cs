using Cairn.Infra.Blob;
using Cairn.Infra.Table;
using Cairn.Infra.Queue;

namespace Cairn.Functions.Hosting;

/// <summary>
/// Reads where the data is: in a folder, or in the storage account that the Functions host uses too, named by the same settings: a connection string in
/// <c>AzureWebJobsStorage</c>, or <c>AzureWebJobsStorage__accountName</c> or <c>__blobServiceUri</c> for this process's identity.
/// </summary>
internal static class StorageSettings
{
    public const string Connection = "AzureWebJobsStorage";
    private const string AccountName = Connection + "__accountName", ServiceUri = Connection + "__blobServiceUri",
        TableServiceUri = Connection + "__tableServiceUri", QueueServiceUri = Connection + "__queueServiceUri";
    private const string Credential = Connection + "__credential", ClientId = Connection + "__clientId";
    private const string Container = "CAIRN_CONTAINER", Cache = "CAIRN_CACHE", CacheLimit = "CAIRN_CACHE_LIMIT";

    // Which setting an option came from, for messages.
    private static readonly Dictionary<string, string> Sources = new()
    {
        [nameof(AzureStorageOptions.ConnectionString)] = Connection,
        [nameof(AzureStorageOptions.AccountName)] = AccountName,
        [nameof(AzureStorageOptions.ServiceUri)] = ServiceUri,
        [nameof(AzureStorageOptions.ContainerName)] = Container,
        [nameof(AzureStorageOptions.CacheFolder)] = Cache,
        [nameof(AzureStorageOptions.CacheLimitBytes)] = CacheLimit,
    };

    /// <summary>The account that is set; null: none is, and the data lies in a folder.</summary>
    /// <param name="value">A setting by name; null if it is not set.</param>
    /// <exception cref="StartFailure">One of them cannot be read.</exception>
    public static AzureStorageOptions? Read(Func<string, string?> value)
    {
        var (connection, account, address) = (value(Connection), value(AccountName), value(ServiceUri));
        if (connection is null && account is null && address is null)
        {
            return null;
        }

        // The Functions host takes a connection string before an identity; a value without '=' can only be the name of an account.
        if (connection is not null && !connection.Contains('=', StringComparison.Ordinal))
        {
            (connection, account) = (null, account ?? connection);
        }

        return new()
        {
            ConnectionString = connection,
            AccountName = connection is null && address is null ? account : null,
            ServiceUri = connection is null && address is not null ? AddressOf(address, ServiceUri, "blob") : null,
            ManagedIdentityClientId = string.Equals(value(Credential), "managedidentity", StringComparison.OrdinalIgnoreCase) ? value(ClientId) : null,
            ContainerName = value(Container) ?? "cairn",
            CacheFolder = Path.GetFullPath(value(Cache) ?? Path.Combine(Path.GetTempPath(), "cairn-cache")),
            CacheLimitBytes = Bytes(CacheLimit, value(CacheLimit)) ?? new AzureStorageOptions { CacheFolder = "" }.CacheLimitBytes,
        };
    }

    /// <summary>The table service of the account; null: nothing names one.</summary>
    /// <param name="value">A setting by name; null if it is not set.</param>
    /// <param name="azure">What <see cref="Read"/> gave.</param>
    /// <exception cref="StartFailure">One of them cannot be read.</exception>
    public static AzureTableOptions? ReadTables(Func<string, string?> value, AzureStorageOptions azure)
    {
        if (azure.ConnectionString is { } connection)
        {
            return TableConnection.NamesTables(connection) ? new() { ConnectionString = connection, Owner = azure.ContainerName } : null;
        }

        var address = value(TableServiceUri) is { } given ? AddressOf(given, TableServiceUri, "table")
            : azure.AccountName is { } account ? new Uri($"https://{account}.table.core.windows.net/")
            : Beside(azure.ServiceUri!, "table");
        return address is null ? null : new() { ServiceUri = address, ManagedIdentityClientId = azure.ManagedIdentityClientId, Owner = azure.ContainerName };
    }

    /// <summary>The queues of the same account; null: its settings name only where its blobs are.</summary>
    /// <exception cref="StartFailure">The address of the queue service is none.</exception>
    public static AzureQueueOptions? ReadQueues(AzureStorageOptions blobs, Func<string, string?> value)
    {
        if (blobs.ConnectionString is { } connection)
        {
            return HasQueues(connection) ? new() { ConnectionString = connection } : null;
        }

        var address = value(QueueServiceUri) is { } given ? AddressOf(given, QueueServiceUri, "queue")
            : blobs.AccountName is { } account ? new Uri($"https://{account}.queue.core.windows.net/")
            : Beside(blobs.ServiceUri!, "queue");
        return address is null ? null : new() { ServiceUri = address, ManagedIdentityClientId = blobs.ManagedIdentityClientId };
    }

    // One that names the address of its blobs and not of its queues has none: what would be guessed belongs to Azure's public cloud.
    private static bool HasQueues(string connection) =>
        !connection.Contains("BlobEndpoint=", StringComparison.OrdinalIgnoreCase) || connection.Contains("QueueEndpoint=", StringComparison.OrdinalIgnoreCase);

    /// <summary>The setting that an option of the queues came from.</summary>
    public static string QueueSourceOf(string? option) => option == nameof(AzureQueueOptions.ServiceUri) ? QueueServiceUri : Connection;

    /// <summary>A number of bytes; null if it is not set.</summary>
    /// <exception cref="StartFailure">It is none.</exception>
    public static long? Bytes(string name, string? value) => value is null ? null
        : ByteSize.TryParse(value, out var bytes) ? bytes
        : throw new StartFailure($"{name} is '{value}'; it takes a number of bytes such as 512MB or 2GiB");

    /// <summary>The setting that an option came from.</summary>
    public static string SourceOf(string? option) => option is not null && Sources.TryGetValue(option, out var source) ? source : Connection;

    // The services of an account differ in one label of their names.
    private static Uri? Beside(Uri blobs, string service) => blobs.Host.Contains(".blob.", StringComparison.Ordinal)
        ? new UriBuilder(blobs) { Host = blobs.Host.Replace(".blob.", $".{service}.", StringComparison.Ordinal), Path = "/" }.Uri
        : null;

    private static Uri AddressOf(string address, string setting, string service) => Uri.TryCreate(address, UriKind.Absolute, out var uri)
        ? uri
        : throw new StartFailure($"{setting} is '{address}'; it takes the address of a {service} service, such as https://mine.{service}.core.windows.net");
}
