using Cairn.Indexes;

namespace Cairn.Query.Search;

/// <summary>A row that a ranking has found.</summary>
/// <param name="Row">The concept's row.</param>
/// <param name="Score">Greater is better; to be compared within one ranking only.</param>
internal readonly record struct RankedRow(int Row, double Score);

/// <summary>The best first; equal ones in byte order of the ids, so that processes agree.</summary>
internal readonly struct RankedRowOrder(KeyTable ids) : IComparer<RankedRow>
{
    public int Compare(RankedRow x, RankedRow y) => x.Score != y.Score ? y.Score.CompareTo(x.Score) : ids[x.Row].SequenceCompareTo(ids[y.Row]);
}
