using Cairn.Indexes;
using Cairn.Vectors;

namespace Cairn.Query.Search;

/// <summary>Keeps the rows with the nearest vectors, compared exactly. One thread.</summary>
internal sealed class NearestVectors<TSource>(VectorQuery query, TSource source, KeyTable ids, int limit) : IDisposable
    where TSource : IVectorSource
{
    private readonly BoundedHeap<RankedRow, RankedRowOrder> _best = new(new(ids), limit);

    /// <summary>Compares the vector of a row.</summary>
    /// <returns>Bytes that were read.</returns>
    public int Offer(int row)
    {
        var vector = source.Read(row);
        if (query.TryScore(vector, out var score))
        {
            _best.Offer(new(row, score));
        }

        return vector.Length;
    }

    /// <summary>The rows, the nearest first. Once.</summary>
    public RankedRow[] Take() => _best.TakeAll();

    public void Dispose() => _best.Dispose();
}
