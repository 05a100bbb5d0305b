namespace Cairn.Query.Search;

/// <summary>What a part of a text query asks for.</summary>
internal enum ClauseKind
{
    /// <summary>A term.</summary>
    Term,

    /// <summary>Any term that begins so.</summary>
    Prefix,

    /// <summary>Terms in their order, each at its distance from the first.</summary>
    Phrase,
}

/// <summary>One term of a clause and its distance from the first in words.</summary>
internal readonly record struct ClauseTerm(byte[] Term, int Offset);

/// <summary>A part of a text query. Immutable.</summary>
/// <param name="Kind">What it asks for.</param>
/// <param name="Terms">One, but for a phrase.</param>
/// <param name="IsRequired">Only what has it is found; else it adds to the score where it is.</param>
internal sealed record TextClause(ClauseKind Kind, IReadOnlyList<ClauseTerm> Terms, bool IsRequired)
{
    /// <summary>Asks for the same.</summary>
    public bool IsSame(TextClause other) =>
        Kind == other.Kind && IsRequired == other.IsRequired && Terms.Count == other.Terms.Count
        && Terms.Zip(other.Terms).All(static pair => pair.First.Offset == pair.Second.Offset && pair.First.Term.AsSpan().SequenceEqual(pair.Second.Term));
}
