namespace Cairn.Functions.Tests.EndToEnd;

/// <summary>Commits of the bursts as JSON.</summary>
internal static class CommitText
{
    /// <summary>A concept that tells its own id once more, so that one in another's place is seen.</summary>
    public static string Concept(string id, int contentBytes = 10) =>
        $$$"""{"id":"{{{id}}}","labels":["burst"],"content":"{{{new string('x', contentBytes)}}}","attributes":{"name":"{{{id}}}"}}""";

    public static string Put(string id, int contentBytes = 10) => $$"""{"op":"put","concept":{{Concept(id, contentBytes)}}}""";

    /// <param name="id">Null: whoever takes it gives it one.</param>
    /// <param name="operations">Its operations.</param>
    public static string Commit(string? id, params string[] operations) =>
        $$"""{{{(id is null ? "" : $"\"id\":\"{id}\",")}}"operations":[{{string.Join(',', operations)}}]}""";
}
