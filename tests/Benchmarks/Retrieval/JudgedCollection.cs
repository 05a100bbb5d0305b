using System.Globalization;
using System.Text.Json;

namespace Cairn.Benchmarks.Retrieval;

/// <summary>A text of a collection.</summary>
/// <param name="Id">As the judgements name it.</param>
/// <param name="Title">Empty: none.</param>
/// <param name="Text">Its words.</param>
internal sealed record JudgedDocument(string Id, string Title, string Text);

/// <summary>A query and the grades of the documents that are relevant to it.</summary>
internal sealed record JudgedQuery(string Id, string Text, IReadOnlyDictionary<string, double> Grades);

/// <summary>
/// Documents, queries and judgements of a folder: <c>docs.jsonl</c> (id, title, text) and <c>queries.jsonl</c> (id, text), a JSON object a line, and <c>qrels.txt</c>
/// (query, 0, document, grade; relevant if above 0).
/// </summary>
internal sealed class JudgedCollection
{
    private JudgedCollection(IReadOnlyList<JudgedDocument> documents, IReadOnlyList<JudgedQuery> queries) => (Documents, Queries) = (documents, queries);

    /// <summary>In the order of the file.</summary>
    public IReadOnlyList<JudgedDocument> Documents { get; }

    /// <summary>Those with a relevant document, in the order of the file.</summary>
    public IReadOnlyList<JudgedQuery> Queries { get; }

    /// <summary>Whether a folder holds one.</summary>
    public static bool IsIn(string folder) => new[] { "docs.jsonl", "queries.jsonl", "qrels.txt" }.All(file => File.Exists(Path.Combine(folder, file)));

    /// <summary>Reads the files of a folder.</summary>
    public static JudgedCollection Read(string folder)
    {
        var grades = File.ReadLines(Path.Combine(folder, "qrels.txt"))
            .Select(static line => line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
            .Where(static parts => parts.Length >= 4)
            .Select(static parts => (Query: parts[0], Document: parts[2], Grade: double.Parse(parts[3], CultureInfo.InvariantCulture)))
            .Where(static judged => judged.Grade > 0)
            .ToLookup(static judged => judged.Query);
        var documents = Lines(folder, "docs.jsonl").Select(static line => new JudgedDocument(Member(line, "id"), Member(line, "title"), Member(line, "text")));
        var queries = Lines(folder, "queries.jsonl")
            .Select(line => (Id: Member(line, "id"), Text: Member(line, "text")))
            .Where(query => grades.Contains(query.Id))
            .Select(query => new JudgedQuery(query.Id, query.Text, grades[query.Id].DistinctBy(static judged => judged.Document).ToDictionary(static judged => judged.Document, static judged => judged.Grade)));
        return new([.. documents], [.. queries]);
    }

    private static IEnumerable<JsonElement> Lines(string folder, string file) =>
        File.ReadLines(Path.Combine(folder, file)).Where(static line => line.Length > 0).Select(static line => JsonSerializer.Deserialize<JsonElement>(line));

    private static string Member(JsonElement line, string name) => line.TryGetProperty(name, out var value) ? value.GetString() ?? "" : "";
}
