using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Cairn.Primitives;

namespace Cairn.Vectors;

/// <summary>
/// Dot products of one query in 16 bits with many rows of int8, exact in 32 bits: every path gives the same integers. TensorPrimitives has none that widens.
/// </summary>
/// <remarks>
/// Loads are unchecked inside of a row; shapes are checked once, on entry. Four rows at a time share each load of the query. The sum cannot overflow
/// as long as the query's components are within <see cref="MaxQueryCode"/>.
/// </remarks>
internal static class DotProducts
{
    /// <summary>Rows are as long as a multiple of this, zeros at their end.</summary>
    public const int RowMultiple = 32;

    private const int RowsAtATime = 4;

    /// <summary>The greatest component of a query, by size: with rows of ±127 no sum of so many products leaves 32 bits.</summary>
    public static int MaxQueryCode(int dimensions) => (int)Math.Min(short.MaxValue, int.MaxValue / ((long)sbyte.MaxValue * dimensions));

    /// <summary>The dot product of a query with each row, by the widest path that the machine has.</summary>
    /// <param name="query">Shape [d], d a multiple of <see cref="RowMultiple"/>.</param>
    /// <param name="rows">Shape [n, d], row-major.</param>
    /// <param name="products">Shape [n], overwritten.</param>
    public static void Compute(ReadOnlySpan<short> query, ReadOnlySpan<sbyte> rows, Span<int> products)
    {
        if (Avx512BW.IsSupported)
        {
            ComputeBy512(query, rows, products);
        }
        else if (Avx2.IsSupported)
        {
            ComputeBy256(query, rows, products);
        }
        else if (Vector128.IsHardwareAccelerated)
        {
            ComputeBy128(query, rows, products);
        }
        else
        {
            ComputeByOne(query, rows, products);
        }
    }

    /// <summary>One component at a time: what all others must equal.</summary>
    public static void ComputeByOne(ReadOnlySpan<short> query, ReadOnlySpan<sbyte> rows, Span<int> products)
    {
        RequireShapes(query, rows, products);
        for (var row = 0; row < products.Length; row++)
        {
            var sum = 0;
            var codes = rows.Slice(row * query.Length, query.Length);
            for (var i = 0; i < codes.Length; i++)
            {
                sum += query[i] * codes[i];
            }

            products[row] = sum;
        }
    }

    /// <summary>128 bits at a time, on any machine that has them.</summary>
    public static void ComputeBy128(ReadOnlySpan<short> query, ReadOnlySpan<sbyte> rows, Span<int> products)
    {
        RequireShapes(query, rows, products);
        for (var row = 0; row < products.Length; row++)
        {
            var (even, odd) = (Vector128<int>.Zero, Vector128<int>.Zero);
            ref readonly var codes = ref rows[row * query.Length];
            for (nuint i = 0; i < (nuint)query.Length; i += 16)
            {
                var (low, high) = Vector128.Widen(Vector128.LoadUnsafe(in codes, i));
                Add(Vector128.LoadUnsafe(in query[0], i), low, ref even, ref odd);
                Add(Vector128.LoadUnsafe(in query[0], i + 8), high, ref even, ref odd);
            }

            products[row] = Vector128.Sum(even + odd);
        }
    }

    /// <summary>256 bits at a time: AVX2.</summary>
    public static void ComputeBy256(ReadOnlySpan<short> query, ReadOnlySpan<sbyte> rows, Span<int> products)
    {
        RequireShapes(query, rows, products);
        var row = 0;
        for (; row <= products.Length - RowsAtATime; row += RowsAtATime)
        {
            var (a, b, c, d) = (Vector256<int>.Zero, Vector256<int>.Zero, Vector256<int>.Zero, Vector256<int>.Zero);
            ref readonly var codes = ref rows[row * query.Length];
            var length = (nuint)query.Length;
            for (nuint i = 0; i < length; i += 16)
            {
                var part = Vector256.LoadUnsafe(in query[0], i);
                a += Products(part, in codes, i);
                b += Products(part, in codes, i + length);
                c += Products(part, in codes, i + (2 * length));
                d += Products(part, in codes, i + (3 * length));
            }

            Sums(a, b, c, d).CopyTo(products[row..]);
        }

        for (; row < products.Length; row++)
        {
            var sum = Vector256<int>.Zero;
            ref readonly var codes = ref rows[row * query.Length];
            for (nuint i = 0; i < (nuint)query.Length; i += 16)
            {
                sum += Products(Vector256.LoadUnsafe(in query[0], i), in codes, i);
            }

            products[row] = Vector256.Sum(sum);
        }
    }

    /// <summary>512 bits at a time: AVX-512 BW.</summary>
    public static void ComputeBy512(ReadOnlySpan<short> query, ReadOnlySpan<sbyte> rows, Span<int> products)
    {
        RequireShapes(query, rows, products);
        var row = 0;
        for (; row <= products.Length - RowsAtATime; row += RowsAtATime)
        {
            var (a, b, c, d) = (Vector512<int>.Zero, Vector512<int>.Zero, Vector512<int>.Zero, Vector512<int>.Zero);
            ref readonly var codes = ref rows[row * query.Length];
            var length = (nuint)query.Length;
            for (nuint i = 0; i < length; i += 32)
            {
                var part = Vector512.LoadUnsafe(in query[0], i);
                a += Products(part, in codes, i);
                b += Products(part, in codes, i + length);
                c += Products(part, in codes, i + (2 * length));
                d += Products(part, in codes, i + (3 * length));
            }

            Sums(Halves(a), Halves(b), Halves(c), Halves(d)).CopyTo(products[row..]);
        }

        for (; row < products.Length; row++)
        {
            var sum = Vector512<int>.Zero;
            ref readonly var codes = ref rows[row * query.Length];
            for (nuint i = 0; i < (nuint)query.Length; i += 32)
            {
                sum += Products(Vector512.LoadUnsafe(in query[0], i), in codes, i);
            }

            products[row] = Vector512.Sum(sum);
        }
    }

    private static void Add(Vector128<short> query, Vector128<short> codes, ref Vector128<int> even, ref Vector128<int> odd)
    {
        var (queryLow, queryHigh) = Vector128.Widen(query);
        var (codesLow, codesHigh) = Vector128.Widen(codes);
        even += queryLow * codesLow;
        odd += queryHigh * codesHigh;
    }

    private static Vector256<int> Products(Vector256<short> query, ref readonly sbyte codes, nuint at) =>
        Avx2.MultiplyAddAdjacent(query, Avx2.ConvertToVector256Int16(Vector128.LoadUnsafe(in codes, at)));

    private static Vector512<int> Products(Vector512<short> query, ref readonly sbyte codes, nuint at) =>
        Avx512BW.MultiplyAddAdjacent(query, Avx512BW.ConvertToVector512Int16(Vector256.LoadUnsafe(in codes, at)));

    private static Vector256<int> Halves(Vector512<int> sums) => sums.GetLower() + sums.GetUpper();

    private static Vector128<int> Sums(Vector256<int> a, Vector256<int> b, Vector256<int> c, Vector256<int> d)
    {
        var sums = Avx2.HorizontalAdd(Avx2.HorizontalAdd(a, b), Avx2.HorizontalAdd(c, d));
        return sums.GetLower() + sums.GetUpper();
    }

    private static void RequireShapes(ReadOnlySpan<short> query, ReadOnlySpan<sbyte> rows, Span<int> products) =>
        Invariant.Require(
            query.Length > 0 && query.Length % RowMultiple == 0 && rows.Length == (long)products.Length * query.Length,
            "queries and rows of vectors have the same padded length");
}
