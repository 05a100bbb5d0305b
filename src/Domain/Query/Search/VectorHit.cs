using Cairn.Indexes;

namespace Cairn.Query.Search;

/// <summary>A row whose vector was found.</summary>
/// <param name="Row">The concept's row.</param>
/// <param name="Score">Greater is nearer, see <see cref="Vectors.VectorQuery"/>.</param>
internal readonly record struct VectorHit(int Row, double Score);

/// <summary>The nearest first; of equal ones in byte order of the ids, so that processes agree.</summary>
internal readonly struct VectorHitOrder(KeyTable ids) : IComparer<VectorHit>
{
    public int Compare(VectorHit x, VectorHit y) => x.Score != y.Score ? y.Score.CompareTo(x.Score) : ids[x.Row].SequenceCompareTo(ids[y.Row]);
}
