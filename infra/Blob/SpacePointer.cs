using System.Text.Json;
using Cairn.Primitives;
using Cairn.Storage;

namespace Cairn.Infra.Blob;

/// <summary>The blob <c>{space}/current</c>: a JSON object that names the life of a space.</summary>
internal static class SpacePointer
{
    private const int Version = 1;

    /// <exception cref="CairnException">Corrupt: it makes no sense.</exception>
    public static SpaceRecord Decode(ReadOnlyMemory<byte> json, SpaceName name, string what)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            var root = document.RootElement;
            if (root.GetProperty("version").GetInt32() == Version
                && Incarnation.TryParse(root.GetProperty("incarnation").GetString(), out var incarnation)
                && Timestamp.TryParse(root.GetProperty("createdAt").GetString() ?? "", out var createdAt))
            {
                return new(name, incarnation, createdAt);
            }
        }
        catch (Exception failure) when (failure is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            // Said below, as of everything else that makes no sense.
        }

        throw new CairnException(ErrorKind.Corrupt, $"{what} does not name a space's life");
    }

    public static byte[] Encode(SpaceRecord space)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            json.WriteNumber("version", Version);
            json.WriteString("incarnation", space.Incarnation.ToString());
            json.WriteString("createdAt", space.CreatedAt.ToString());
            json.WriteEndObject();
        }

        return bytes.ToArray();
    }
}
