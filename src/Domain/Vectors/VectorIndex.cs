using Cairn.Primitives;

namespace Cairn.Vectors;

/// <summary>
/// The writer's side of vector search: vectors of rows in int8, by cluster once there are many. One thread; views are for any.
/// Invariants: a row has one vector at most; what a published view has never changes; the float32 originals stay with the concepts.
/// </summary>
internal sealed class VectorIndex
{
    // What is left to do when a rebuild is adopted, on the writer's thread: some milliseconds at most.
    private const int MaxChangesToAdopt = 512;
    private const int MaxContinuations = 8;

    // Fewer dead slots are not worth the work.
    private const int MinDeadSlots = 4 * 1024;
    private const int Growth = 4;
    private const double MaxImbalanceGrowth = 3;
    private readonly VectorSpec _spec;
    private readonly ClusterCounts _counts;
    private readonly sbyte[] _codes;
    private InvertedFile _file;
    private int _dividedCount;
    private double _dividedImbalance = 1;
    private VectorRebuild? _rebuild;
    private HashSet<int> _changed = [];

    /// <param name="spec">Of the vectors.</param>
    /// <param name="counts">When it is divided; null: as usual.</param>
    public VectorIndex(VectorSpec spec, ClusterCounts? counts = null)
    {
        (_spec, _counts, _codes) = (spec, counts ?? ClusterCounts.Default, new sbyte[spec.RowBytes]);
        _file = new(spec, Clustering.Single);
    }

    /// <summary>Of the vectors.</summary>
    public VectorSpec Spec => _spec;

    /// <summary>Vectors.</summary>
    public int Count => _file.LiveCount;

    /// <summary>Clusters.</summary>
    public int Clusters => _file.Clustering.Count;

    /// <summary>Bytes of memory, about.</summary>
    public long Bytes => _file.Bytes + (_file.SlotCount / 8);

    /// <summary>Most slots are dead, or the clusters no longer suit the vectors: <see cref="BeginRebuild"/> pays. False while one is under way.</summary>
    public bool WantsRebuild => _rebuild is null && (WantsCompaction || WantsDivision);

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
        Note(row);
        return true;
    }

    /// <summary>Takes a row's vector away.</summary>
    public void Remove(int row)
    {
        _file.Remove(row);
        Note(row);
    }

    /// <summary>The version for readers: all that was done before. Takes time by what changed since the last one.</summary>
    public VectorView Publish() => _file.Publish();

    /// <summary>Begins to write the index anew, for another thread to step, in time by the number of vectors; the writer goes on.</summary>
    public VectorRebuild BeginRebuild()
    {
        Invariant.Require(_rebuild is null, "one rebuild of an index is under way at a time");
        _changed = [];
        return _rebuild = new(Publish(), WantsDivision, _counts);
    }

    /// <summary>Goes on with what a rebuild has written. The writer's thread; the steps of the rebuild are done.</summary>
    /// <returns>False: so much changed meanwhile that it has to be stepped again first.</returns>
    public bool TryAdopt(VectorRebuild rebuild)
    {
        Invariant.Require(rebuild == _rebuild && rebuild.IsDone, "what is adopted is the rebuild under way, when it is done");
        var changes = _changed.Select(Find).ToArray();
        _changed.Clear();
        if (changes.Length > MaxChangesToAdopt && rebuild.Continuations < MaxContinuations)
        {
            rebuild.Continue(changes);
            return false;
        }

        Array.ForEach(changes, rebuild.Apply);
        var wasDivided = rebuild.File.Clustering != _file.Clustering;
        _file = rebuild.File;
        _rebuild = null;
        if (wasDivided)
        {
            (_dividedCount, _dividedImbalance) = (_file.LiveCount, _file.Imbalance);
        }

        return true;
    }

    /// <summary>Gives a rebuild up, if one is under way.</summary>
    public void AbandonRebuild() => _rebuild = null;

    private VectorPlace Find(int row) => _file.TryFind(row, out var block, out var slot) ? new(row, block, slot) : new(row, null, 0);

    private void Note(int row)
    {
        if (_rebuild is not null)
        {
            _changed.Add(row);
        }
    }
}
