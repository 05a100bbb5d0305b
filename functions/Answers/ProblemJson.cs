using System.Text.Json;
using Cairn.Functions.Problems;

namespace Cairn.Functions.Answers;

/// <summary>A problem in the form of RFC 9457.</summary>
internal static class ProblemJson
{
    public const string TypePrefix = "urn:cairn:problem:";

    public static void Write(Utf8JsonWriter json, Problem problem, string? traceId = null)
    {
        json.WriteStartObject();
        json.WriteString("type"u8, TypePrefix + problem.Kind);
        json.WriteString("title"u8, ProblemKinds.Of(problem.Kind).Title);
        json.WriteNumber("status"u8, problem.Status);
        json.WriteString("detail"u8, problem.Detail);
        WriteText(json, "pointer", problem.Pointer);
        WriteText(json, "parameter", problem.Parameter);
        WriteNumber(json, "limit", problem.Limit);
        WriteNumber(json, "actual", problem.Actual);
        WriteNumber(json, "line", problem.Line);
        WriteNumber(json, "column", problem.Column);
        WriteNumber(json, "rowsVisited", problem.RowsVisited);
        WriteText(json, "id", problem.CommitId);
        if (problem.Rejection is { } rejection)
        {
            json.WriteString("outcome"u8, "rejected"u8);
            OutcomeJson.WriteRejection(json, rejection);
        }

        WriteText(json, "traceId", traceId);
        json.WriteEndObject();
    }

    private static void WriteText(Utf8JsonWriter json, string name, string? value)
    {
        if (value is not null)
        {
            json.WriteString(name, value);
        }
    }

    private static void WriteNumber(Utf8JsonWriter json, string name, long? value)
    {
        if (value is { } number)
        {
            json.WriteNumber(name, number);
        }
    }
}
