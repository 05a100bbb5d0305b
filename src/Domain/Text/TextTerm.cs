namespace Cairn.Text;

/// <summary>A term of a view: where its postings are. Of one view, the same term is equal. Immutable; any thread.</summary>
/// <param name="Number">Its number in memory; −1: it is not there.</param>
/// <param name="Stored">Its postings in runs, in the order of documents; null: it is in none.</param>
internal readonly record struct TextTerm(int Number, StoredList[]? Stored)
{
    /// <summary>No document has it.</summary>
    public static TextTerm None => new(-1, null);

    /// <summary>There may be documents that have it.</summary>
    public bool IsFound => Number >= 0 || Stored is not null;

    /// <summary>Of one view, the same term: a place in a run has one.</summary>
    public bool Equals(TextTerm other) => Number == other.Number && First == other.First;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Number, First);

    private (int, TermPlace) First => Stored is null ? default : (Stored[0].Run.End, Stored[0].Place);
}
