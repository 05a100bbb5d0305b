using System.Buffers.Text;
using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Text.Json;

namespace Cairn.Infra.Identity;

/// <summary>The public keys that an issuer signs with, from its JSON Web Key Set (RFC 7517). Immutable.</summary>
internal sealed class KeySet
{
    private const int MaxKeys = 100;
    private const int MinModulusBytes = 2048 / 8, MaxModulusBytes = 8192 / 8, MaxExponentBytes = 8;

    private readonly FrozenDictionary<string, RSAParameters> _keys;

    private KeySet(Dictionary<string, RSAParameters> keys) => _keys = keys.ToFrozenDictionary(StringComparer.Ordinal);

    public int Count => _keys.Count;

    public bool Contains(string keyId) => _keys.ContainsKey(keyId);

    /// <summary>Reads a set; keys of another kind, use or issuer, and those too weak or damaged, are left out.</summary>
    /// <exception cref="JsonException">It is no set of keys.</exception>
    public static KeySet Read(ReadOnlyMemory<byte> bytes, EntraOptions options)
    {
        using var document = JsonDocument.Parse(bytes);
        if (document.RootElement.ValueKind != JsonValueKind.Object || !document.RootElement.TryGetProperty("keys", out var list) || list.ValueKind != JsonValueKind.Array)
        {
            throw new JsonException("it has no list of keys");
        }

        var keys = new Dictionary<string, RSAParameters>(StringComparer.Ordinal);
        foreach (var key in list.EnumerateArray().Take(MaxKeys).Where(each => IsOurs(each, options)))
        {
            if (ParametersOf(key) is { } parameters)
            {
                keys[Text(key, "kid")!] = parameters;
            }
        }

        return new(keys);
    }

    /// <summary>Whether the key of that name signed those bytes, by RSASSA-PKCS1-v1_5 with SHA-256.</summary>
    public bool Verifies(string keyId, byte[] signed, byte[] signature)
    {
        if (!_keys.TryGetValue(keyId, out var parameters))
        {
            return false;
        }

        try
        {
            // A new one each time: it is not said to be safe for many threads at once, and few tokens come here.
            using var rsa = RSA.Create(parameters);
            return rsa.VerifyData(signed, signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    // One set may hold keys of several issuers; a key that names its issuer signs for no other.
    private static bool IsOurs(JsonElement key, EntraOptions options) =>
        key.ValueKind == JsonValueKind.Object
        && Text(key, "kty") == "RSA"
        && Text(key, "kid") is { Length: > 0 }
        && Text(key, "use") is null or "sig"
        && Text(key, "alg") is null or "RS256"
        && (Text(key, "issuer") is not { } issuer || issuer.Replace("{tenantid}", options.Tenant.ToString("D"), StringComparison.Ordinal) == options.Issuer);

    private static RSAParameters? ParametersOf(JsonElement key)
    {
        if (Bytes(key, "n") is not { Length: >= MinModulusBytes and <= MaxModulusBytes } modulus || Bytes(key, "e") is not { Length: > 0 and <= MaxExponentBytes } exponent)
        {
            return null;
        }

        try
        {
            var parameters = new RSAParameters { Modulus = modulus, Exponent = exponent };
            using var rsa = RSA.Create(parameters);
            return parameters;
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    private static byte[]? Bytes(JsonElement key, string name)
    {
        try
        {
            return Text(key, name) is { } text ? Base64Url.DecodeFromChars(text) : null;
        }
        catch (FormatException)
        {
            return null;
        }
    }

    private static string? Text(JsonElement key, string name) => key.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
