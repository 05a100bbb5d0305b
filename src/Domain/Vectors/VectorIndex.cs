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

    // When it was last divided.
    private readonly int _dividedCount;
    private readonly double _dividedImbalance = 1;

    /// <param name="spec">Of the vectors.</param>
    /// <param name="counts">When it is divided; null: as usual.</param>
    public VectorIndex(VectorSpec spec, ClusterCounts? counts = null)
    {
        (_spec, _counts, _codes) = (spec, counts ?? ClusterCounts.Default, new sbyte[spec.RowBytes]);
        _file = new(spec, Clustering.Single);
    }

    // As another one was rebuilt.
    private VectorIndex(VectorIndex before, InvertedFile file, bool wasDivided)
        : this(before._spec, before._counts)
    {
        _file = file;
        (_dividedCount, _dividedImbalance) = wasDivided ? (file.LiveCount, file.Imbalance) : (before._dividedCount, before._dividedImbalance);
    }

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
        ? _counts.For(Count) > 1
        : Count > Growth * (long)_dividedCount || Count < _dividedCount / Growth || _file.Imbalance > MaxImbalanceGrowth * _dividedImbalance;

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
    public VectorRebuild Rebuild(VectorView view)
    {
        var divides = WantsDivision;
        return new(view, divides, _counts, file => new(this, file, divides));
    }
}
