using System.Text.Json;
using Cairn.Primitives;

namespace Cairn.Infra.Identity;

/// <summary>The issuer's keys as they were a while ago, looked for again when they are old or when a token names one that is not among them. Any thread.</summary>
/// <remarks>
/// Invariants: one look at a time, which all who need it share; after one that was answered none within <see cref="BetweenLooks"/>, after one that failed none
/// within <see cref="BetweenFailures"/>, whatever comes, so that tokens with invented keys cause no storm. Keys older than <see cref="MaxAge"/> are not used, so
/// that one that the issuer withdrew ends here too; younger ones go on while it does not answer.
/// </remarks>
internal sealed class SigningKeys : IDisposable
{
    public static readonly TimeSpan BetweenLooks = TimeSpan.FromMinutes(5), BetweenFailures = TimeSpan.FromSeconds(15);

    /// <summary>Past it they are looked for beside the requests; past the other none is used.</summary>
    public static readonly TimeSpan RefreshAge = TimeSpan.FromHours(1), MaxAge = TimeSpan.FromHours(24);

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10), ConnectTimeout = TimeSpan.FromSeconds(5);

    private const int MaxAnswerBytes = 1024 * 1024;

    private readonly EntraOptions _options;
    private readonly TimeProvider _time;
    private readonly HttpClient _client;
    private readonly Lock _gate = new();
    private volatile Known? _known;
    private volatile bool _failed;
    private Look? _look;

    public SigningKeys(EntraOptions options, TimeProvider time, HttpMessageHandler? network)
    {
        (_options, _time) = (options, time);
        _client = new(network ?? new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, ConnectTimeout = ConnectTimeout }, disposeHandler: network is null)
        {
            Timeout = Timeout,
            MaxResponseContentBufferSize = MaxAnswerBytes,
        };
    }

    /// <summary>The keys, among them the one that is named, if the issuer has it.</summary>
    /// <exception cref="CairnException">Unavailable: the issuer does not answer, and without it nobody can tell.</exception>
    public async ValueTask<KeySet> FindAsync(string keyId, CancellationToken cancellationToken)
    {
        var known = _known is { } last && _time.GetElapsedTime(last.ReadAt) < MaxAge ? last : null;
        if (known is not null && known.Keys.Contains(keyId))
        {
            if (_time.GetElapsedTime(known.ReadAt) >= RefreshAge)
            {
                _ = LookAsync();
            }

            return known.Keys;
        }

        var failure = await LookAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
        return failure is null ? _known!.Keys : throw failure;
    }

    public void Dispose() => _client.Dispose();

    // The look that is under way, or the last one while another would come too soon, or a new one.
    private Task<CairnException?> LookAsync()
    {
        lock (_gate)
        {
            if (_look is { } look && (!look.Work.IsCompleted || _time.GetElapsedTime(look.BeganAt) < (_failed ? BetweenFailures : BetweenLooks)))
            {
                return look.Work;
            }

            var beganAt = _time.GetTimestamp();
            return (_look = new(Task.Run(() => ReadAsync(beganAt)), beganAt)).Work;
        }
    }

    private async Task<CairnException?> ReadAsync(long beganAt)
    {
        _failed = true;
        try
        {
            using var metadata = JsonDocument.Parse(await GetAsync(_options.MetadataAddress).ConfigureAwait(false));
            if (Text(metadata.RootElement, "issuer") != _options.Issuer)
            {
                return Unavailable("says that it is another issuer: is the tenant's id right?");
            }

            if (!Uri.TryCreate(Text(metadata.RootElement, "jwks_uri"), UriKind.Absolute, out var address) || address.Scheme != Uri.UriSchemeHttps)
            {
                return Unavailable("names no https address of its keys");
            }

            var keys = KeySet.Read(await GetAsync(address).ConfigureAwait(false), _options);
            if (keys.Count == 0)
            {
                return Unavailable("has no key that signs tokens");
            }

            _known = new(keys, beganAt);
            _failed = false;
            return null;
        }
        catch (Exception failure) when (failure is HttpRequestException or OperationCanceledException or IOException or JsonException or InvalidOperationException)
        {
            return Unavailable($"does not answer as it should ({failure.Message})", failure);
        }
    }

    private async Task<byte[]> GetAsync(Uri address)
    {
        using var answer = await _client.GetAsync(address).ConfigureAwait(false);
        return answer.StatusCode == System.Net.HttpStatusCode.OK
            ? await answer.Content.ReadAsByteArrayAsync().ConfigureAwait(false)
            : throw new HttpRequestException($"{address.AbsolutePath} is answered by {(int)answer.StatusCode}");
    }

    private static string? Text(JsonElement root, string name) => root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private CairnException Unavailable(string what, Exception? cause = null) =>
        new(ErrorKind.Unavailable, $"tokens cannot be checked now: {_options.Authority.Host} {what}", cause) { Problem = "unavailable", RetryAfter = BetweenFailures };

    private sealed record Known(KeySet Keys, long ReadAt);

    private sealed record Look(Task<CairnException?> Work, long BeganAt);
}
