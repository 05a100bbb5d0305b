using Cairn.Columns;
using Cairn.Formats;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Query.Expressions;
using Cairn.Snapshots;

namespace Cairn.Query.Aggregates;

/// <summary>Sums or means. What is no number is left out.</summary>
internal sealed class Totals(AggregateItem item, Snapshot snapshot, BoundField field) : ValueAccumulator(snapshot, field)
{
    // Of a page's cells together: small integers are gathered after 128 pages at the earliest.
    private const ulong MaxSmall = 1UL << 56;
    private NumberTotal[] _totals = new NumberTotal[16];

    // How far the small integers of no group can be from 64 bits.
    private ulong _room = long.MaxValue;

    public override void Require(int groups) => Require(ref _totals, groups);

    public override void Check(int group)
    {
        if (item.Function == AggregateFunction.Sum && !_totals[group].TrySum(out _))
        {
            throw new CairnException(ErrorKind.Invalid, $"the sum of {item.Of!.Text} passes 64 bits in one of the groups") { Problem = "limit", Field = item.Field };
        }
    }

    public override ValueView Result(int group)
    {
        if (item.Function == AggregateFunction.Avg)
        {
            return _totals[group].Mean();
        }

        _totals[group].TrySum(out var sum);
        return sum;
    }

    protected override void Add(AttributeColumn column, Page page, in RowSlice slice, ReadOnlySpan<int> groups)
    {
        if (column.Kind is not (ValueKind.Int64 or ValueKind.Float64))
        {
            return;
        }

        Span<long> cells = stackalloc long[Page.Rows];
        page.CopyTo(cells);
        if (column.Kind == ValueKind.Int64)
        {
            AddIntegers(page, slice.Rows, cells, groups);
        }
        else
        {
            foreach (var row in new RowBits(slice.Rows))
            {
                _totals[groups[row]].Add(BitConverter.Int64BitsToDouble(cells[row]));
            }
        }
    }

    private void AddIntegers(Page page, UInt128 rows, ReadOnlySpan<long> cells, ReadOnlySpan<int> groups)
    {
        if (!TryMakeRoom(page))
        {
            foreach (var row in new RowBits(rows))
            {
                _totals[groups[row]].Add(cells[row]);
            }

            return;
        }

        var totals = _totals;
        if (rows == UInt128.MaxValue)
        {
            for (var row = 0; row < cells.Length && row < groups.Length; row++)
            {
                totals[groups[row]].AddSmall(cells[row]);
            }

            return;
        }

        foreach (var row in new RowBits(rows))
        {
            totals[groups[row]].AddSmall(cells[row]);
        }
    }

    // Room for all cells of a page in the sum of any one group; false: they are not small.
    private bool TryMakeRoom(Page page)
    {
        var needed = page.MostFromZero * Page.Rows;
        if (needed > MaxSmall)
        {
            return false;
        }

        if (needed > _room)
        {
            _room = long.MaxValue;
            for (var group = 0; group < _totals.Length; group++)
            {
                _totals[group].GatherSmall();
            }
        }

        _room -= (ulong)needed;
        return true;
    }

    protected override void Add(in ValueView value, int row, int group)
    {
        if (value.Kind == ValueKind.Int64)
        {
            _totals[group].Add(value.Bits);
        }
        else if (value.Kind == ValueKind.Float64)
        {
            _totals[group].Add(BitConverter.Int64BitsToDouble(value.Bits));
        }
    }
}
