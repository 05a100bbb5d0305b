using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Cairn.Primitives;

namespace Cairn.Vectors;

/// <summary>
/// Sums of what tables say of the points of 64 sketches, exact in 16 bits: every path gives the same integers.
/// </summary>
/// <remarks>
/// Four table entries fit into 8 bits, so that sums are widened once for eight components: those of even slots are what is left of both when those of odd ones are taken off.
/// Loads are unchecked inside of the shapes, which are checked on entry.
/// </remarks>
internal static class SketchSums
{
    /// <summary>The greatest entry of a table.</summary>
    public const int MaxEntry = 63;

    /// <summary>Of each table, one after the other: as many as the widest registers look up at once.</summary>
    public const int Copies = 4;

    private const int Slots = VectorBlock.Slots, TableBytes = Copies * VectorSketches.Points;

    /// <summary>Components of a vector at most, so that its sum does not leave 16 bits.</summary>
    public const int MaxComponents = 1024;

    /// <summary>The sums, by the widest path that the machine has.</summary>
    /// <param name="tables">Of each pair of components, what each of its points is worth, up to <see cref="MaxEntry"/>, <see cref="Copies"/> times. Shape [pairs, 4, 16].</param>
    /// <param name="sketches">Shape [pairs / 2, 64], an even number of pairs of pairs.</param>
    /// <param name="sums">Shape [64], overwritten.</param>
    public static void Compute(ReadOnlySpan<byte> tables, ReadOnlySpan<byte> sketches, Span<ushort> sums)
    {
        if (Avx512BW.IsSupported)
        {
            ComputeBy512(tables, sketches, sums);
        }
        else if (Avx2.IsSupported)
        {
            ComputeBy256(tables, sketches, sums);
        }
        else if (Vector128.IsHardwareAccelerated)
        {
            ComputeBy128(tables, sketches, sums);
        }
        else
        {
            ComputeByOne(tables, sketches, sums);
        }
    }

    /// <summary>One sketch at a time: what all others must equal.</summary>
    public static void ComputeByOne(ReadOnlySpan<byte> tables, ReadOnlySpan<byte> sketches, Span<ushort> sums)
    {
        RequireShapes(tables, sketches, sums);
        sums.Clear();
        for (var at = 0; at < sketches.Length; at++)
        {
            var table = tables.Slice(at / Slots * 2 * TableBytes, 2 * TableBytes);
            sums[at % Slots] += (ushort)(table[sketches[at] & 15] + table[TableBytes + (sketches[at] >> 4)]);
        }
    }

    /// <summary>128 bits at a time, on any machine that has them.</summary>
    public static void ComputeBy128(ReadOnlySpan<byte> tables, ReadOnlySpan<byte> sketches, Span<ushort> sums)
    {
        RequireShapes(tables, sketches, sums);
        ref readonly var first = ref tables[0];
        ref readonly var points = ref sketches[0];
        for (var slot = 0; slot < Slots; slot += Vector128<byte>.Count)
        {
            var (both, odd) = (Vector128<ushort>.Zero, Vector128<ushort>.Zero);
            for (var (at, table) = ((nuint)slot, (nuint)0); at < (nuint)sketches.Length; at += 2 * Slots, table += 4 * TableBytes)
            {
                var sum = (Worth(in first, table, in points, at) + Worth(in first, table + (2 * TableBytes), in points, at + Slots)).AsUInt16();
                both += sum;
                odd += sum >>> 8;
            }

            var even = both - (odd << 8);
            for (var i = 0; i < Vector128<ushort>.Count; i++)
            {
                (sums[slot + (2 * i)], sums[slot + (2 * i) + 1]) = (even[i], odd[i]);
            }
        }
    }

    /// <summary>256 bits at a time: AVX2.</summary>
    public static void ComputeBy256(ReadOnlySpan<byte> tables, ReadOnlySpan<byte> sketches, Span<ushort> sums)
    {
        RequireShapes(tables, sketches, sums);
        ref readonly var first = ref tables[0];
        ref readonly var points = ref sketches[0];
        for (var slot = 0; slot < Slots; slot += Vector256<byte>.Count)
        {
            var (both, odd) = (Vector256<ushort>.Zero, Vector256<ushort>.Zero);
            for (var (at, table) = ((nuint)slot, (nuint)0); at < (nuint)sketches.Length; at += 2 * Slots, table += 4 * TableBytes)
            {
                var sum = (Worth256(in first, table, in points, at) + Worth256(in first, table + (2 * TableBytes), in points, at + Slots)).AsUInt16();
                both += sum;
                odd += sum >>> 8;
            }

            // Each half of the registers is interleaved on its own.
            var even = both - (odd << 8);
            var (low, high) = (Avx2.UnpackLow(even, odd), Avx2.UnpackHigh(even, odd));
            Avx2.Permute2x128(low, high, 0x20).CopyTo(sums[slot..]);
            Avx2.Permute2x128(low, high, 0x31).CopyTo(sums[(slot + Vector256<ushort>.Count)..]);
        }
    }

    /// <summary>512 bits at a time: AVX-512 BW.</summary>
    public static void ComputeBy512(ReadOnlySpan<byte> tables, ReadOnlySpan<byte> sketches, Span<ushort> sums)
    {
        RequireShapes(tables, sketches, sums);
        ref readonly var first = ref tables[0];
        ref readonly var points = ref sketches[0];
        var (both, odd) = (Vector512<ushort>.Zero, Vector512<ushort>.Zero);
        for (var (at, table) = ((nuint)0, (nuint)0); at < (nuint)sketches.Length; at += 2 * Slots, table += 4 * TableBytes)
        {
            var sum = (Worth512(in first, table, in points, at) + Worth512(in first, table + (2 * TableBytes), in points, at + Slots)).AsUInt16();
            both += sum;
            odd += sum >>> 8;
        }

        // Each quarter of the registers is interleaved on its own.
        var even = both - (odd << 8);
        var (low, high) = (Avx512BW.UnpackLow(even, odd), Avx512BW.UnpackHigh(even, odd));
        for (var (i, slot) = (0, 0); i < 4; i++, slot += 2 * Vector128<ushort>.Count)
        {
            Quarter(low, i).CopyTo(sums[slot..]);
            Quarter(high, i).CopyTo(sums[(slot + Vector128<ushort>.Count)..]);
        }
    }

    // What the tables of two pairs say of the points of some slots.
    private static Vector128<byte> Worth(ref readonly byte tables, nuint table, ref readonly byte sketches, nuint at)
    {
        var points = Vector128.LoadUnsafe(in sketches, at);
        return Vector128.Shuffle(Vector128.LoadUnsafe(in tables, table), points & Vector128.Create((byte)15))
            + Vector128.Shuffle(Vector128.LoadUnsafe(in tables, table + TableBytes), points >>> 4);
    }

    private static Vector256<byte> Worth256(ref readonly byte tables, nuint table, ref readonly byte sketches, nuint at)
    {
        var (points, low) = (Vector256.LoadUnsafe(in sketches, at), Vector256.Create((byte)15));
        return Avx2.Shuffle(Vector256.LoadUnsafe(in tables, table), points & low)
            + Avx2.Shuffle(Vector256.LoadUnsafe(in tables, table + TableBytes), (points.AsUInt16() >>> 4).AsByte() & low);
    }

    private static Vector512<byte> Worth512(ref readonly byte tables, nuint table, ref readonly byte sketches, nuint at)
    {
        var (points, low) = (Vector512.LoadUnsafe(in sketches, at), Vector512.Create((byte)15));
        return Avx512BW.Shuffle(Vector512.LoadUnsafe(in tables, table), points & low)
            + Avx512BW.Shuffle(Vector512.LoadUnsafe(in tables, table + TableBytes), (points.AsUInt16() >>> 4).AsByte() & low);
    }

    private static Vector128<ushort> Quarter(Vector512<ushort> whole, int number)
    {
        var half = number < 2 ? whole.GetLower() : whole.GetUpper();
        return number % 2 == 0 ? half.GetLower() : half.GetUpper();
    }

    private static void RequireShapes(ReadOnlySpan<byte> tables, ReadOnlySpan<byte> sketches, Span<ushort> sums) =>
        Invariant.Require(
            sums.Length == Slots && sketches.Length > 0 && sketches.Length % (2 * Slots) == 0 && tables.Length == sketches.Length / Slots * 2 * TableBytes && tables.Length <= MaxComponents / VectorSketches.PairLength * TableBytes,
            "tables and sketches are of as many components");
}
