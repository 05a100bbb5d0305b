using Azure;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Storage.Queues;
using Azure.Storage.Queues.Models;
using Cairn.Primitives;
using Cairn.Storage;

namespace Cairn.Infra.Queue;

/// <summary>A queue of Azure Queue Storage, created when it is found missing. See ADR 0026.</summary>
public sealed class AzureMessageQueue : IMessageQueue
{
    private const int MaxRetries = 3;
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan MaxRetryDelay = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(20);

    // Who does not take a connection by then does not answer.
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5);

    // The service moves its addresses now and then.
    private static readonly TimeSpan ConnectionLifetime = TimeSpan.FromMinutes(5);

    private const int MaxConnections = 64;

    private static readonly Lazy<HttpPipelineTransport> Transport = new(NewTransport);

    // The service keeps what nobody takes for as long as it is told; for ever is -1 second.
    private static readonly TimeSpan KeptForEver = TimeSpan.FromSeconds(-1);

    private readonly QueueClient _queue;

    private AzureMessageQueue(QueueClient queue) => _queue = queue;

    /// <summary>Names a queue, and asks nothing of it yet.</summary>
    /// <exception cref="CairnException">Invalid: there is no such account; the message says what is wrong.</exception>
    public static AzureMessageQueue Open(AzureQueueOptions options, string name)
    {
        ArgumentNullException.ThrowIfNull(options);
        var client = new QueueClientOptions
        {
            MessageEncoding = QueueMessageEncoding.None,
            Retry = { Mode = RetryMode.Exponential, MaxRetries = MaxRetries, Delay = RetryDelay, MaxDelay = MaxRetryDelay, NetworkTimeout = RequestTimeout },
            Diagnostics = { IsLoggingEnabled = false },
            Transport = Transport.Value,
        };
        client.AddPolicy(new QueueRequests(), HttpPipelinePosition.PerRetry);
        return new(options.CreateClient(name, client));
    }

    /// <inheritdoc/>
    public async ValueTask SendAsync(string text, TimeSpan delay, CancellationToken cancellationToken) =>
        await RunAsync(() => _queue.SendMessageAsync(text, delay, KeptForEver, cancellationToken), cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<HeldMessage>> ReceiveAsync(int max, TimeSpan visibility, CancellationToken cancellationToken)
    {
        var answer = await RunAsync(() => _queue.ReceiveMessagesAsync(max, visibility, cancellationToken), cancellationToken).ConfigureAwait(false);
        return Array.ConvertAll(answer.Value, Held);
    }

    /// <inheritdoc/>
    public async ValueTask<HeldMessage?> RenewAsync(HeldMessage message, TimeSpan visibility, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(message);
        var answer = await IfHeldAsync(
            () => _queue.UpdateMessageAsync(message.Id, message.Receipt, messageText: null, visibility, cancellationToken), cancellationToken).ConfigureAwait(false);
        return answer is null ? null : message with { Receipt = answer.Value.PopReceipt };
    }

    /// <inheritdoc/>
    public async ValueTask<bool> DeleteAsync(HeldMessage message, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(message);
        return await IfHeldAsync(() => _queue.DeleteMessageAsync(message.Id, message.Receipt, cancellationToken), cancellationToken).ConfigureAwait(false) is not null;
    }

    private static HeldMessage Held(QueueMessage message) =>
        new(message.MessageId, message.MessageText ?? "", message.InsertedOn ?? DateTimeOffset.UnixEpoch, message.DequeueCount, message.PopReceipt);

    private static HttpClientTransport NewTransport() => new(new HttpClient(new SocketsHttpHandler
    {
        ConnectTimeout = ConnectTimeout,
        PooledConnectionLifetime = ConnectionLifetime,
        MaxConnectionsPerServer = MaxConnections,
        UseCookies = false,
    })
    {
        Timeout = Timeout.InfiniteTimeSpan, // The pipeline has its own.
    });

    private Task<T> RunAsync<T>(Func<Task<T>> call, CancellationToken cancellationToken) => QueueFailure.GuardAsync(
        _queue.Name,
        async () =>
        {
            try
            {
                return await call().ConfigureAwait(false);
            }
            catch (RequestFailedException missing) when (QueueFailure.IsNoQueue(missing))
            {
                await _queue.CreateIfNotExistsAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
                return await call().ConfigureAwait(false);
            }
        },
        cancellationToken);

    private Task<T?> IfHeldAsync<T>(Func<Task<T>> call, CancellationToken cancellationToken)
        where T : class => QueueFailure.GuardAsync(
        _queue.Name,
        async () =>
        {
            try
            {
                return await call().ConfigureAwait(false);
            }
            catch (RequestFailedException gone) when (QueueFailure.IsNotHeld(gone))
            {
                return null;
            }
        },
        cancellationToken);
}
