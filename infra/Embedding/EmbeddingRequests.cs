using System.Net;
using System.Net.Http.Headers;
using Azure.Core;
using Azure.Identity;
using Cairn.Primitives;
using Polly;

namespace Cairn.Infra.Embedding;

/// <summary>
/// Posts requests: some at once, each tried again while the service is busy or does not answer, as late as it asks for. Any thread.
/// Invariants: no more than <see cref="EmbeddingOptions.MaxRequests"/> are on their way, no more than <see cref="EmbeddingOptions.MaxWaiting"/> calls wait; a redirect is not followed, since
/// texts and keys go nowhere but where the settings say.
/// </summary>
internal sealed class EmbeddingRequests : IDisposable
{
    /// <summary>Tries after the first.</summary>
    public const int MaxRetries = 4;

    /// <summary>The longest that a try waits for the one before it; who is told to wait longer tells his caller.</summary>
    public static readonly TimeSpan MaxPause = TimeSpan.FromSeconds(20);

    private const int MaxAnswerBytes = 64 * 1024 * 1024;
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(500), ConnectTimeout = TimeSpan.FromSeconds(5), ConnectionLifetime = TimeSpan.FromMinutes(5);

    private readonly EmbeddingOptions _options;
    private readonly EmbeddingAddress _address;
    private readonly TokenCredential? _credential;
    private readonly TimeProvider _time;
    private readonly HttpClient _client;
    private readonly SemaphoreSlim _places;
    private readonly ResiliencePipeline<EmbeddingAttempt> _retries;
    private int _waiting;

    public EmbeddingRequests(EmbeddingOptions options, TimeProvider time)
    {
        (_options, _time, _address, _places) = (options, time, EmbeddingAddress.Of(options), new(options.MaxRequests));
        _credential = _address.CredentialOf(options);
        _client = new(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            ConnectTimeout = ConnectTimeout,
            PooledConnectionLifetime = ConnectionLifetime,
        })
        {
            Timeout = Timeout.InfiniteTimeSpan, // Each try has its own.
            MaxResponseContentBufferSize = MaxAnswerBytes,
        };
        _retries = new ResiliencePipelineBuilder<EmbeddingAttempt> { TimeProvider = time }.AddRetry(new()
        {
            MaxRetryAttempts = MaxRetries,
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
            Delay = FirstPause,
            MaxDelay = MaxPause,
            ShouldHandle = static attempt => new(attempt.Outcome.Result is { MayPass: true } result && !(result.Failure?.RetryAfter > MaxPause)),
            DelayGenerator = static attempt => new(attempt.Outcome.Result.Failure?.RetryAfter),
        }).Build();
    }

    /// <summary>Where they go.</summary>
    public Uri Address => _address.Address;

    /// <summary>Posts a body.</summary>
    /// <returns>The answer, or why the service refuses what is asked, and would again.</returns>
    /// <exception cref="CairnException">Throttled, Unavailable.</exception>
    public async ValueTask<EmbeddingAttempt> PostAsync(byte[] body, CancellationToken cancellationToken)
    {
        if (Interlocked.Increment(ref _waiting) > _options.MaxWaiting + _options.MaxRequests)
        {
            Interlocked.Decrement(ref _waiting);
            throw new CairnException(ErrorKind.Throttled, "too many texts wait to be embedded") { RetryAfter = TimeSpan.FromSeconds(1) };
        }

        try
        {
            await _places.WaitAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                var attempt = await _retries.ExecuteAsync(token => TryAsync(body, token), cancellationToken).ConfigureAwait(false);
                return attempt.Failure is { } failure ? throw failure : attempt;
            }
            finally
            {
                _places.Release();
            }
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    public void Dispose()
    {
        _client.Dispose();
        _places.Dispose();
    }

    private async ValueTask<EmbeddingAttempt> TryAsync(byte[] body, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(_options.RequestTimeout, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        EmbeddingInstruments.Requests.Add(1);
        try
        {
            using var request = await RequestAsync(body, both.Token).ConfigureAwait(false);
            using var response = await _client.SendAsync(request, both.Token).ConfigureAwait(false);
            var answer = await response.Content.ReadAsByteArrayAsync(both.Token).ConfigureAwait(false);
            return response.StatusCode == HttpStatusCode.OK
                ? new(answer, null, null, false)
                : EmbeddingFailure.OfAnswer(response, EmbeddingJson.Message(answer), Address, _time);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return EmbeddingFailure.OfTheWay($"{Address} did not answer within {_options.RequestTimeout.TotalSeconds} s", null, mayPass: true);
        }
        catch (Exception lost) when (lost is HttpRequestException or IOException)
        {
            return EmbeddingFailure.OfTheWay($"{Address} does not answer: {lost.Message}", lost, mayPass: true);
        }
        catch (AuthenticationFailedException unknown)
        {
            return EmbeddingFailure.OfTheWay($"{Address}: this process has no identity that the service knows ({unknown.Message})", unknown, mayPass: false);
        }
    }

    private async ValueTask<HttpRequestMessage> RequestAsync(byte[] body, CancellationToken cancellationToken)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, Address) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new("application/json");
        if (_credential is not null)
        {
            var token = await _credential.GetTokenAsync(new([EmbeddingAddress.TokenScope]), cancellationToken).ConfigureAwait(false);
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token.Token);
        }
        else if (_options.Key is { } key && _address.IsAzure)
        {
            request.Headers.TryAddWithoutValidation("api-key", key);
        }
        else if (_options.Key is { } bearer)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", bearer);
        }

        return request;
    }
}
