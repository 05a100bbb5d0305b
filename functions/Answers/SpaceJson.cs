using System.Text.Json;
using Cairn.Functions.Json;
using Cairn.Model;
using Cairn.Storage;

namespace Cairn.Functions.Answers;

/// <summary>A space: what it is, and its settings in the shape in which they are put.</summary>
internal static class SpaceJson
{
    private static readonly string[] LanguageWords = ["english", "none"];
    private static readonly string[] MetricWords = ["cosine", "dot", "l2"];

    public static void Write(Utf8JsonWriter json, SpaceRecord record, SpaceSettings? settings)
    {
        json.WriteStartObject();
        json.WriteString("space", record.Name.ToString());
        json.WriteString("incarnation", record.Incarnation.ToString());
        json.WritePropertyName("createdAt");
        ValueJson.WriteInstant(json, record.CreatedAt);
        if (settings is not null)
        {
            WriteSettings(json, settings);
        }

        json.WriteEndObject();
    }

    private static void WriteSettings(Utf8JsonWriter json, SpaceSettings settings)
    {
        WriteDuration(json, "halfLife", settings.HalfLife);
        json.WriteString("language", LanguageWords[(int)settings.Language]);
        if (settings.VectorDimensions is null && settings.VectorMetric == VectorMetric.Cosine)
        {
            json.WriteNull("vector");
        }
        else
        {
            WriteVector(json, settings);
        }

        WriteDuration(json, "ttl", settings.TimeToLive);
        WriteDuration(json, "idempotencyWindow", settings.IdempotencyWindow);
    }

    private static void WriteVector(Utf8JsonWriter json, SpaceSettings settings)
    {
        json.WriteStartObject("vector");
        if (settings.VectorDimensions is { } dimensions)
        {
            json.WriteNumber("dimensions", dimensions);
        }
        else
        {
            json.WriteNull("dimensions");
        }

        json.WriteString("metric", MetricWords[(int)settings.VectorMetric]);
        json.WriteEndObject();
    }

    private static void WriteDuration(Utf8JsonWriter json, string name, TimeSpan? duration)
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
