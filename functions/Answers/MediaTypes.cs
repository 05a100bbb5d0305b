namespace Cairn.Functions.Answers;

/// <summary>Media types of bodies, both ways.</summary>
internal static class MediaTypes
{
    public const string Json = "application/json", Problem = "application/problem+json", NdJson = "application/x-ndjson", EventStream = "text/event-stream";

    /// <summary>Whether a Content-Type says JSON and not lines of it.</summary>
    public static bool IsJson(string? contentType) =>
        contentType is not null && contentType.Split(';')[0].Trim().Equals(Json, StringComparison.OrdinalIgnoreCase);

    /// <summary>Names under which NDJSON goes.</summary>
    public static readonly string[] NdJsonNames = [NdJson, "application/ndjson", "application/jsonl", "application/x-jsonlines", "application/jsonlines"];
}
