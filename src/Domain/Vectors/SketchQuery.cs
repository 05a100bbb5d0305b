using System.Runtime.Intrinsics;

namespace Cairn.Vectors;

/// <summary>A vector that sketches are ranked by: what each point of each pair of components is worth. Immutable; any thread.</summary>
internal sealed class SketchQuery
{
    // Entries are from none to twice that.
    private const int Steps = SketchSums.MaxEntry / 2;
    private const int TableBytes = SketchSums.Copies * VectorSketches.Points;
    private readonly byte[] _tables;
    private readonly int _bias;

    /// <param name="query">Of vectors that are compared by cosine.</param>
    public SketchQuery(EncodedQuery query)
    {
        var codes = query.Codes;
        var greatest = 1;
        foreach (int code in codes)
        {
            greatest = Math.Max(greatest, Math.Abs(code));
        }

        _tables = new byte[codes.Length / VectorSketches.PairLength * TableBytes];
        var step = Steps / (float)(VectorSketches.Great * greatest);
        for (var pair = 0; pair < codes.Length / VectorSketches.PairLength; pair++)
        {
            _bias += Fill(_tables.AsSpan(pair * TableBytes, TableBytes), codes[VectorSketches.PairLength * pair], codes[(VectorSketches.PairLength * pair) + 1], step);
        }
    }

    /// <summary>What slots of a block are ranked by: greater is nearer, about. The same on every machine.</summary>
    /// <param name="sketches">Of the block.</param>
    /// <param name="least">What is looked for.</param>
    /// <param name="keys">Shape [64], overwritten.</param>
    /// <returns>A bit for each slot whose key is not less.</returns>
    public ulong Compare(VectorSketches sketches, float least, Span<float> keys)
    {
        Span<ushort> sums = stackalloc ushort[VectorBlock.Slots];
        SketchSums.Compute(_tables, sketches.PointsOfSlots, sums);
        var (bias, wanted, found) = (Vector256.Create(_bias), Vector256.Create(least), 0UL);
        for (var slot = 0; slot < VectorBlock.Slots; slot += Vector256<ushort>.Count)
        {
            var (low, high) = Vector256.Widen(Vector256.Create<ushort>(sums[slot..]));
            found |= (ulong)Keys(low, slot, keys) << slot;
            found |= (ulong)Keys(high, slot + Vector256<float>.Count, keys) << (slot + Vector256<float>.Count);
        }

        return found;

        uint Keys(Vector256<uint> some, int slot, Span<float> keys)
        {
            var scaled = Vector256.ConvertToSingle(some.AsInt32() - bias) * Vector256.Create(sketches.Scales[slot..]);
            scaled.CopyTo(keys[slot..]);
            return Vector256.GreaterThanOrEqual(scaled, wanted).ExtractMostSignificantBits();
        }
    }

    // Entries are at least 0: half of the range is added to each. Answers that.
    private static int Fill(Span<byte> table, int first, int second, float step)
    {
        var half = (int)MathF.Round(VectorSketches.Great * Math.Max(Math.Abs(first), Math.Abs(second)) * step);
        var firsts = VectorSketches.Firsts;
        var seconds = VectorSketches.Seconds;
        for (var point = 0; point < firsts.Length; point++)
        {
            table[point] = (byte)(half + (int)MathF.Round(((firsts[point] * first) + (seconds[point] * second)) * step));
        }

        for (var copy = 1; copy < SketchSums.Copies; copy++)
        {
            table[..VectorSketches.Points].CopyTo(table[(copy * VectorSketches.Points)..]);
        }

        return half;
    }
}
