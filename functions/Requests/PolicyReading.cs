using Cairn.Functions.Json;
using Cairn.Functions.Problems;
using Cairn.Model;

namespace Cairn.Functions.Requests;

/// <summary>The words of the policies; the first is the default.</summary>
internal static class PolicyReading
{
    private static readonly string[] OnExistsWords = ["replace", "merge", "skip", "fail"];

    public static OnExists OnExists(JsonNode node) => (OnExists)node.RequireWord(OnExistsWords);

    /// <summary>As a query parameter.</summary>
    public static OnExists OnExists(string name, string text)
    {
        var found = Array.IndexOf(OnExistsWords, text);
        return found >= 0 ? (OnExists)found : throw ProblemException.Parameter(name, $"must be one of {string.Join(", ", OnExistsWords)}");
    }

    public static OnMissing OnMissing(JsonNode node, bool mayCreate = false) =>
        (OnMissing)(mayCreate ? node.RequireWord("fail", "skip", "create") : node.RequireWord("fail", "skip"));

    public static MissingEndpoints MissingEndpoints(JsonNode node) => (MissingEndpoints)node.RequireWord("fail", "imply");
}
