using Cairn.Functions.Imports;
using Cairn.Functions.Problems;
using Cairn.Functions.Streams;
using Cairn.Primitives;

namespace Cairn.Functions.Answers;

/// <summary>Imports as callers see them.</summary>
internal static class ImportJson
{
    public static void WriteCounts(JsonWriter json, ImportCounts counts)
    {
        json.WriteNumber("lines"u8, counts.Lines);
        json.WriteNumber("concepts"u8, counts.Concepts);
        json.WriteNumber("associations"u8, counts.Associations);
        json.WriteNumber("skipped"u8, counts.Skipped);
        json.WriteNumber("rejectedCount"u8, counts.Rejected);
    }

    /// <summary>One that runs by itself.</summary>
    /// <param name="json">Where to.</param>
    /// <param name="job">What.</param>
    /// <param name="token">Covers what was imported so far.</param>
    public static void Write(JsonWriter json, ImportJob job, string token)
    {
        json.WriteStartObject();
        json.WriteString("id"u8, job.Id);
        json.WriteString("state"u8, WordOf(job.State));
        json.WriteString("format"u8, job.IsMemory ? "memory"u8 : "ndjson"u8);
        WriteInstant(json, "createdAt"u8, job.CreatedAt);
        WriteInstant(json, "updatedAt"u8, job.UpdatedAt);
        WriteCounts(json, job.Counts);
        json.WriteStartArray("rejected"u8);
        foreach (var (line, problem) in job.Rejected)
        {
            json.WriteStartObject();
            json.WriteNumber("line"u8, line);
            json.WritePropertyName("problem"u8);
            json.WriteRaw(problem);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteNumber("position"u8, job.Position.Value);
        json.WriteString("token"u8, token);
        if (job.Problem is { } reason)
        {
            json.WritePropertyName("problem"u8);
            json.WriteRaw(reason);
        }

        json.WriteEndObject();
    }

    /// <summary>A problem as it is kept.</summary>
    public static byte[] Render(Problem problem)
    {
        using var answer = JsonAnswer.Rent();
        ProblemJson.Write(answer.Json, problem);
        return answer.Json.Written.ToArray();
    }

    private static ReadOnlySpan<byte> WordOf(ImportState state) => state switch
    {
        ImportState.Queued => "queued"u8,
        ImportState.Running => "running"u8,
        ImportState.Done => "done"u8,
        _ => "failed"u8,
    };

    private static void WriteInstant(JsonWriter json, ReadOnlySpan<byte> name, Timestamp instant)
    {
        json.WritePropertyName(name);
        ValueJson.WriteInstant(json, instant);
    }
}
