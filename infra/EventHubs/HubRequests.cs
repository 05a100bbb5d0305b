using Azure;
using Azure.Core;
using Azure.Core.Pipeline;
using Cairn.Primitives;

namespace Cairn.Infra.EventHubs;

/// <summary>
/// Posts batches over the hub's HTTPS interface. A request is tried again when its answer is lost or the hub is busy: what arrives twice has the same ids.
/// Whether any try may have arrived is remembered to the end. Any thread.
/// </summary>
internal sealed class HubRequests
{
    private const string ContentType = "application/vnd.microsoft.servicebus.json"; // exactly: with a charset behind it the hub takes the array for one event
    private const string Version = "2014-01";

    public const int MaxTries = 5;

    /// <summary>The longest that a try waits for the one before it; who is told to wait longer tells its caller.</summary>
    public static readonly TimeSpan MaxPause = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200), RequestTimeout = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5), ConnectionLifetime = TimeSpan.FromMinutes(5);

    private readonly HttpPipeline _pipeline;
    private readonly Uri _hub;
    private readonly TimeProvider _time;

    /// <param name="connection">Where to.</param>
    /// <param name="time">For pauses.</param>
    /// <param name="transport">For tests; null: the network.</param>
    public HubRequests(HubConnection connection, TimeProvider time, HttpPipelineTransport? transport)
    {
        (_hub, _time) = (connection.Address, time);
        var options = new Options
        {
            Retry = { MaxRetries = 0, NetworkTimeout = RequestTimeout },
            Diagnostics = { IsLoggingEnabled = false },
            Transport = transport ?? NewTransport(),
        };
        _pipeline = HttpPipelineBuilder.Build(options, [], [connection.Policy], null);
    }

    /// <summary>Posts a body to a partition.</summary>
    /// <returns>False: it is too large.</returns>
    /// <exception cref="CairnException">Throttled, Unavailable: it was not published. Unknown: it may have been.</exception>
    public async ValueTask<bool> PostAsync(int partition, byte[] body, CancellationToken cancellationToken)
    {
        var mayBeThere = false;
        for (var tries = 1; ; tries++)
        {
            var attempt = await TryAsync(partition, body, cancellationToken).ConfigureAwait(false);
            if (attempt.Failure is not { } failure)
            {
                return attempt.IsTaken;
            }

            mayBeThere |= attempt.MayBeThere;
            var pause = failure.RetryAfter ?? Pause * (1 << (tries - 1)) * (1 + (Random.Shared.NextDouble() / 4));
            if (!attempt.MayPass || tries == MaxTries || pause > MaxPause)
            {
                throw mayBeThere ? HubFailure.Unknown($"whether events were published is not known: {failure.Message}", failure) : failure;
            }

            await Task.Delay(pause, _time, cancellationToken).ConfigureAwait(false);
        }
    }

    private async ValueTask<Attempt> TryAsync(int partition, byte[] body, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using var message = _pipeline.CreateMessage();
        var request = message.Request;
        request.Method = RequestMethod.Post;
        request.Uri.Reset(new($"{_hub}/partitions/{partition}/messages?api-version={Version}"));
        request.Headers.Add("Content-Type", ContentType);
        request.Content = RequestContent.Create(body);
        HubInstruments.Requests.Add(1);
        try
        {
            await _pipeline.SendAsync(message, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception lost) when (HubFailure.IsOfTheWay(lost, cancellationToken))
        {
            return new(IsTaken: false, HubFailure.OfTheWay(lost, _hub), MayPass: lost is not Azure.Identity.AuthenticationFailedException, !HubFailure.NeverSent(lost));
        }

        return Read(message.Response, partition);
    }

    private Attempt Read(Response answer, int partition) => answer.Status switch
    {
        201 => new(IsTaken: true, null, false, true),
        413 => new(IsTaken: false, null, false, false),
        var status => new(IsTaken: false, HubFailure.OfAnswer(answer, _hub, partition), HubFailure.Passes(status), HubFailure.IsOpen(status)),
    };

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

    /// <summary>One try.</summary>
    /// <param name="IsTaken">It was published; else, without a failure, it is too large.</param>
    /// <param name="Failure">Why it was not, or why nobody knows.</param>
    /// <param name="MayPass">A further try may do better.</param>
    /// <param name="MayBeThere">It may have been published.</param>
    private readonly record struct Attempt(bool IsTaken, CairnException? Failure, bool MayPass, bool MayBeThere);

    private sealed class Options : ClientOptions;
}
