using System.Buffers;
using System.Buffers.Text;
using System.Text.Json;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Storage.Lookups;

namespace Cairn.Infra.Cosmos;

/// <summary>A concept as a document of the container, version 1 (docs/formats/lookups.md). Pure.</summary>
internal static class LookupJson
{
    /// <summary>The version that is written, and the only one that is read.</summary>
    public const int Version = 1;

    /// <summary>How long a tombstone stays, and what has expired: longer than any write can be under way.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromDays(1);

    private static readonly JsonWriterOptions Compact = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The document's id: it may hold no <c>/ \ ? #</c>, so it is the concept's in base64url.</summary>
    public static string IdOf(ReadOnlySpan<byte> concept) => Base64Url.EncodeToString(concept);

    /// <summary>What documents are ordered by: hexadecimal digits sort as the bytes do, whatever a service takes for the order of texts.</summary>
    public static string KeyOf(ReadOnlySpan<byte> concept) => Convert.ToHexStringLower(concept);

    /// <summary>The bytes of a document.</summary>
    /// <param name="life">Whose it is.</param>
    /// <param name="document">It.</param>
    /// <param name="now">From when on its time to live counts.</param>
    public static byte[] Write(Incarnation life, LookupDocument document, Timestamp now)
    {
        var bytes = new ArrayBufferWriter<byte>(512 + (document.Body.Length * 4 / 3));
        using var json = new Utf8JsonWriter(bytes, Compact);
        json.WriteStartObject();
        json.WriteString("id", IdOf(document.Id.Span));
        json.WriteString("incarnation", life.ToString());
        json.WriteNumber("v", Version);
        json.WriteString("key", KeyOf(document.Id.Span));
        json.WriteNumber("position", document.Position.Value);
        json.WriteNumber("state", (int)document.State);
        json.WriteNumber("ttl", TimeToLiveSeconds(document, now));
        if (document.State == LookupState.Stored)
        {
            WriteContent(json, document);
        }

        json.WriteEndObject();
        json.Flush();
        return bytes.WrittenSpan.ToArray();
    }

    /// <summary>Reads a document, or as much of one as was asked for.</summary>
    /// <exception cref="CairnException">Corrupt: it makes no sense, or is of a later version.</exception>
    public static LookupDocument Read(JsonElement document)
    {
        try
        {
            return document.GetProperty("v").GetInt32() == Version
                ? new()
                {
                    Id = Base64Url.DecodeFromChars(document.GetProperty("id").GetString() ?? throw new FormatException("no id")),
                    Position = new(document.GetProperty("position").GetInt64()),
                    State = (LookupState)document.GetProperty("state").GetInt32(),
                    Body = document.TryGetProperty("body", out var body) ? body.GetBytesFromBase64() : default,
                }
                : throw new CairnException(ErrorKind.Corrupt, "a document of the lookups index is of a later version");
        }
        catch (Exception failure) when (failure is KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new CairnException(ErrorKind.Corrupt, "a document of the lookups index makes no sense", failure);
        }
    }

    /// <summary>What a condition compares an image with.</summary>
    public static object ParameterOf(Value image) => image.Kind switch
    {
        ValueKind.Bool => image.AsBool,
        ValueKind.Float64 => image.AsFloat64,
        ValueKind.String => image.AsString,
        ValueKind.DateTime => image.AsDateTime.Microseconds,
        _ => throw new CairnException(ErrorKind.Internal, $"no condition compares with a value of kind {image.Kind}"),
    };

    private static int TimeToLiveSeconds(LookupDocument document, Timestamp now)
    {
        if (document.State == LookupState.Deleted)
        {
            return (int)Grace.TotalSeconds;
        }

        return document.ExpiresAt is { } expiry
            ? (int)Math.Clamp(expiry.Since(now).TotalSeconds + Grace.TotalSeconds, 1, int.MaxValue)
            : -1;
    }

    private static void WriteContent(Utf8JsonWriter json, LookupDocument document)
    {
        json.WriteStartArray("labels");
        foreach (var label in document.Labels)
        {
            json.WriteStringValue(label);
        }

        json.WriteEndArray();
        json.WriteStartObject("attributes");
        foreach (var (name, image) in document.Attributes)
        {
            json.WritePropertyName(name);
            WriteImage(json, image);
        }

        json.WriteEndObject();
        json.WriteBase64String("body", document.Body.Span);
    }

    private static void WriteImage(Utf8JsonWriter json, Value image)
    {
        switch (image.Kind)
        {
            case ValueKind.Bool:
                json.WriteBooleanValue(image.AsBool);
                break;
            case ValueKind.Float64:
                json.WriteNumberValue(image.AsFloat64);
                break;
            case ValueKind.String:
                json.WriteStringValue(image.AsString);
                break;
            case ValueKind.DateTime:
                json.WriteStartObject();
                json.WriteNumber("t", image.AsDateTime.Microseconds);
                json.WriteEndObject();
                break;
            case ValueKind.Array:
                json.WriteStartArray();
                Array.ForEach(image.AsArray, item => WriteImage(json, item));
                json.WriteEndArray();
                break;
            default:
                json.WriteStartObject();
                json.WriteEndObject();
                break;
        }
    }
}
