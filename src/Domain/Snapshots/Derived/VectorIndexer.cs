using Cairn.Formats;
using Cairn.Model;
using Cairn.Vectors;

namespace Cairn.Snapshots.Derived;

/// <summary>Writes the vectors of concepts to an index. Those of other dimensions, and those that cannot be compared, are left out: older logs may hold some.</summary>
internal sealed class VectorIndexer : RowIndexer<SpaceVectors>
{
    private readonly SpaceSettings _settings;
    private readonly ulong _model;
    private float[] _swapped = [];
    private VectorIndex? _index;

    // Vectors of other dimensions than those of the index.
    private bool _leavesOut;

    /// <param name="settings">Of the space.</param>
    /// <param name="index">What it begins with; null: nothing.</param>
    /// <param name="leavesOut">It has met vectors of other dimensions.</param>
    public VectorIndexer(SpaceSettings settings, VectorIndex? index = null, bool leavesOut = false) =>
        (_settings, _model, _index, _leavesOut) = (settings, EmbeddingsBody.KeyOf(settings.EmbeddingModel), index, leavesOut);

    public override long Bytes => _index?.Bytes ?? 0;

    public override ReadOnlySpan<int> Columns => [ConceptColumn.Vector, ConceptColumn.Embeddings];

    // Where the settings say nothing of dimensions, what was left out may be all that there is, once the others are gone.
    public override bool Fits(SpaceSettings settings) =>
        !(_leavesOut && _settings.VectorDimensions is null && _index is not { Count: > 0 }) &&
        (settings.VectorDimensions, settings.VectorMetric, settings.EmbeddingModel) == (_settings.VectorDimensions, _settings.VectorMetric, _settings.EmbeddingModel);

    public override bool ReadsAttributes(ValueKind kind) => false;

    public override int Update(in ConceptView concept)
    {
        var vector = concept.IsAlive ? ConceptVectors.Of(concept, _model) : default;
        if (vector.IsEmpty)
        {
            _index?.Remove(concept.Row);
            return 0;
        }

        var dimensions = VectorBytes.CountOf(vector);
        var index = _index ?? new(new(_settings.VectorDimensions ?? dimensions, _settings.VectorMetric));
        _index = index.Put(concept.Row, VectorBytes.Components(vector, ref _swapped)) ? index : _index;
        _leavesOut |= index.Spec.Dimensions != dimensions;
        return vector.Length;
    }

    public override void Remove(int row) => _index?.Remove(row);

    // One whose vectors are all gone says nothing of the space any more.
    public override SpaceVectors Publish() => new(_index is { Count: > 0 } ? _index.Publish() : null, _leavesOut);

    public override Func<RowIndexer<SpaceVectors>>? Compaction(SpaceVectors view)
    {
        if (view.View is null || _index?.WantsRebuild is not true)
        {
            return null;
        }

        var rebuild = _index.Rebuild(view.View);
        var leavesOut = _leavesOut;
        return () => new VectorIndexer(_settings, rebuild.Run(), leavesOut);
    }
}
