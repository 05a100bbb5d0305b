using Cairn.Primitives;

namespace Cairn.Infra.Identity;

/// <summary>Checks access tokens of one tenant of Entra ID. Any thread.</summary>
/// <remarks>
/// A token holds if it is signed by RS256 with a key of the tenant, comes from the tenant by its exact name, was made for this service, is an access token and
/// not an id token, and its time has come and is not over. What costs nothing is looked at first; nothing that a token says counts before its signature does.
/// </remarks>
public sealed class EntraTokens : IDisposable
{
    /// <summary>Longest token that is taken, in characters.</summary>
    public const int MaxLength = AccessToken.MaxLength;

    /// <summary>By how much this machine's clock and the issuer's may differ.</summary>
    public static readonly TimeSpan ClockTolerance = TimeSpan.FromMinutes(2);

    private readonly EntraOptions _options;
    private readonly string _issuer;
    private readonly TimeProvider _time;
    private readonly SigningKeys _keys;

    private EntraTokens(EntraOptions options, TimeProvider time, HttpMessageHandler? network) =>
        (_options, _issuer, _time, _keys) = (options, options.Issuer, time, new(options, time, network));

    /// <summary>Names the tenant, and asks nothing of it before the first token.</summary>
    /// <param name="options">Whose tokens are taken.</param>
    /// <param name="time">The clock.</param>
    /// <param name="network">For tests: what requests go through, not disposed here; null: the ordinary way.</param>
    /// <exception cref="CairnException">Invalid: the options are wrong; its field says which.</exception>
    public static EntraTokens Open(EntraOptions options, TimeProvider time, HttpMessageHandler? network = null)
    {
        options.Validate();
        return new(options, time, network);
    }

    /// <summary>Whether a token holds, and what it says.</summary>
    /// <exception cref="CairnException">Unavailable: the keys of the tenant cannot be had, and without them nobody can tell.</exception>
    public async ValueTask<TokenOutcome> CheckAsync(string text, CancellationToken cancellationToken)
    {
        if ((AccessToken.TryRead(text, out var token) ?? RefusalOf(token!)) is { } refusal)
        {
            return TokenOutcome.Refused(refusal);
        }

        var keys = await _keys.FindAsync(token!.KeyId, cancellationToken).ConfigureAwait(false);
        return !keys.Contains(token.KeyId) ? TokenOutcome.Refused(TokenRefusal.UnknownKey)
            : !keys.Verifies(token.KeyId, token.Signed, token.Signature) ? TokenOutcome.Refused(TokenRefusal.Signature)
            : new(new(token.Roles, token.Scopes, EndOf(token)), default);
    }

    /// <inheritdoc/>
    public void Dispose() => _keys.Dispose();

    private TokenRefusal? RefusalOf(AccessToken token)
    {
        var now = _time.GetUtcNow();
        return token.Issuer != _issuer ? TokenRefusal.Issuer
            : !token.Audiences.Intersect(_options.Audiences, StringComparer.Ordinal).Any() ? TokenRefusal.Audience
            : !token.HasClient ? TokenRefusal.NoAccessToken
            : now >= EndOf(token) ? TokenRefusal.Expired
            : token.NotBefore is { } begin && now + ClockTolerance < DateTimeOffset.FromUnixTimeSeconds(begin) ? TokenRefusal.NotYetValid
            : null;
    }

    // The end of the year 9999 is the last time there is.
    private static DateTimeOffset EndOf(AccessToken token)
    {
        var end = DateTimeOffset.FromUnixTimeSeconds(token.ExpiresAt);
        return end < DateTimeOffset.MaxValue - ClockTolerance ? end + ClockTolerance : end;
    }
}
