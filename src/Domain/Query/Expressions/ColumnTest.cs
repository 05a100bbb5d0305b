using Cairn.Columns;
using Cairn.Formats;
using Cairn.Indexes;
using Cairn.Model;
using Cairn.Snapshots;

namespace Cairn.Query.Expressions;

/// <summary>A simple condition on the values of one column, which are all of one type. One thread.</summary>
internal abstract class ColumnTest
{
    /// <summary>Evaluates it on the rows of a page that have a cell; on others it is unknown.</summary>
    public abstract GroupTruth Test(Page page, UInt128 rows);

    /// <summary>Whether it may hold for some cell of a zone.</summary>
    public virtual bool MayHold(in Zone zone) => zone.Cells > 0;
}

/// <summary>Values of this type leave the condition open.</summary>
internal sealed class UnknownTest : ColumnTest
{
    public static UnknownTest Instance { get; } = new();

    public override GroupTruth Test(Page page, UInt128 rows) => default;

    public override bool MayHold(in Zone zone) => false;
}

/// <summary>The cell lies in a range, or outside of it.</summary>
internal sealed class RangeTest(NumberRange range, bool isOutside) : ColumnTest
{
    /// <summary>Both of two hold; null: no range says that.</summary>
    public RangeTest? With(RangeTest other) =>
        !isOutside && !other.IsOutside && range.TryIntersect(other.Range, out var both) ? new(both, isOutside: false) : null;

    private NumberRange Range => range;

    private bool IsOutside => isOutside;

    public override GroupTruth Test(Page page, UInt128 rows)
    {
        var inside = range.Rows(page);
        var outside = page.Valid & ~inside;
        return isOutside ? new(outside, inside) : new(inside, outside);
    }

    public override bool MayHold(in Zone zone) => isOutside ? zone.Cells > 0 : range.MayHold(zone);
}

/// <summary>Cell by cell; a text that is in a dictionary is tested once and not again for each row.</summary>
internal sealed class CellTest(StoredRows rows, AttributeColumn column, Expression expression, WorkMeter work) : ColumnTest
{
    private const byte Untested = byte.MaxValue;

    // By number of the dictionary. Of a snapshot's time at least; what the dictionary gets later, the snapshot does not refer to.
    private readonly byte[] _tested = UntestedOf(column.Dictionary);

    public override GroupTruth Test(Page page, UInt128 rows)
    {
        Span<long> cells = stackalloc long[Page.Rows];
        page.CopyTo(cells);
        var (holds, fails) = (UInt128.Zero, UInt128.Zero);
        foreach (var row in new RowBits(page.Valid & rows))
        {
            var truth = Test(cells[row]);
            holds |= truth == Truth.True ? UInt128.One << row : 0;
            fails |= truth == Truth.False ? UInt128.One << row : 0;
        }

        return new(holds, fails);
    }

    private static byte[] UntestedOf(KeyTable? dictionary)
    {
        var tested = new byte[dictionary?.Count ?? 0];
        Array.Fill(tested, Untested);
        return tested;
    }

    private Truth Test(long cell)
    {
        if (column.Dictionary is not { } dictionary || (cell & 1) != 0)
        {
            var value = rows.Value(column, cell);
            work.AddValue(value.Bytes.Length);
            return RowEvaluator.Test(expression, value);
        }

        var number = (int)(cell >> 1);
        if (_tested[number] == Untested)
        {
            _tested[number] = (byte)RowEvaluator.Test(expression, new ValueView(ValueKind.String, 0, dictionary[number]));
        }

        return (Truth)_tested[number];
    }
}
