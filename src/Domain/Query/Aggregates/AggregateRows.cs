using Cairn.Formats;

namespace Cairn.Query.Aggregates;

/// <summary>The rows of an aggregation, in order. Valid as long as the snapshot is held; any thread.</summary>
public sealed class AggregateRows
{
    private readonly GroupTable _groups;
    private readonly Accumulator[] _values;
    private readonly int[] _rows;

    internal AggregateRows(GroupTable groups, Accumulator[] values, int[] rows) => (_groups, _values, _rows) = (groups, values, rows);

    /// <summary>How many there are.</summary>
    public int Count => _rows.Length;

    /// <summary>A value, where it lies: column by number as in <see cref="Aggregation.Columns"/>.</summary>
    public ValueView this[int row, int column] => column < _groups.KeyCount ? _groups.Key(_rows[row], column) : _values[column - _groups.KeyCount].Result(_rows[row]);
}
