using System.Text.Json;
using Cairn.Primitives;

namespace Cairn.Functions.Quotas;

/// <summary>What one space may take. Immutable; null: as much as the service gives.</summary>
/// <param name="Concepts">Concepts that exist at once.</param>
/// <param name="Bytes">Bytes of its log that are kept.</param>
/// <param name="RequestsPerSecond">Requests to one process, on average; a second's worth may come at once.</param>
internal sealed record SpaceQuota(long? Concepts, long? Bytes, long? RequestsPerSecond)
{
    public const long Most = 1L << 50, MostRequests = 1_000_000;

    public static readonly SpaceQuota None = new(null, null, null);

    private const int Version = 1;

    public bool IsNone => this == None;

    public byte[] Encode()
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            json.WriteNumber("version", Version);
            Write(json, "concepts", Concepts);
            Write(json, "bytes", Bytes);
            Write(json, "requestsPerSecond", RequestsPerSecond);
            json.WriteEndObject();
        }

        return stream.ToArray();
    }

    /// <exception cref="CairnException">Corrupt: it is no record of a quota.</exception>
    public static SpaceQuota Decode(string space, ReadOnlyMemory<byte> bytes)
    {
        try
        {
            using var document = JsonDocument.Parse(bytes);
            var root = document.RootElement;
            return root.GetProperty("version").GetInt32() == Version
                ? new(Read(root, "concepts", Most), Read(root, "bytes", Most), Read(root, "requestsPerSecond", MostRequests))
                : throw new FormatException("an unknown version");
        }
        catch (Exception failure) when (failure is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new CairnException(ErrorKind.Corrupt, $"the quota of the space {space} makes no sense: {failure.Message}", failure);
        }
    }

    private static void Write(Utf8JsonWriter json, string name, long? value)
    {
        if (value is { } number)
        {
            json.WriteNumber(name, number);
        }
        else
        {
            json.WriteNull(name);
        }
    }

    private static long? Read(JsonElement root, string name, long most)
    {
        var member = root.GetProperty(name);
        if (member.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        var value = member.GetInt64();
        return value >= 1 && value <= most ? value : throw new FormatException($"{name} is {value}");
    }
}
