using System.Globalization;
using System.Text;
using Cairn.Domain.Tests.Vectors;
using Cairn.Indexes;
using Cairn.Model;
using Cairn.Query.Search;
using Cairn.Vectors;

namespace Cairn.Domain.Tests.Query.Search;

/// <summary>An index with its rows and their ids, to search in.</summary>
internal sealed class VectorSpace
{
    private readonly Dictionary<int, float[]> _vectors = [];
    private readonly KeyTable _ids = new(new(3));

    public VectorSpace(int dimensions, VectorMetric metric, ClusterCounts? counts = null) => Index = new(new(dimensions, metric), counts);

    public VectorIndex Index { get; private set; }

    public IReadOnlyDictionary<int, float[]> Vectors => _vectors;

    /// <summary>Ids are in another order than rows.</summary>
    public static string IdOf(int row) => (row * 7_919 % 1_000_003).ToString("x8", CultureInfo.InvariantCulture);

    public void RebuildIfWanted() => Index = Index.WantsRebuild ? Index.Rebuild(Index.Publish()).Run() : Index;

    public void Put(int row, float[] vector)
    {
        while (_ids.Count <= row)
        {
            _ids.FindOrAdd(Encoding.UTF8.GetBytes(IdOf(_ids.Count)));
        }

        _vectors[row] = vector;
        Assert.True(Index.Put(row, vector));
    }

    public void Remove(int row)
    {
        _vectors.Remove(row);
        Index.Remove(row);
    }

    public VectorSearch<VectorsByRow, Accepted> Begin(float[] query, int limit, Func<int, bool>? accepts = null) =>
        new(Index.Publish(), new(query, Index.Spec), new(_vectors), _ids, new(accepts), limit);

    public IReadOnlyList<RankedRow> Search(float[] query, int limit, Func<int, bool>? accepts = null) => Begin(query, limit, accepts).Run(default);

    public IReadOnlyList<RankedRow> SearchListed(float[] query, int limit, int[] rows) =>
        new ListedVectorSearch<VectorsByRow>(new(query, Index.Spec), new(_vectors), _ids, rows, limit).Run(default);

    public int[] Nearest(float[] query, int limit, Func<int, bool>? accepts = null) =>
        NaiveVectors.Nearest(_vectors, query, Index.Spec.Metric, limit, IdOf, accepts ?? (static _ => true));

    /// <summary>The share of the nearest that a search finds, over some queries.</summary>
    public double Recall(IReadOnlyCollection<float[]> queries, int limit, Func<int, bool>? accepts = null) =>
        queries.Average(query => Search(query, limit, accepts).Select(static hit => hit.Row).Intersect(Nearest(query, limit, accepts)).Count() / (double)limit);

    internal readonly struct Accepted(Func<int, bool>? accepts) : IRowFilter
    {
        public bool Accepts(int row) => accepts?.Invoke(row) ?? true;
    }
}
