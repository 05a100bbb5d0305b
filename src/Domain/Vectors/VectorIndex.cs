using Cairn.Columns;
using Cairn.Primitives;

namespace Cairn.Vectors;

/// <summary>
/// The writer's side of vector search: vectors of rows in int8, by cluster once there are many. One thread; views are for any.
/// Invariants: a row has one vector at most; what a published view has never changes; the float32 originals stay with the concepts.
/// </summary>
internal sealed class VectorIndex
{
    // Fewer dead slots are not worth the work.
    private const int MinDeadSlots = 4 * 1024;
    private const int Growth = 4;
    private const double MaxImbalanceGrowth = 3;
    private readonly VectorSpec _spec;
    private readonly ClusterCounts _counts;
    private readonly sbyte[] _codes;
    private readonly InvertedFile _file;

    /// <param name="spec">Of the vectors.</param>
    /// <param name="counts">When it is divided; null: as usual.</param>
    public VectorIndex(VectorSpec spec, ClusterCounts? counts = null)
        : this(spec, counts ?? ClusterCounts.Default, new(spec, Clustering.Single))
    {
    }

    private VectorIndex(VectorSpec spec, ClusterCounts counts, InvertedFile file) => (_spec, _counts, _codes, _file) = (spec, counts, new sbyte[spec.RowBytes], file);

    /// <summary>Of the vectors.</summary>
    public VectorSpec Spec => _spec;

    /// <summary>Vectors.</summary>
    public int Count => _file.LiveCount;

    /// <summary>Clusters.</summary>
    public int Clusters => _file.Clustering.Count;

    /// <summary>Bytes of memory, about.</summary>
    public long Bytes => _file.Bytes + (_file.SlotCount / 8);

    /// <summary>Most slots are dead, or the clusters no longer suit the vectors: <see cref="Rebuild"/> pays.</summary>
    public bool WantsRebuild => WantsCompaction || WantsDivision;

    private bool WantsCompaction => _file.SlotCount - _file.LiveCount > Math.Max(MinDeadSlots, _file.LiveCount);

    private bool WantsDivision => Clusters == 1
        ? !_spec.IsSketched && _counts.For(Count) > 1
        : Count > Growth * (long)Division.Vectors || Count < Division.Vectors / Growth || _file.Imbalance > MaxImbalanceGrowth * Division.Imbalance;

    private Division Division => _file.Clustering.Division;

    /// <summary>Begins with an index that a checkpoint holds; loads nothing of it before it is needed.</summary>
    /// <param name="stored">The small parts.</param>
    /// <param name="chunks">The others.</param>
    /// <param name="index">The argument of their sections.</param>
    /// <param name="rows">Rows that the checkpoint has: a vector of another one is damage when it is met.</param>
    /// <param name="counts">When it is divided; null: as usual.</param>
    public static VectorIndex Open(StoredVectors stored, IChunkSections chunks, uint index, int rows = int.MaxValue, ClusterCounts? counts = null) =>
        new(stored.Spec, counts ?? ClusterCounts.Default, new(stored, new(stored, chunks, index, rows)));

    /// <summary>Gives a row a vector, in the place of the one that it had. Shape [d], float32.</summary>
    /// <returns>False: it cannot be compared (<see cref="Model.VectorRules.CanCompare"/>) or has other dimensions, and the row has no vector now.</returns>
    public bool Put(int row, ReadOnlySpan<float> vector)
    {
        if (vector.Length != _spec.Dimensions || !VectorEncoding.TryEncode(vector, _spec.Metric, _codes, out var scale, out var offset))
        {
            Remove(row);
            return false;
        }

        _file.Put(row, _codes, scale, offset);
        return true;
    }

    /// <summary>Takes a row's vector away.</summary>
    public void Remove(int row) => _file.Remove(row);

    /// <summary>The version for readers: all that was done before. Takes time by what changed since the last one.</summary>
    public VectorView Publish() => _file.Publish();

    /// <summary>
    /// Begins to write a new index with the vectors of a version of this one, without dead slots, divided as suits their number now: in steps, in time by that number, on any thread
    /// while the writer goes on with this one.
    /// </summary>
    /// <param name="view">The version.</param>
    public VectorRebuild Rebuild(VectorView view) => new(view, WantsDivision, _counts, file => new(_spec, _counts, file));
}
