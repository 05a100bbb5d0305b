namespace Cairn.Query.Search;

/// <summary>
/// Okapi BM25 (Robertson et al., TREC-3): how much a term says about a document, by how often it is there, how long the document is, and how rare the term.
/// Immutable; any thread.
/// </summary>
/// <param name="K1">How soon more of the same term says little more, ≥ 0; dimensionless.</param>
/// <param name="B">How far long documents are held against, 0 to 1; dimensionless.</param>
internal sealed record Bm25(double K1, double B)
{
    /// <summary>The usual values.</summary>
    public static readonly Bm25 Default = new(1.2, 0.75);

    /// <summary>What a term weighs that is in some of the documents; positive, also if it is in all of them.</summary>
    /// <param name="documents">All current documents.</param>
    /// <param name="documentFrequency">Those that the term is in.</param>
    public static double InverseDocumentFrequency(long documents, long documentFrequency) =>
        Math.Log(1 + ((documents - documentFrequency + 0.5) / (documentFrequency + 0.5)));

    /// <summary>What a term adds to the score of a document.</summary>
    /// <param name="weight">Of the term: its inverse document frequency.</param>
    /// <param name="frequency">How often it is in the document.</param>
    /// <param name="relativeLength">Terms of the document by those of an average one.</param>
    public double Score(double weight, int frequency, double relativeLength) =>
        weight * frequency * (K1 + 1) / (frequency + (K1 * (1 - B + (B * relativeLength))));

    /// <summary>What a term adds at most.</summary>
    public double Bound(double weight) => weight * (K1 + 1);
}
