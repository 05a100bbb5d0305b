using Azure.Core;
using Azure.Identity;
using Cairn.Primitives;
using Microsoft.Azure.Cosmos;

namespace Cairn.Infra.Cosmos;

/// <summary>Which container of which Cosmos DB account holds the lookups index.</summary>
public sealed record CosmosLookupsOptions
{
    // Requests are tried again this often, and for this long at most, while the service says that they are too many.
    private const int MaxThrottledTries = 9;
    private static readonly TimeSpan MaxThrottledWait = TimeSpan.FromSeconds(20);

    // One for the process: each asks for tokens of its own.
    private static readonly Lazy<TokenCredential> Identity = new(() => new DefaultAzureCredential());

    /// <summary>A connection string with a key. Of this and an address exactly one is set.</summary>
    public string? ConnectionString { get; init; }

    /// <summary>The address of an account that this process's own identity may use (DefaultAzureCredential), such as <c>https://mine.documents.azure.com</c>.</summary>
    public Uri? Endpoint { get; init; }

    /// <summary>The client id of the managed identity to use with an address; null: whatever identity there is.</summary>
    public string? ManagedIdentityClientId { get; init; }

    /// <summary>The database; created if it is missing and the identity may.</summary>
    public string DatabaseName { get; init; } = "cairn";

    /// <summary>The container; created as the database is.</summary>
    public string ContainerName { get; init; } = "lookups";

    /// <summary>Refuses options that name no account, before anything is asked of it.</summary>
    /// <exception cref="CairnException">Invalid; the message says which is wrong, and never repeats a secret.</exception>
    public void Validate()
    {
        if (ConnectionString is not null)
        {
            CreateClient(isBulk: false, null).Dispose();
        }
        else if (Endpoint is not { IsAbsoluteUri: true } || Endpoint.Scheme != Uri.UriSchemeHttps)
        {
            throw CairnException.Invalid(nameof(Endpoint), $"\"{Endpoint}\" is no address of a Cosmos DB account: it begins with https://");
        }
    }

    /// <summary>A client of the account.</summary>
    /// <param name="isBulk">Gathers requests, which are sent together and answered later: for writes.</param>
    /// <param name="http">Instead of the network; null: the network.</param>
    internal CosmosClient CreateClient(bool isBulk, Func<HttpClient>? http)
    {
        var options = new CosmosClientOptions
        {
            ApplicationName = "cairn",
            ConnectionMode = ConnectionMode.Gateway,
            AllowBulkExecution = isBulk,
            EnableContentResponseOnWrite = false,
            MaxRetryAttemptsOnRateLimitedRequests = MaxThrottledTries,
            MaxRetryWaitTimeOnRateLimitedRequests = MaxThrottledWait,
            LimitToEndpoint = http is not null || Endpoint is null,
            CosmosClientTelemetryOptions = new() { DisableDistributedTracing = true },
        };
        if (http is not null)
        {
            options.HttpClientFactory = http;
        }

        if (ConnectionString is null)
        {
            return new(Endpoint!.AbsoluteUri, Credential(), options);
        }

        try
        {
            return new(ConnectionString, options);
        }
        catch (Exception failure) when (failure is FormatException or ArgumentException or UriFormatException)
        {
            throw CairnException.Invalid(nameof(ConnectionString), "the connection string of the Cosmos DB account cannot be read; copy it again from the account's keys");
        }
    }

    private TokenCredential Credential() => ManagedIdentityClientId is null
        ? Identity.Value
        : new DefaultAzureCredential(new DefaultAzureCredentialOptions { ManagedIdentityClientId = ManagedIdentityClientId });
}
