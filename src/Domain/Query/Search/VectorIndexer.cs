using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Cairn.Formats;
using Cairn.Model;
using Cairn.Snapshots;
using Cairn.Snapshots.Derived;
using Cairn.Vectors;

namespace Cairn.Query.Search;

/// <summary>Writes the vectors of concepts to an index. Those of other dimensions, and those that cannot be compared, are left out: older logs may hold some.</summary>
internal sealed class VectorIndexer : RowIndexer<SpaceVectors>
{
    private readonly SpaceSettings _settings;
    private readonly ulong _model;
    private readonly float[] _swapped;
    private VectorIndex? _index;

    /// <param name="settings">Of the space.</param>
    /// <param name="index">Null: an empty one, once there is a vector.</param>
    public VectorIndexer(SpaceSettings settings, VectorIndex? index = null)
    {
        (_settings, _model, _index) = (settings, EmbeddingsBody.KeyOf(settings.EmbeddingModel), index);
        _swapped = BitConverter.IsLittleEndian ? [] : new float[Limits.VectorDimensions];
    }

    public override long Bytes => _index?.Bytes ?? 0;

    public override ReadOnlySpan<int> Columns => [ConceptColumn.Vector, ConceptColumn.Embeddings];

    public override bool Fits(SpaceSettings settings) =>
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

        _index ??= new(new(_settings.VectorDimensions ?? (vector.Length / sizeof(float)), _settings.VectorMetric));
        _index.Put(concept.Row, Components(vector));
        return vector.Length;
    }

    public override SpaceVectors Publish() => new(_index?.Publish());

    public override Func<RowIndexer<SpaceVectors>>? Compaction(SpaceVectors view)
    {
        if (view.View is null || _index?.WantsRebuild is not true)
        {
            return null;
        }

        var rebuild = _index.Rebuild(view.View);
        return () => new VectorIndexer(_settings, rebuild.Run());
    }

    private ReadOnlySpan<float> Components(ReadOnlySpan<byte> vector)
    {
        var components = MemoryMarshal.Cast<byte, float>(vector);
        if (BitConverter.IsLittleEndian)
        {
            return components;
        }

        BinaryPrimitives.ReverseEndianness(MemoryMarshal.Cast<float, int>(components), MemoryMarshal.Cast<float, int>(_swapped.AsSpan()));
        return _swapped.AsSpan(0, components.Length);
    }
}
