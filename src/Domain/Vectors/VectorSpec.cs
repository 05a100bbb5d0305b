using Cairn.Model;
using Cairn.Primitives;

namespace Cairn.Vectors;

/// <summary>What the vectors of one index have in common. Immutable.</summary>
internal sealed record VectorSpec
{
    /// <param name="dimensions">Components, 1 to 4,096.</param>
    /// <param name="metric">How two are compared.</param>
    /// <param name="isSketched">See <see cref="IsSketched"/>.</param>
    public VectorSpec(int dimensions, VectorMetric metric, bool isSketched = false)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(dimensions, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(dimensions, Limits.VectorDimensions);
        Invariant.Require(!isSketched || CanBeSketched(dimensions, metric), "vectors that are sketched are compared by cosine, and not too long");
        (Dimensions, Metric, IsSketched) = (dimensions, metric, isSketched);
        RowBytes = (dimensions + DotProducts.RowMultiple - 1) / DotProducts.RowMultiple * DotProducts.RowMultiple;
    }

    /// <summary>Components of each vector.</summary>
    public int Dimensions { get; }

    /// <summary>How two are compared.</summary>
    public VectorMetric Metric { get; }

    /// <summary>They hardly gather anywhere: the index is never divided, and keeps a sketch of each (<see cref="VectorSketches"/>).</summary>
    public bool IsSketched { get; }

    /// <summary>Bytes of a vector in int8, zeros at its end included.</summary>
    public int RowBytes { get; }

    /// <summary>Whether there are sketches of such vectors.</summary>
    public static bool CanBeSketched(int dimensions, VectorMetric metric) => metric == VectorMetric.Cosine && dimensions <= SketchSums.MaxComponents;

    /// <summary>Whether a vector has these dimensions and can be compared.</summary>
    public bool Takes(ReadOnlySpan<float> vector) => vector.Length == Dimensions && new VectorRules(Dimensions, Metric).CanCompare(vector);
}
