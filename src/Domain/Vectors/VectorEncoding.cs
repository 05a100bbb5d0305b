using System.Numerics.Tensors;
using Cairn.Model;

namespace Cairn.Vectors;

/// <summary>
/// Vectors in int8: each component divided by the vector's greatest one and rounded to −127 to 127 (scalar quantisation, one scale a vector).
/// For cosine the scale is that of the unit vector.
/// </summary>
internal static class VectorEncoding
{
    /// <summary>Encodes a vector.</summary>
    /// <param name="vector">Shape [d], float32.</param>
    /// <param name="metric">What it will be ranked by.</param>
    /// <param name="codes">Shape [row bytes], overwritten; zeros behind d.</param>
    /// <param name="scale">What one step is worth.</param>
    /// <param name="offset">See <see cref="VectorSlot"/>.</param>
    /// <returns>False: it cannot be compared (<see cref="VectorRules.CanCompare"/>).</returns>
    public static bool TryEncode(ReadOnlySpan<float> vector, VectorMetric metric, Span<sbyte> codes, out float scale, out float offset)
    {
        (scale, offset) = (0, 0);
        var greatest = Math.Abs(TensorPrimitives.MaxMagnitude(vector));
        if (!float.IsFinite(greatest) || (greatest == 0 && metric == VectorMetric.Cosine))
        {
            return false;
        }

        codes.Clear();
        if (greatest == 0)
        {
            return true;
        }

        var squares = Round(vector, greatest, sbyte.MaxValue, codes);
        scale = metric == VectorMetric.Cosine ? (float)(1 / Math.Sqrt(squares)) : greatest / sbyte.MaxValue;
        offset = metric == VectorMetric.L2 ? TensorPrimitives.SumOfSquares(vector) / 2 : 0;
        return true;
    }

    /// <summary>Encodes a query in 16 bits, as finely as sums in 32 bits allow.</summary>
    /// <param name="query">Shape [d], float32, finite.</param>
    /// <param name="codes">Shape [row bytes], overwritten; zeros behind d.</param>
    /// <returns>What one step is worth.</returns>
    public static float EncodeQuery(ReadOnlySpan<float> query, Span<short> codes)
    {
        codes.Clear();
        var greatest = Math.Abs(TensorPrimitives.MaxMagnitude(query));
        if (greatest == 0)
        {
            return 0;
        }

        var steps = DotProducts.MaxQueryCode(query.Length);
        for (var i = 0; i < query.Length; i++)
        {
            codes[i] = (short)MathF.Round(query[i] / greatest * steps);
        }

        return greatest / steps;
    }

    /// <summary>Adds the vector that codes stand for to a sum. Shape [d].</summary>
    public static void AddDecoded(ReadOnlySpan<sbyte> codes, float scale, Span<float> sum)
    {
        for (var i = 0; i < sum.Length; i++)
        {
            sum[i] += codes[i] * scale;
        }
    }

    // What is divided by the greatest component cannot overflow, however great or small it is. Returns the squared length in steps, before rounding.
    private static double Round(ReadOnlySpan<float> vector, float greatest, int steps, Span<sbyte> codes)
    {
        Span<float> part = stackalloc float[256];
        var squares = 0d;
        for (var at = 0; at < vector.Length; at += part.Length)
        {
            var some = part[..Math.Min(part.Length, vector.Length - at)];
            TensorPrimitives.Divide(vector.Slice(at, some.Length), greatest, some);
            TensorPrimitives.Multiply(some, steps, some);
            squares += TensorPrimitives.SumOfSquares<float>(some);
            TensorPrimitives.Round<float>(some, some);
            TensorPrimitives.ConvertSaturating<float, sbyte>(some, codes.Slice(at, some.Length));
        }

        return squares;
    }
}
