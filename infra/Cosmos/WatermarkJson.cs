using System.Buffers;
using System.Buffers.Text;
using System.Text.Json;
using Cairn.Formats;
using Cairn.Primitives;
using Cairn.Storage;
using Cairn.Storage.Lookups;

namespace Cairn.Infra.Cosmos;

/// <summary>A watermark as a document of the container, version 1 (docs/formats/lookups.md). Pure.</summary>
internal static class WatermarkJson
{
    /// <summary>Its id: a dot stands in no base64url, so that no concept's document has it.</summary>
    public const string Id = ".watermark";

    /// <summary>How long a life that was dropped is known: whoever still wrote documents of it by then is found out.</summary>
    private static readonly TimeSpan DroppedFor = TimeSpan.FromDays(3);

    public static byte[] Write(Incarnation life, LookupsWatermark mark)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(bytes);
        json.WriteStartObject();
        json.WriteString("id", Id);
        json.WriteString("incarnation", life.ToString());
        json.WriteNumber("v", LookupJson.Version);
        json.WriteNumber("position", mark.Position.Value);
        json.WriteNumber("logClock", mark.LogClock.Microseconds);
        json.WriteBase64String("settings", SettingsCodec.Write(mark.Settings));
        json.WriteNumber("currentAt", mark.CurrentAt.Microseconds);
        json.WriteString("writer", new Incarnation(mark.Writer.Value).ToString());
        json.WriteNumber("writtenAt", mark.WrittenAt.Microseconds);
        json.WriteBoolean("dropped", mark.IsDropped);
        json.WriteNumber("ttl", mark.IsDropped ? (int)DroppedFor.TotalSeconds : -1);
        if (mark.Rebuild is { } rebuild)
        {
            json.WriteStartObject("rebuild");
            json.WriteNumber("base", rebuild.Base.Value);
            json.WriteString("after", Base64Url.EncodeToString(rebuild.After.Span));
            json.WriteNumber("beganAt", rebuild.BeganAt.Microseconds);
            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.Flush();
        return bytes.WrittenSpan.ToArray();
    }

    /// <exception cref="CairnException">Corrupt: it makes no sense, or is of a later version.</exception>
    public static LookupsWatermark Read(JsonElement json, string tag)
    {
        try
        {
            return json.GetProperty("v").GetInt32() == LookupJson.Version
                ? new()
                {
                    Position = new(json.GetProperty("position").GetInt64()),
                    LogClock = new(json.GetProperty("logClock").GetInt64()),
                    Settings = SettingsCodec.Read(json.GetProperty("settings").GetBytesFromBase64()),
                    CurrentAt = new(json.GetProperty("currentAt").GetInt64()),
                    Writer = WriterOf(json.GetProperty("writer").GetString()),
                    WrittenAt = new(json.GetProperty("writtenAt").GetInt64()),
                    IsDropped = json.GetProperty("dropped").GetBoolean(),
                    Rebuild = json.TryGetProperty("rebuild", out var rebuild) ? RebuildOf(rebuild) : null,
                    Tag = new VersionTag(tag),
                }
                : throw new CairnException(ErrorKind.Corrupt, "a watermark of the lookups index is of a later version");
        }
        catch (Exception failure) when (failure is KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new CairnException(ErrorKind.Corrupt, "a watermark of the lookups index makes no sense", failure);
        }
    }

    private static WriterId WriterOf(string? text) => Incarnation.TryParse(text, out var id) ? new(id.Value) : throw new FormatException("no writer");

    private static LookupsRebuild RebuildOf(JsonElement json) => new(
        new(json.GetProperty("base").GetInt64()), Base64Url.DecodeFromChars(json.GetProperty("after").GetString()), new(json.GetProperty("beganAt").GetInt64()));
}
