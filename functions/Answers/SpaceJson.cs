using Cairn.Functions.Json;
using Cairn.Model;
using Cairn.Storage;

namespace Cairn.Functions.Answers;

/// <summary>A space: what it is, and its settings in the shape in which they are put.</summary>
internal static class SpaceJson
{
    private static readonly string[] LanguageWords = ["english", "none"];
    private static readonly string[] MetricWords = ["cosine", "dot", "l2"];

    public static void Write(JsonWriter json, SpaceRecord record, SpaceSettings? settings)
    {
        json.WriteStartObject();
        json.WriteString("space"u8, record.Name.ToString());
        json.WriteString("incarnation"u8, record.Incarnation.ToString());
        json.WritePropertyName("createdAt"u8);
        ValueJson.WriteInstant(json, record.CreatedAt);
        if (settings is not null)
        {
            WriteSettings(json, settings);
        }

        json.WriteEndObject();
    }

    private static void WriteSettings(JsonWriter json, SpaceSettings settings)
    {
        WriteDuration(json, "halfLife"u8, settings.HalfLife);
        json.WriteString("language"u8, LanguageWords[(int)settings.Language]);
        if (settings.VectorDimensions is null && settings.VectorMetric == VectorMetric.Cosine)
        {
            json.WriteNull("vector"u8);
        }
        else
        {
            WriteVector(json, settings);
        }

        WriteDuration(json, "ttl"u8, settings.TimeToLive);
        WriteDuration(json, "idempotencyWindow"u8, settings.IdempotencyWindow);
        if (settings.TextAttributes is { } attributes)
        {
            WriteAttributes(json, attributes);
        }
    }

    private static void WriteAttributes(JsonWriter json, TextAttributes attributes)
    {
        json.WriteStartArray("textAttributes"u8);
        for (var i = 0; i < attributes.Count; i++)
        {
            json.WriteStringValue(attributes[i]);
        }

        json.WriteEndArray();
    }

    private static void WriteVector(JsonWriter json, SpaceSettings settings)
    {
        json.WriteStartObject("vector"u8);
        if (settings.VectorDimensions is { } dimensions)
        {
            json.WriteNumber("dimensions"u8, dimensions);
        }
        else
        {
            json.WriteNull("dimensions"u8);
        }

        json.WriteString("metric"u8, MetricWords[(int)settings.VectorMetric]);
        json.WriteEndObject();
    }

    private static void WriteDuration(JsonWriter json, ReadOnlySpan<byte> name, TimeSpan? duration)
    {
        if (duration is { } known)
        {
            json.WriteString(name, DurationText.Format(known));
        }
        else
        {
            json.WriteNull(name);
        }
    }
}
