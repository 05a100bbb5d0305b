using System.Diagnostics.CodeAnalysis;
using Cairn.Indexes;
using Cairn.Vectors;

namespace Cairn.Query.Search;

/// <summary>The nearest vectors among some rows, all compared exactly: what a narrow filter leaves. The nearest first.</summary>
/// <param name="query">What they are compared with.</param>
/// <param name="source">The vectors.</param>
/// <param name="ids">The ids of the rows.</param>
/// <param name="rows">Which rows may be found, each once.</param>
/// <param name="limit">How many are found at most, at least 1.</param>
[SuppressMessage("Design", "CA1001", Justification = "It disposes of its heap at its end; of a search that is given up, the collector takes the rented array.")]
internal sealed class ListedVectorSearch<TSource>(VectorQuery query, TSource source, KeyTable ids, ReadOnlyMemory<int> rows, int limit)
    : Scan<IReadOnlyList<RankedRow>>
    where TSource : IVectorSource
{
    // Rows are read one by one, from all over memory; the index is read in order, and of a large one not all. As measured, see ADR 0033.
    private const int RowsAtMost = 4 * 1024;
    private const int VectorsPerRow = 8;

    /// <summary>How many rows take less time than an index with so many vectors, at most.</summary>
    public static int MostRows(int vectors) => Math.Min(RowsAtMost, vectors / VectorsPerRow);

    private readonly NearestVectors<TSource> _nearest = new(query, source, ids, limit);
    private RankedRow[] _hits = [];

    public override IReadOnlyList<RankedRow> Result => _hits;

    public override bool Step()
    {
        Work.BeginSlice();
        for (; RowsVisited < rows.Length && !Work.IsSliceSpent; RowsVisited++)
        {
            Work.AddValue(_nearest.Offer(rows.Span[(int)RowsVisited]));
        }

        if (RowsVisited < rows.Length)
        {
            return true;
        }

        _hits = _nearest.Take();
        _nearest.Dispose();
        return false;
    }
}
