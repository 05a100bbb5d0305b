using System.Collections.ObjectModel;
using System.Net;
using Microsoft.Azure.Cosmos;

namespace Cairn.Infra.Cosmos;

/// <summary>The clients of one container, made when they are first used, and the container itself, made if it is missing. Safe to use from many threads.</summary>
/// <remarks>
/// A client that gathers its requests answers each up to a tenth of a second later: so there is one for writes, and one that does not gather, for reads. Invariants: one
/// attempt to connect at a time, which all who come meanwhile wait for; one that failed is made again by whoever comes next.
/// </remarks>
internal sealed class CosmosConnection(CosmosLookupsOptions options, Func<HttpClient>? http) : IDisposable
{
    private static readonly string[] KeyPaths = ["/incarnation", "/id"];

    // Each has its documents expire at a time of its own, or never.
    private const int ExpiresByDocument = -1;

    private readonly Lazy<CosmosClient> _reads = new(() => options.CreateClient(isBulk: false, http));
    private readonly Lazy<CosmosClient> _writes = new(() => options.CreateClient(isBulk: true, http));
    private readonly Lock _gate = new();
    private Task? _attempt;
    private bool _isDisposed;

    /// <summary>For single requests.</summary>
    public async ValueTask<Container> ReadsAsync(CancellationToken cancellationToken)
    {
        await RequireAsync(cancellationToken).ConfigureAwait(false);
        return _reads.Value.GetContainer(options.DatabaseName, options.ContainerName);
    }

    /// <summary>For many at once.</summary>
    public async ValueTask<Container> WritesAsync(CancellationToken cancellationToken)
    {
        await RequireAsync(cancellationToken).ConfigureAwait(false);
        return _writes.Value.GetContainer(options.DatabaseName, options.ContainerName);
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _isDisposed = true;
        }

        foreach (var client in new[] { _reads, _writes }.Where(static client => client.IsValueCreated))
        {
            client.Value.Dispose();
        }
    }

    /// <summary>What the container must be, where it is made here; a deployment makes the same.</summary>
    public static ContainerProperties Shape(string name) => new(name, new Collection<string>(KeyPaths))
    {
        PartitionKeyDefinitionVersion = PartitionKeyDefinitionVersion.V2,
        DefaultTimeToLive = ExpiresByDocument,
        IndexingPolicy = new()
        {
            Automatic = true,
            IndexingMode = IndexingMode.Consistent,
            IncludedPaths =
            {
                new() { Path = "/incarnation/?" },
                new() { Path = "/key/?" },
                new() { Path = "/state/?" },
                new() { Path = "/labels/*" },
                new() { Path = "/attributes/*" },
            },
            ExcludedPaths = { new() { Path = "/*" } },
        },
    };

    private Task RequireAsync(CancellationToken cancellationToken)
    {
        Task attempt;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            attempt = _attempt = _attempt is null or { IsFaulted: true } or { IsCanceled: true } ? TryAsync() : _attempt;
        }

        return attempt.WaitAsync(cancellationToken);
    }

    private async Task TryAsync()
    {
        await Task.Yield();
        await CosmosFailure.GuardAsync(
            async () =>
            {
                await RequireConsistencyAsync().ConfigureAwait(false);
                await RequireContainerAsync().ConfigureAwait(false);
                return true;
            },
            CancellationToken.None).ConfigureAwait(false);
    }

    // A weaker one could show a watermark, and behind it a document as it was before.
    private async Task RequireConsistencyAsync()
    {
        var account = await _reads.Value.ReadAccountAsync().ConfigureAwait(false);
        if (account.Consistency.DefaultConsistencyLevel is var level and not (ConsistencyLevel.Strong or ConsistencyLevel.BoundedStaleness))
        {
            throw CosmosFailure.Unavailable($"the Cosmos DB account's default consistency is {level}; lookups need Strong or BoundedStaleness");
        }
    }

    private async Task RequireContainerAsync()
    {
        var container = _reads.Value.GetContainer(options.DatabaseName, options.ContainerName);
        ContainerProperties found;
        try
        {
            found = (await container.ReadContainerAsync().ConfigureAwait(false)).Resource;
        }
        catch (CosmosException missing) when (missing.StatusCode == HttpStatusCode.NotFound)
        {
            Database database = await _reads.Value.CreateDatabaseIfNotExistsAsync(options.DatabaseName).ConfigureAwait(false);
            found = (await database.CreateContainerIfNotExistsAsync(Shape(options.ContainerName)).ConfigureAwait(false)).Resource;
        }

        if (!found.PartitionKeyPaths.SequenceEqual(KeyPaths) || found.DefaultTimeToLive is null)
        {
            throw CosmosFailure.Unavailable(
                $"the container {options.ContainerName} was made for something else: its partition key must be {string.Join(", ", KeyPaths)}, and its documents able to expire");
        }
    }
}
