namespace Cairn.Benchmarks.Retrieval;

/// <summary>The documents that were found for each query of a collection, by id, the best first.</summary>
internal sealed record Rankings(IReadOnlyList<(JudgedQuery Query, IReadOnlyList<string> Found)> OfQueries)
{
    /// <summary>Writes them as TREC's evaluators read it.</summary>
    public void Write(string file) =>
        File.WriteAllLines(file, OfQueries.SelectMany(static ranking => ranking.Found.Select((document, at) => $"{ranking.Query.Id} Q0 {document} {at + 1} {ranking.Found.Count - at} cairn")));
}
