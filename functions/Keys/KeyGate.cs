using System.Security.Cryptography;
using System.Text;
using Cairn.Functions.Hosting;
using Cairn.Functions.Problems;

namespace Cairn.Functions.Keys;

/// <summary>
/// Who a request comes from. Any thread.
/// </summary>
/// <remarks>
/// Invariants: a service asks for keys from its start if it can be reached from other machines, stands behind the Functions host, takes tokens, or was told to; alone on
/// loopback it asks once there is any key, noticed within <see cref="KeyCache.TimeToLive"/>, and from then on as long as the process lives, so that revoking the
/// last key opens nothing. If it is not known whether there are keys, nobody comes in.
/// </remarks>
internal sealed partial class KeyGate
{
    private const string Scheme = "Bearer ";
    private const int MaxStackCharacters = 512;
    private static readonly TimeSpan BetweenFailures = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly KeyRegistry? _keys;
    private readonly KeyCache? _cache;
    private readonly TokenGate? _tokens;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly byte[]? _settingsHash;
    private volatile bool _asks;
    private long _lookedAt, _failedAt;
    private Task? _look;

    /// <param name="options">The service's.</param>
    /// <param name="isLoopback">It listens on loopback only.</param>
    /// <param name="keys">Keys that can be made and revoked; null: there are no tables, and so none.</param>
    /// <param name="tokens">Tokens of Entra ID; null: none are taken.</param>
    /// <param name="logger">Hears what goes wrong.</param>
    public KeyGate(ServerOptions options, bool isLoopback, KeyRegistry? keys, TokenGate? tokens, ILogger logger)
    {
        (_keys, _tokens, _time, _logger) = (keys, tokens, options.Time, logger);
        _cache = keys is null ? null : new(keys, options.Time, failure => LogUseNotNoted(logger, failure.Message));
        _settingsHash = options.ApiKey is { } key ? Hash(key, new byte[ApiKey.HashBytes]).ToArray() : null;
        _asks = !isLoopback || options.IsBehindHost || options.RequiresKeys || _settingsHash is not null || tokens is not null;
        _lookedAt = _time.GetTimestamp() - (long)(KeyCache.TimeToLive.TotalSeconds * _time.TimestampFrequency);
    }

    /// <summary>Whether a key is needed.</summary>
    public bool Asks => _asks;

    /// <summary>Keys that can be made and revoked; null: none can.</summary>
    public KeyRegistry? Keys => _keys;

    /// <summary>Whose request it is. Without keys, and with one that was seen lately, it completes at once and allocates nothing.</summary>
    /// <exception cref="ProblemException">unauthenticated; throttled; forbidden: a token that gives no right.</exception>
    /// <exception cref="Primitives.CairnException">Unavailable: the tables, or the tenant whose token it is, do not answer.</exception>
    public ValueTask<Caller> AuthenticateAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        if (!_asks)
        {
            return _keys is null || _time.GetElapsedTime(Volatile.Read(ref _lookedAt)) < KeyCache.TimeToLive
                ? new(Caller.OfAll)
                : LookAndAuthenticateAsync(request, cancellationToken);
        }

        var offered = Offered(request);
        if (_settingsHash is not null && IsOfSettings(offered))
        {
            return new(Caller.OfAll);
        }

        if (_tokens is not null && IsToken(request, offered))
        {
            return _tokens.AuthenticateAsync(offered, cancellationToken);
        }

        Caller? caller = null;
        return _cache is null || _cache.TryFind(offered, out caller) ? new(caller ?? throw Unknown()) : FindAsync(offered.ToString(), cancellationToken);
    }

    /// <summary>Looks whether there are keys now; true: there are, or nobody can tell.</summary>
    public async ValueTask<bool> MayHaveKeysAsync(CancellationToken cancellationToken)
    {
        if (_keys is null)
        {
            return false;
        }

        try
        {
            await LookAsync().WaitAsync(cancellationToken);
            return _asks && await _keys.AnyAsync(cancellationToken);
        }
        catch (Primitives.CairnException failure)
        {
            LogLookFailed(_logger, failure.Message);
            return true;
        }
    }

    /// <summary>A key was made in this process, or revoked.</summary>
    public void Changed(string id, bool isNew)
    {
        _cache?.Forget(id);
        _asks |= isNew;
    }

    private async ValueTask<Caller> FindAsync(string offered, CancellationToken cancellationToken)
    {
        try
        {
            return await _cache!.FindAsync(offered, cancellationToken) ?? throw Unknown();
        }
        catch (Primitives.CairnException failure) when (IsOfTables(failure))
        {
            throw Untold(failure);
        }
    }

    private async ValueTask<Caller> LookAndAuthenticateAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        try
        {
            await LookAsync().WaitAsync(cancellationToken);
        }
        catch (Primitives.CairnException failure) when (IsOfTables(failure))
        {
            throw Untold(failure);
        }

        return _asks ? await AuthenticateAsync(request, cancellationToken) : Caller.OfAll;
    }

    // One at a time; after one that failed, those who come within a second get the same answer.
    private Task LookAsync()
    {
        lock (_gate)
        {
            var isOver = _look is null || _look.IsCompletedSuccessfully || (_look.IsCompleted && _time.GetElapsedTime(_failedAt) >= BetweenFailures);
            return isOver ? _look = LookOnceAsync() : _look!;
        }
    }

    private async Task LookOnceAsync()
    {
        await Task.Yield();
        var lookedAt = _time.GetTimestamp();
        try
        {
            if (await _keys!.AnyAsync(CancellationToken.None))
            {
                _asks = true;
            }

            Volatile.Write(ref _lookedAt, lookedAt);
        }
        catch
        {
            Volatile.Write(ref _failedAt, _time.GetTimestamp());
            throw;
        }
    }

    private static ReadOnlySpan<char> Offered(HttpRequest request)
    {
        // A header that comes twice is no key: which one would count is a matter of taste.
        if (request.Headers.TryGetValue("x-api-key", out var keys))
        {
            return keys.Count == 1 ? keys[0].AsSpan().Trim() : throw Unknown();
        }

        var values = request.Headers.Authorization;
        var authorization = values.Count == 1 ? values[0].AsSpan() : default;
        return authorization.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
            ? authorization[Scheme.Length..].Trim()
            : throw Unauthenticated("send a key as 'Authorization: Bearer …' or 'x-api-key: …', or a token as the former");
    }

    // No key has a dot, and no token is without. What is not said to be a bearer's is a key.
    private static bool IsToken(HttpRequest request, ReadOnlySpan<char> offered) => offered.Contains('.') && !request.Headers.ContainsKey("x-api-key");

    // Both sides are hashed first, so that the comparison takes the same time for any length.
    private bool IsOfSettings(ReadOnlySpan<char> offered) =>
        CryptographicOperations.FixedTimeEquals(Hash(offered, stackalloc byte[ApiKey.HashBytes]), _settingsHash);

    private static Span<byte> Hash(ReadOnlySpan<char> key, Span<byte> hash)
    {
        Span<byte> bytes = key.Length <= MaxStackCharacters ? stackalloc byte[MaxStackCharacters * 3] : new byte[Encoding.UTF8.GetMaxByteCount(key.Length)];
        SHA256.HashData(bytes[..Encoding.UTF8.GetBytes(key, bytes)], hash);
        return hash;
    }

    private static bool IsOfTables(Primitives.CairnException failure) => failure.Kind is Primitives.ErrorKind.Unavailable or Primitives.ErrorKind.Throttled;

    // Anybody may hear this: which storage it is, and what it said, stands in the log.
    private static Primitives.CairnException Untold(Primitives.CairnException failure) =>
        new(Primitives.ErrorKind.Unavailable, "keys cannot be looked up now", failure) { Problem = ProblemKinds.Unavailable, RetryAfter = failure.RetryAfter };

    // One answer for all that is wrong with a key: malformed, unknown, revoked and expired are not told apart.
    private static ProblemException Unknown() => Unauthenticated("this key is not known here: it has not the form of one, was never made, was revoked or has expired");

    private static ProblemException Unauthenticated(string detail) => ProblemException.Of(ProblemKinds.Unauthenticated, detail);

    [LoggerMessage(30, LogLevel.Warning, "whether there are keys could not be looked up: {Reason}")]
    private static partial void LogLookFailed(ILogger logger, string reason);

    [LoggerMessage(31, LogLevel.Warning, "that a key was used could not be noted: {Reason}")]
    private static partial void LogUseNotNoted(ILogger logger, string reason);
}
