using System.Numerics.Tensors;
using Cairn.Model;
using Cairn.Primitives;

namespace Cairn.Vectors;

/// <summary>
/// A vector that others are compared with, exactly: in float32, and where that overflows or has no digits left, in float64. One thread.
/// A score is greater the nearer: the cosine (−1 to 1), the dot product, or the Euclidean distance with its sign turned.
/// </summary>
internal sealed class VectorQuery
{
    // Squared lengths within lose nothing in float32.
    private const float MinSquares = 1e-30f, MaxSquares = 1e30f;
    private readonly float[] _vector;
    private readonly VectorSpec _spec;
    private readonly float _squares;
    private float[] _swapped = [];

    /// <param name="vector">Shape [d], float32.</param>
    /// <param name="spec">Of the vectors that it is compared with.</param>
    /// <exception cref="CairnException">Invalid: it has other dimensions, or cannot be compared.</exception>
    public VectorQuery(ReadOnlySpan<float> vector, VectorSpec spec)
    {
        if (vector.Length != spec.Dimensions)
        {
            throw CairnException.Invalid("vector", $"the vectors of this space have {spec.Dimensions} components");
        }

        if (!spec.Takes(vector))
        {
            throw CairnException.Invalid("vector", spec.Metric == VectorMetric.Cosine
                ? "a vector's components are finite and, compared by cosine, not all 0" : "a vector's components are finite");
        }

        (_vector, _spec) = (vector.ToArray(), spec);
        _squares = TensorPrimitives.SumOfSquares(vector);
        Encoded = EncodedQuery.Of(vector, spec);
    }

    /// <summary>To rank vectors in int8 by.</summary>
    public EncodedQuery Encoded { get; }

    /// <summary>Compares it with a vector.</summary>
    /// <param name="vector">Float32, little-endian.</param>
    /// <param name="score">Greater is nearer; finite or, where float64 has no number, infinite; never NaN.</param>
    /// <returns>False: the other is none, or cannot be compared.</returns>
    public bool TryScore(ReadOnlySpan<byte> vector, out double score)
    {
        score = 0;
        return vector.Length == _spec.Dimensions * sizeof(float) && TryScore(VectorBytes.Components(vector, ref _swapped), out score);
    }

    private bool TryScore(ReadOnlySpan<float> vector, out double score)
    {
        var squares = TensorPrimitives.SumOfSquares(vector);
        if (_squares is < MinSquares or > MaxSquares || squares is not (>= MinSquares and <= MaxSquares))
        {
            return TryScoreFinely(vector, out score);
        }

        score = _spec.Metric switch
        {
            VectorMetric.Cosine => TensorPrimitives.Dot(_vector, vector) / Math.Sqrt((double)_squares * squares),
            VectorMetric.Dot => TensorPrimitives.Dot(_vector, vector),
            _ => -TensorPrimitives.Distance<float>(_vector, vector),
        };
        return true;
    }

    private bool TryScoreFinely(ReadOnlySpan<float> vector, out double score)
    {
        score = 0;
        if (!_spec.Takes(vector))
        {
            return false;
        }

        var (dot, squares, other, distance) = (0d, 0d, 0d, 0d);
        for (var i = 0; i < vector.Length; i++)
        {
            var (q, v) = ((double)_vector[i], (double)vector[i]);
            dot += q * v;
            squares += q * q;
            other += v * v;
            distance += (q - v) * (q - v);
        }

        score = _spec.Metric switch
        {
            VectorMetric.Cosine => dot / (Math.Sqrt(squares) * Math.Sqrt(other)),
            VectorMetric.Dot => dot,
            _ => -Math.Sqrt(distance),
        };
        return true;
    }
}
