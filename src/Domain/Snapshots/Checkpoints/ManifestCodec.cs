using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Cairn.Primitives;
using Cairn.Storage;

namespace Cairn.Snapshots.Checkpoints;

/// <summary>Manifests as JSON, version 1, the last line a checksum of all bytes before it; docs/formats/checkpoint.md has the members.</summary>
internal static class ManifestCodec
{
    private const int Version = 1;
    private const int ChecksumBytes = 9;

    /// <summary>Encodes.</summary>
    public static byte[] Write(Manifest manifest)
    {
        var bytes = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(bytes, new() { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteNumber("version", Version);
            json.WriteNumber("number", manifest.Number);
            json.WriteNumber("epoch", manifest.Epoch);
            if (manifest.Writer is { } writer)
            {
                json.WriteString("writer", writer.Value.ToString("x32", CultureInfo.InvariantCulture));
            }

            json.WriteString("incarnation", manifest.Incarnation.ToString());
            json.WriteNumber("position", manifest.Position.Value);
            json.WriteNumber("logAppends", manifest.LogAppends);
            json.WriteNumber("writtenAt", manifest.WrittenAt.Microseconds);
            Write(json, "segments", manifest.Segments);
            Write(json, "outcomes", manifest.Outcomes);
            if (manifest.Indexes.Count > 0)
            {
                Write(json, "indexes", manifest.Indexes);
            }

            Write(json, manifest.Kept);
            json.WriteEndObject();
        }

        bytes.Write("\n"u8);
        var checksum = Crc32C.Compute(bytes.WrittenSpan);
        checksum.TryFormat(bytes.GetSpan(ChecksumBytes), out _, "x8", CultureInfo.InvariantCulture);
        bytes.Advance(ChecksumBytes - 1);
        bytes.Write("\n"u8);
        return bytes.WrittenSpan.ToArray();
    }

    /// <summary>Decodes.</summary>
    /// <param name="bytes">Of the blob.</param>
    /// <param name="name">Its name, for failures.</param>
    /// <exception cref="CairnException">Corrupt: damaged, or of a later version.</exception>
    public static Manifest Read(ReadOnlySpan<byte> bytes, string name)
    {
        try
        {
            return Read(Verified(bytes));
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException or FormatException or KeyNotFoundException or OverflowException or ArgumentNullException or CairnException)
        {
            throw new CairnException(ErrorKind.Corrupt, $"{name} is no manifest that this program can read: {failure.Message}", failure);
        }
    }

    private static void Write(Utf8JsonWriter json, string member, IReadOnlyList<StoredFile> files)
    {
        json.WriteStartArray(member);
        foreach (var file in files)
        {
            json.WriteStartObject();
            json.WriteString("name", file.Name);
            json.WriteNumber("bytes", file.LengthBytes);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter json, IReadOnlyList<KeptCheckpoint> kept)
    {
        json.WriteStartArray("kept");
        foreach (var checkpoint in kept)
        {
            json.WriteStartObject();
            json.WriteNumber("number", checkpoint.Number);
            json.WriteNumber("position", checkpoint.Position.Value);
            json.WriteNumber("writtenAt", checkpoint.WrittenAt.Microseconds);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static byte[] Verified(ReadOnlySpan<byte> bytes)
    {
        var holds = bytes.Length > ChecksumBytes && bytes[^1] == '\n'
            && uint.TryParse(bytes[^ChecksumBytes..^1], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var checksum)
            && checksum == Crc32C.Compute(bytes[..^ChecksumBytes]);
        return holds ? bytes[..^ChecksumBytes].ToArray() : throw new FormatException("its checksum is wrong");
    }

    private static Manifest Read(byte[] json)
    {
        using var document = JsonDocument.Parse(json);
        var root = document.RootElement;
        var version = root.GetProperty("version").GetInt32();
        if (version != Version)
        {
            throw new FormatException($"it was written by a later version: {version}, this program knows up to {Version}");
        }

        var manifest = new Manifest
        {
            Number = root.GetProperty("number").GetInt64(),
            Epoch = root.GetProperty("epoch").GetInt64(),
            Incarnation = Incarnation.TryParse(root.GetProperty("incarnation").GetString(), out var incarnation) ? incarnation : throw new FormatException("its incarnation is none"),
            Writer = root.TryGetProperty("writer", out var writer) ? new(UInt128.Parse(writer.GetString()!, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture)) : null,
            Position = new(root.GetProperty("position").GetInt64()),
            LogAppends = root.GetProperty("logAppends").GetInt32(),
            WrittenAt = new(root.GetProperty("writtenAt").GetInt64()),
            Segments = Files(root.GetProperty("segments")),
            Outcomes = Files(root.GetProperty("outcomes")),
            Indexes = root.TryGetProperty("indexes", out var indexes) ? Files(indexes) : [],
            Kept = Kept(root.GetProperty("kept")),
        };
        var holds = manifest.Number >= 1 && manifest.Epoch >= 0
            && manifest.Kept.All(kept => kept.Number >= 1 && kept.Number < manifest.Number && kept.Position >= LogPosition.Zero && kept.Position <= manifest.Position)
            && manifest.Position >= LogPosition.Zero && manifest.Position <= LogPosition.Max && manifest.LogAppends >= 0
            && (manifest.Segments.Count > 0 || manifest.Position == LogPosition.Zero);
        return holds ? manifest : throw new FormatException("its members contradict each other");
    }

    private static KeptCheckpoint[] Kept(JsonElement array)
    {
        var kept = new KeptCheckpoint[array.GetArrayLength()];
        var i = 0;
        foreach (var item in array.EnumerateArray())
        {
            kept[i++] = new(item.GetProperty("number").GetInt64(), new(item.GetProperty("position").GetInt64()), new(item.GetProperty("writtenAt").GetInt64()));
        }

        return kept;
    }

    private static StoredFile[] Files(JsonElement array)
    {
        var files = new StoredFile[array.GetArrayLength()];
        var i = 0;
        foreach (var item in array.EnumerateArray())
        {
            var (name, lengthBytes) = (item.GetProperty("name").GetString()!, item.GetProperty("bytes").GetInt64());
            files[i++] = BlobName.IsValid(name) && lengthBytes >= 0 ? new(name, lengthBytes) : throw new FormatException("it names a file that cannot be");
        }

        return files;
    }
}
