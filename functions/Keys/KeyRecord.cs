using System.Buffers.Text;
using System.Text.Json;
using Cairn.Primitives;

namespace Cairn.Functions.Keys;

/// <summary>What is kept of a key: everything but its secret. Immutable.</summary>
/// <param name="Id">Its public part.</param>
/// <param name="Hash">SHA-256 of its secret, 32 bytes.</param>
/// <param name="Name">What people call it, 1 to 128 characters.</param>
/// <param name="Spaces">Where it may do something; at least one.</param>
/// <param name="Scope">What it may do there.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="ExpiresAt">It is good before then; null: until it is revoked.</param>
/// <param name="UsedAt">It was used then, and perhaps up to an hour later; null: not yet.</param>
internal sealed record KeyRecord(
    string Id,
    byte[] Hash,
    string Name,
    IReadOnlyList<SpacePattern> Spaces,
    AccessScope Scope,
    Timestamp CreatedAt,
    Timestamp? ExpiresAt,
    Timestamp? UsedAt)
{
    public const int MaxNameLength = 128, MaxSpaces = 100;

    private const int Version = 1;

    public Caller ToCaller() => new([.. Spaces.Select(spaces => new Grant(Scope, spaces))]);

    public bool IsExpired(Timestamp now) => ExpiresAt <= now;

    public byte[] Encode()
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            json.WriteNumber("version", Version);
            json.WriteString("hash", Base64Url.EncodeToString(Hash));
            json.WriteString("name", Name);
            json.WriteStartArray("spaces");
            foreach (var space in Spaces)
            {
                json.WriteStringValue(space.ToString());
            }

            json.WriteEndArray();
            json.WriteString("scope", ScopeWords.Of(Scope));
            json.WriteString("createdAt", CreatedAt.ToString());
            json.WriteString("expiresAt", ExpiresAt?.ToString());
            json.WriteString("usedAt", UsedAt?.ToString());
            json.WriteEndObject();
        }

        return stream.ToArray();
    }

    /// <exception cref="CairnException">Corrupt: it is no record of a key. Who would guess here would give rights away.</exception>
    public static KeyRecord Decode(string id, ReadOnlyMemory<byte> bytes)
    {
        try
        {
            using var document = JsonDocument.Parse(bytes);
            var root = document.RootElement;
            var (hash, name) = (Base64Url.DecodeFromChars(Text(root, "hash")), Text(root, "name"));
            SpacePattern[] spaces = [.. root.GetProperty("spaces").EnumerateArray().Select(PatternOf)];
            Require(ApiKey.IsId(id) && root.GetProperty("version").GetInt32() == Version && hash.Length == ApiKey.HashBytes);
            Require(name.Length is > 0 and <= MaxNameLength && spaces.Length is > 0 and <= MaxSpaces);
            Require(ScopeWords.TryParse(Text(root, "scope"), out var scope));
            return new(id, hash, name, spaces, scope, InstantOf(root, "createdAt")!.Value, InstantOf(root, "expiresAt"), InstantOf(root, "usedAt"));
        }
        catch (Exception failure) when (failure is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new CairnException(ErrorKind.Corrupt, $"the record of the key {id} makes no sense: {failure.Message}", failure);
        }
    }

    private static string Text(JsonElement root, string member) => root.GetProperty(member).GetString() ?? throw new FormatException(member);

    private static SpacePattern PatternOf(JsonElement text)
    {
        Require(SpacePattern.TryParse(text.GetString(), out var pattern));
        return pattern;
    }

    private static Timestamp? InstantOf(JsonElement root, string member)
    {
        if (root.GetProperty(member).GetString() is not { } text)
        {
            return null;
        }

        Require(Timestamp.TryParse(text, out var instant));
        return instant;
    }

    private static void Require(bool holds)
    {
        if (!holds)
        {
            throw new FormatException("a member has no value that it could have");
        }
    }
}
