using Cairn.Functions.Problems;

namespace Cairn.Functions.Answers;

/// <summary>A problem in the form of RFC 9457.</summary>
internal static class ProblemJson
{
    public const string TypePrefix = "urn:cairn:problem:";

    public static void Write(JsonWriter json, Problem problem, string? traceId = null)
    {
        json.WriteStartObject();
        json.WriteString("type"u8, TypePrefix + problem.Kind);
        json.WriteString("title"u8, ProblemKinds.Of(problem.Kind).Title);
        json.WriteNumber("status"u8, problem.Status);
        json.WriteString("detail"u8, problem.Detail);
        WriteText(json, "pointer"u8, problem.Pointer);
        WriteText(json, "parameter"u8, problem.Parameter);
        WriteNumber(json, "limit"u8, problem.Limit);
        WriteNumber(json, "actual"u8, problem.Actual);
        WriteNumber(json, "line"u8, problem.Line);
        WriteNumber(json, "column"u8, problem.Column);
        WriteNumber(json, "rowsVisited"u8, problem.RowsVisited);
        WriteText(json, "id"u8, problem.CommitId);
        if (problem.Rejection is { } rejection)
        {
            json.WriteString("outcome"u8, "rejected"u8);
            OutcomeJson.WriteRejection(json, rejection);
        }

        WriteText(json, "traceId"u8, traceId);
        json.WriteEndObject();
    }

    private static void WriteText(JsonWriter json, ReadOnlySpan<byte> name, string? value)
    {
        if (value is not null)
        {
            json.WriteString(name, value);
        }
    }

    private static void WriteNumber(JsonWriter json, ReadOnlySpan<byte> name, long? value)
    {
        if (value is { } number)
        {
            json.WriteNumber(name, number);
        }
    }
}
