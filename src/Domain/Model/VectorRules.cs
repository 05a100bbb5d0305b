using System.Numerics.Tensors;

namespace Cairn.Model;

/// <summary>Which vectors a space takes. The default is what a new space has. Immutable.</summary>
/// <param name="Dimensions">Components of each; null: any number.</param>
/// <param name="Metric">How two are compared.</param>
public readonly record struct VectorRules(int? Dimensions, VectorMetric Metric)
{
    /// <summary>Those of a space.</summary>
    public VectorRules(SpaceSettings settings)
        : this(settings.VectorDimensions, settings.VectorMetric)
    {
    }

    /// <summary>A vector has a direction where it needs one: compared by cosine, its components are not all 0.</summary>
    public bool HasDirection(ReadOnlySpan<float> vector) => Metric != VectorMetric.Cosine || vector.ContainsAnyExcept(0f);

    /// <summary>Whether a vector can be compared with others: its components are finite, and it has a direction where it needs one. Others are stored, but not found by search.</summary>
    public bool CanCompare(ReadOnlySpan<float> vector) => TensorPrimitives.IsFiniteAll(vector) && HasDirection(vector);
}
