using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Cairn.Functions.Problems;
using Cairn.Infra.Identity;

namespace Cairn.Functions.Keys;

/// <summary>Who a token of Entra ID comes from, with those that were checked a moment ago at hand. Any thread.</summary>
/// <remarks>
/// Invariants: a token is known by the SHA-256 of its text, never kept itself; what is kept of one is used before the token ends, and for at most
/// <see cref="TimeToLive"/>; only tokens that hold are kept, at most <see cref="MaxEntries"/>.
/// </remarks>
internal sealed class TokenGate(EntraTokens tokens, TimeProvider time) : IDisposable
{
    /// <summary>A key that the tenant withdraws is noticed by tokens that are checked anew.</summary>
    public static readonly TimeSpan TimeToLive = TimeSpan.FromMinutes(10);

    public const int MaxEntries = 10_000;

    private readonly ConcurrentDictionary<Digest, Entry> _entries = new();

    /// <summary>How many are kept.</summary>
    public int Count => _entries.Count;

    /// <summary>Whose token it is. One that was checked lately completes at once.</summary>
    /// <exception cref="ProblemException">unauthenticated, saying what is wrong in general terms; forbidden: it gives no right here.</exception>
    /// <exception cref="Primitives.CairnException">Unavailable: the tenant's keys cannot be had.</exception>
    public ValueTask<Caller> AuthenticateAsync(ReadOnlySpan<char> token, CancellationToken cancellationToken)
    {
        if (token.Length > EntraTokens.MaxLength)
        {
            throw Refused(TokenRefusal.Malformed);
        }

        var digest = Digest.Of(token);
        return _entries.TryGetValue(digest, out var entry) && time.GetUtcNow() < entry.GoodUntil ? new(entry.Caller) : CheckAsync(token.ToString(), digest, cancellationToken);
    }

    public void Dispose() => tokens.Dispose();

    private async ValueTask<Caller> CheckAsync(string token, Digest digest, CancellationToken cancellationToken)
    {
        var outcome = await tokens.CheckAsync(token, cancellationToken);
        if (outcome.Claims is not { } claims)
        {
            throw Refused(outcome.Refusal);
        }

        var caller = TokenRoles.CallerOf(claims) ?? throw ProblemException.Of(
            ProblemKinds.Forbidden, "this token gives no right here: it has none of the roles Cairn.Read, Cairn.Write and Cairn.Admin, or acts for a person without a scope of those names");
        var latest = time.GetUtcNow() + TimeToLive;
        MakeRoom();
        _entries[digest] = new(caller, claims.ExpiresAt < latest ? claims.ExpiresAt : latest);
        return caller;
    }

    private void MakeRoom()
    {
        if (_entries.Count < MaxEntries)
        {
            return;
        }

        var now = time.GetUtcNow();
        foreach (var (digest, entry) in _entries)
        {
            if (now >= entry.GoodUntil)
            {
                _entries.TryRemove(digest, out _);
            }
        }

        if (_entries.Count >= MaxEntries)
        {
            _entries.Clear();
        }
    }

    private static ProblemException Refused(TokenRefusal refusal) => ProblemException.Of(ProblemKinds.Unauthenticated, refusal switch
    {
        TokenRefusal.Algorithm => "this token is not signed by RS256",
        TokenRefusal.Issuer => "this token comes from another issuer: tokens of version 2.0 of this service's own tenant are taken",
        TokenRefusal.Audience => "this token was made for another audience",
        TokenRefusal.NoAccessToken => "this is no access token",
        TokenRefusal.NotYetValid => "the time of this token has not come",
        TokenRefusal.Expired => "this token has expired",
        TokenRefusal.UnknownKey => "this token is signed with a key that its issuer does not have",
        TokenRefusal.Signature => "the signature of this token is wrong",
        _ => $"this is neither a key nor a token that can be read: a signed JSON Web Token has three parts, and {EntraTokens.MaxLength} characters at most",
    });

    private sealed record Entry(Caller Caller, DateTimeOffset GoodUntil);

    /// <summary>The SHA-256 of a token.</summary>
    private readonly record struct Digest(UInt128 First, UInt128 Second)
    {
        public static Digest Of(ReadOnlySpan<char> token)
        {
            // Of its characters as they are: two texts that differ in one never meet.
            Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
            SHA256.HashData(MemoryMarshal.AsBytes(token), hash);
            return new(MemoryMarshal.Read<UInt128>(hash), MemoryMarshal.Read<UInt128>(hash[16..]));
        }
    }
}
