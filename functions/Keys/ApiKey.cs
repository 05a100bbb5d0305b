using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Cairn.Functions.Keys;

/// <summary>
/// The text of a key: <c>cairn_{id}_{secret}</c>. The id (16 characters, 80 random bits) is public and finds the record; the secret is 256 random bits in
/// base64url, of which only the SHA-256 is kept: there is nothing to guess, so a slow hash would slow down only us.
/// </summary>
internal static class ApiKey
{
    public const int IdLength = 16;
    public const int HashBytes = SHA256.HashSizeInBytes;

    private const string Prefix = "cairn_";
    private const string IdAlphabet = "abcdefghijklmnopqrstuvwxyz234567";
    private const int SecretBytes = 32, SecretLength = 43;
    private const int SecretAt = IdAt + IdLength + 1, IdAt = 6;

    private static readonly SearchValues<char> IdCharacters = SearchValues.Create(IdAlphabet);

    /// <summary>A key that nobody has.</summary>
    public static (string Id, string Text, byte[] Hash) New()
    {
        var id = RandomNumberGenerator.GetString(IdAlphabet, IdLength);
        var secret = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes));
        return (id, $"{Prefix}{id}_{secret}", SHA256.HashData(Encoding.ASCII.GetBytes(secret)));
    }

    /// <summary>The id within a text that has the form of a key; false: it has not. Allocates nothing.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out ReadOnlySpan<char> id, out ReadOnlySpan<char> secret)
    {
        id = secret = default;
        if (text.Length != SecretAt + SecretLength || !text.StartsWith(Prefix, StringComparison.Ordinal) || text[SecretAt - 1] != '_' || !IsId(text.Slice(IdAt, IdLength)))
        {
            return false;
        }

        id = text.Slice(IdAt, IdLength);
        secret = text[SecretAt..];
        return Ascii.IsValid(secret);
    }

    public static bool IsId(ReadOnlySpan<char> text) => text.Length == IdLength && text.IndexOfAnyExcept(IdCharacters) < 0;

    /// <summary>Whether a secret is the one of a hash, in a time that does not depend on how much of it is right. Allocates nothing.</summary>
    public static bool Matches(ReadOnlySpan<char> secret, ReadOnlySpan<byte> hash)
    {
        // The text is hashed, not what it decodes to: then it has one form only.
        Span<byte> bytes = stackalloc byte[SecretLength], actual = stackalloc byte[HashBytes];
        SHA256.HashData(bytes[..Encoding.ASCII.GetBytes(secret, bytes)], actual);
        return CryptographicOperations.FixedTimeEquals(actual, hash);
    }
}
