using Azure.Core;
using Azure.Core.Pipeline;

namespace Cairn.Infra.Table;

/// <summary>Single requests of the table service's REST interface, each tried again by the pipeline when it is lost or the service is busy. Any thread.</summary>
internal sealed class TableRequests
{
    private const string ServiceVersion = "2019-02-02";
    private const int MaxRetries = 3;
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(200), MaxRetryDelay = TimeSpan.FromSeconds(3), RequestTimeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5), ConnectionLifetime = TimeSpan.FromMinutes(5);

    private readonly HttpPipeline _pipeline;
    private readonly Uri _service;

    /// <param name="connection">Where to.</param>
    /// <param name="transport">For tests; null: the network.</param>
    public TableRequests(TableConnection connection, HttpPipelineTransport? transport)
    {
        _service = connection.Address;
        _pipeline = HttpPipelineBuilder.Build(
            new Options
            {
                Retry = { Mode = RetryMode.Exponential, MaxRetries = MaxRetries, Delay = RetryDelay, MaxDelay = MaxRetryDelay, NetworkTimeout = RequestTimeout },
                Diagnostics = { IsLoggingEnabled = false },
                Transport = transport ?? NewTransport(),
            },
            [],
            [connection.Policy],
            null);
    }

    public Uri Service => _service;

    /// <summary>Sends one request; every answer is returned as it is, in a message that the caller disposes.</summary>
    /// <param name="method">Its method.</param>
    /// <param name="path">Behind the service's address, escaped.</param>
    /// <param name="body">JSON; null: none.</param>
    /// <param name="ifMatch">The condition; null: none.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="Primitives.CairnException">Unavailable: no answer.</exception>
    public async ValueTask<HttpMessage> SendAsync(RequestMethod method, string path, byte[]? body, string? ifMatch, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var message = _pipeline.CreateMessage();
        Fill(message.Request, method, path, ifMatch);
        if (body is not null)
        {
            message.Request.Headers.Add("Content-Type", "application/json");
            message.Request.Headers.Add("Prefer", "return-no-content");
            message.Request.Content = RequestContent.Create(body);
        }

        try
        {
            await _pipeline.SendAsync(message, cancellationToken).ConfigureAwait(false);
            return message;
        }
        catch (Exception failure)
        {
            message.Dispose();
            if (TableFailure.IsOfTheWay(failure, cancellationToken))
            {
                throw TableFailure.OfTheWay(failure, _service);
            }

            throw;
        }
    }

    private void Fill(Request request, RequestMethod method, string path, string? ifMatch)
    {
        request.Method = method;
        request.Uri.Reset(new Uri(_service, path));
        request.Headers.Add("x-ms-version", ServiceVersion);
        request.Headers.Add("DataServiceVersion", "3.0");
        request.Headers.Add("Accept", "application/json;odata=minimalmetadata");
        if (ifMatch is not null)
        {
            request.Headers.Add("If-Match", ifMatch);
        }
    }

    private static HttpClientTransport NewTransport() => new(new HttpClient(new SocketsHttpHandler
    {
        ConnectTimeout = ConnectTimeout,
        PooledConnectionLifetime = ConnectionLifetime,
        AllowAutoRedirect = false,
        UseCookies = false,
    })
    {
        Timeout = Timeout.InfiniteTimeSpan, // The pipeline has its own.
    });

    private sealed class Options : ClientOptions;
}
