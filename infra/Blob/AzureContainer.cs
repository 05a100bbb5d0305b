using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Storage.Blobs;

namespace Cairn.Infra.Blob;

/// <summary>The container, by two clients: one that tries again by itself what may be done twice, and one that sends once.</summary>
internal sealed class AzureContainer
{
    private const int MaxRetries = 3;
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan MaxRetryDelay = TimeSpan.FromSeconds(3);

    // The longest request is a block of an upload; on less than 1 Mbit/s it fails.
    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(60);

    // Who does not take a connection by then does not answer: a request is not held up for minutes by it.
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5);

    // The service moves its addresses now and then; connections that live for ever would not follow.
    private static readonly TimeSpan ConnectionLifetime = TimeSpan.FromMinutes(5);

    private const int MaxConnections = 64;

    /// <exception cref="Primitives.CairnException">Invalid: the options name no container.</exception>
    public AzureContainer(AzureStorageOptions options, TimeProvider time, HttpPipelineTransport? transport)
    {
        Clock = new(time);
        transport ??= NewTransport();
        Retrying = options.CreateClient(ClientOptions(MaxRetries, transport));
        Once = options.CreateClient(ClientOptions(0, transport));
    }

    /// <summary>For requests that may be sent twice: reads, and writes that say the same each time.</summary>
    public BlobContainerClient Retrying { get; }

    /// <summary>For requests whose repetition would do something else: an append would be there twice, a deletion would find nothing.</summary>
    public BlobContainerClient Once { get; }

    public ServerClock Clock { get; }

    /// <summary>What became of its requests.</summary>
    public AzureRequests Requests { get; } = new();

    /// <summary>What messages call a blob.</summary>
    public string Describe(string path) => $"{Retrying.Name}/{path}";

    private BlobClientOptions ClientOptions(int maxRetries, HttpPipelineTransport transport)
    {
        var options = new BlobClientOptions
        {
            Retry = { Mode = RetryMode.Exponential, MaxRetries = maxRetries, Delay = RetryDelay, MaxDelay = MaxRetryDelay, NetworkTimeout = RequestTimeout },
            Diagnostics = { IsLoggingEnabled = false },
        };
        options.AddPolicy(Clock.Policy, HttpPipelinePosition.PerRetry);
        options.AddPolicy(Requests, HttpPipelinePosition.PerRetry);
        options.Transport = transport;
        return options;
    }

    private static HttpClientTransport NewTransport() => new(new HttpClient(new SocketsHttpHandler
    {
        ConnectTimeout = ConnectTimeout,
        PooledConnectionLifetime = ConnectionLifetime,
        MaxConnectionsPerServer = MaxConnections,
        AllowAutoRedirect = false,
        UseCookies = false,
    })
    {
        Timeout = Timeout.InfiniteTimeSpan, // The pipeline has its own.
    });
}
