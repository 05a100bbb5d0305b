using System.Buffers;
using System.Buffers.Text;
using System.Text;
using System.Text.Json;

namespace Cairn.Infra.Identity;

/// <summary>A JSON Web Token (RFC 7519) in its compact signed form, taken apart. Nothing of it is true until its signature was verified. Immutable.</summary>
/// <param name="KeyId">Which key is said to have signed it.</param>
/// <param name="Signed">The bytes that were signed.</param>
/// <param name="Signature">The signature over them.</param>
/// <param name="Issuer">Who is said to have made it.</param>
/// <param name="Audiences">For whom.</param>
/// <param name="ExpiresAt">In seconds since 1970.</param>
/// <param name="NotBefore">In seconds since 1970; null: it says nothing of it.</param>
/// <param name="HasClient">It names the program that it was given to, as access tokens do and id tokens do not.</param>
/// <param name="Roles">Roles of the service.</param>
/// <param name="Scopes">What the program may do for a person; null: it acts for itself.</param>
internal sealed record AccessToken(
    string KeyId, byte[] Signed, byte[] Signature, string Issuer, IReadOnlyList<string> Audiences, long ExpiresAt, long? NotBefore, bool HasClient,
    IReadOnlyList<string> Roles, IReadOnlyList<string>? Scopes)
{
    /// <summary>Longest token, in characters. Entra's have some thousand; a person in many groups has a list of them in it.</summary>
    public const int MaxLength = 16 * 1024;

    // The end of the year 9999: what comes after is no time.
    private const long MaxSeconds = 253_402_300_799;

    private static readonly SearchValues<char> Alphabet = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");

    // Which of two members of one name counts is a matter of taste, so there must be no two.
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 16 };

    /// <summary>Takes a text apart. Never throws.</summary>
    /// <returns>What is wrong with it; null: nothing that its form tells.</returns>
    public static TokenRefusal? TryRead(ReadOnlySpan<char> text, out AccessToken? token)
    {
        token = null;
        var (first, last) = (text.IndexOf('.'), text.LastIndexOf('.'));
        if (text.Length > MaxLength || first <= 0 || last == first || text[(first + 1)..last].Contains('.'))
        {
            return TokenRefusal.Malformed;
        }

        try
        {
            using var header = JsonDocument.Parse(Decode(text[..first]), Strict);
            if (Text(header.RootElement, "alg") != "RS256")
            {
                // Of all algorithms one. Who lets a token choose lets it be signed by nobody, or with the public key as a password.
                return TokenRefusal.Algorithm;
            }

            // What a critical extension means would have to be understood (RFC 7515, 4.1.11): none is.
            Require(!header.RootElement.TryGetProperty("crit", out _));
            using var claims = JsonDocument.Parse(Decode(text[(first + 1)..last]), Strict);
            token = Read(Required(header.RootElement, "kid"), text[..last], Decode(text[(last + 1)..]), claims.RootElement);
            return null;
        }
        catch (Exception failure) when (failure is JsonException or FormatException or InvalidOperationException)
        {
            return TokenRefusal.Malformed;
        }
    }

    private static AccessToken Read(string keyId, ReadOnlySpan<char> signed, byte[] signature, JsonElement claims) => new(
        keyId,
        Encoding.ASCII.GetBytes(signed.ToArray()),
        signature,
        Required(claims, "iss"),
        Texts(claims, "aud") ?? throw new FormatException("aud"),
        Seconds(claims, "exp") ?? throw new FormatException("exp"),
        Seconds(claims, "nbf"),
        Text(claims, "azp") is { Length: > 0 },
        Texts(claims, "roles") ?? [],
        Text(claims, "scp")?.Split(' ', StringSplitOptions.RemoveEmptyEntries));

    // Without padding, white space or any other second way to write the same (RFC 7515, 2).
    private static byte[] Decode(ReadOnlySpan<char> part)
    {
        Require(part.Length > 0 && part.IndexOfAnyExcept(Alphabet) < 0);
        return Base64Url.DecodeFromChars(part);
    }

    private static string Required(JsonElement root, string name) => Text(root, name) is { Length: > 0 } text ? text : throw new FormatException(name);

    private static string? Text(JsonElement root, string name) => root.TryGetProperty(name, out var value) ? Text(value) : null;

    private static string Text(JsonElement value)
    {
        Require(value.ValueKind == JsonValueKind.String);
        return value.GetString()!;
    }

    // One text, or a list of some; null: it is not there.
    private static string[]? Texts(JsonElement root, string name) => !root.TryGetProperty(name, out var value) ? null
        : value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray().Select(Text)]
        : [Text(value)];

    private static long? Seconds(JsonElement root, string name)
    {
        if (!root.TryGetProperty(name, out var value))
        {
            return null;
        }

        Require(value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var seconds) && seconds is >= 0 and <= MaxSeconds);
        return value.GetInt64();
    }

    private static void Require(bool holds)
    {
        if (!holds)
        {
            throw new FormatException("a part of the token is not what it must be");
        }
    }
}
