using System.Numerics;
using System.Numerics.Tensors;

namespace Cairn.Vectors;

/// <summary>A vector in 16 bits that others are ranked by. Immutable; any thread.</summary>
internal sealed class EncodedQuery
{
    private readonly short[] _codes;

    private EncodedQuery(short[] codes, float scale) => (_codes, Scale) = (codes, scale);

    /// <summary>Shape [row bytes].</summary>
    public ReadOnlySpan<short> Codes => _codes;

    /// <summary>What one step is worth.</summary>
    public float Scale { get; }

    /// <summary>A query. Shape [d], finite.</summary>
    public static EncodedQuery Of(ReadOnlySpan<float> vector, VectorSpec spec)
    {
        var codes = new short[spec.RowBytes];
        return new(codes, VectorEncoding.EncodeQuery(vector, codes));
    }

    /// <summary>A vector of the index as a query.</summary>
    public static EncodedQuery Of(ReadOnlySpan<sbyte> vector, float scale)
    {
        var codes = new short[vector.Length];
        TensorPrimitives.ConvertTruncating(vector, codes);
        return new(codes, scale);
    }

    /// <summary>Dot products with the vectors of a block, at least those of the slots asked for.</summary>
    /// <param name="block">The vectors.</param>
    /// <param name="slots">A bit for each slot that is wanted, one at least.</param>
    /// <param name="products">Shape [64]; overwritten where a slot is wanted, perhaps elsewhere.</param>
    public void Multiply(VectorBlock block, ulong slots, Span<int> products)
    {
        var from = BitOperations.TrailingZeroCount(slots) & ~3;
        var to = Math.Min(block.Capacity, (VectorBlock.Slots - BitOperations.LeadingZeroCount(slots) + 3) & ~3);
        DotProducts.Compute(_codes, block.Codes(from, to - from), products[from..to]);
    }

    /// <summary>The dot product with one vector.</summary>
    public int Multiply(VectorBlock block, int slot)
    {
        var product = 0;
        DotProducts.Compute(_codes, block.Codes(slot), new(ref product));
        return product;
    }

    /// <summary>What a slot is ranked by: greater is nearer. Rises with the score, but for what int8 rounds off.</summary>
    public float Key(int product, in VectorSlot slot) => (product * (slot.Scale * Scale)) - slot.Offset;
}
