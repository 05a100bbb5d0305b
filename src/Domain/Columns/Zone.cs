using System.Numerics.Tensors;

namespace Cairn.Columns;

/// <summary>What is known of the cells of one column in one row group without loading it.</summary>
/// <param name="Cells">Rows that have a cell, 0 to 128.</param>
/// <param name="Least">No cell is less; of no meaning without cells.</param>
/// <param name="Greatest">No cell is greater; of no meaning without cells.</param>
/// <remarks>Source: small materialized aggregates, Moerkotte, VLDB 1998.</remarks>
internal readonly record struct Zone(byte Cells, long Least, long Greatest)
{
    /// <summary>There may be any cells.</summary>
    public static Zone Unknown => new(Page.Rows, long.MinValue, long.MaxValue);

    /// <summary>Whether there may be a cell between two values, both included.</summary>
    public bool MayHold(long low, long high) => Cells > 0 && low <= Greatest && high >= Least;

    /// <summary>As <see cref="MayHold"/>, of a zone of finite floats; −0.0 equals 0.0.</summary>
    public bool MayHoldFloat64(double low, double high) =>
        Cells > 0 && InOrder(low == 0 ? -0.0 : low) <= Greatest && InOrder(high == 0 ? 0.0 : high) >= Least;

    /// <summary>The zone of a page; null: no cells.</summary>
    /// <param name="page">The page.</param>
    /// <param name="isFloat">Its cells are the bits of floats: the zone has them in the order of the numbers, those with a sign with all other bits turned.</param>
    public static Zone Of(Page? page, bool isFloat)
    {
        if (page is null)
        {
            return default;
        }

        Span<long> cells = stackalloc long[Page.Rows];
        cells.Fill(page.Base);
        page.CopyTo(cells);
        if (isFloat)
        {
            foreach (ref var cell in cells)
            {
                cell = InOrder(cell);
            }
        }

        return new((byte)page.Count, TensorPrimitives.Min<long>(cells), TensorPrimitives.Max<long>(cells));
    }

    private static long InOrder(double number) => InOrder(BitConverter.DoubleToInt64Bits(number));

    private static long InOrder(long bits) => bits < 0 ? bits ^ long.MaxValue : bits;
}
