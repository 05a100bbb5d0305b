using Cairn.Columns;
using Cairn.Primitives;
using Cairn.Snapshots;

namespace Cairn.Query.Expressions;

/// <summary>
/// Tells of one concept row after the other whether a condition is true of it. The first rows are tested one by one, since a short page may
/// need no more; from then on the row group of a row is tested at once, and remembered. One thread, one snapshot.
/// </summary>
internal sealed class ConceptFilter(Snapshot snapshot, Timestamp now, Expression expression, WorkMeter work)
{
    private const int RowsOneByOne = 256;
    private readonly RowEvaluator _rows = new(snapshot, now, work);
    private GroupEvaluator? _groups;
    private UInt128[]? _matches;
    private bool[]? _isTested;
    private int _tested;

    /// <summary>Whether it is true, neither false nor unknown.</summary>
    public bool Matches(int row)
    {
        if (_tested < RowsOneByOne)
        {
            _tested++;
            return _rows.Evaluate(expression, row) == Truth.True;
        }

        var group = row / Page.Rows;
        var groups = (snapshot.ConceptRows + Page.Rows - 1) / Page.Rows;
        _groups ??= new(snapshot, now, expression, work);
        _matches ??= new UInt128[groups];
        _isTested ??= new bool[groups];
        if (!_isTested[group])
        {
            var rows = Math.Min(Page.Rows, snapshot.ConceptRows - (group * Page.Rows));
            var existing = rows == Page.Rows ? UInt128.MaxValue : (UInt128.One << rows) - 1;
            _matches[group] = _groups.Evaluate(group, existing).True & existing;
            _isTested[group] = true;
        }

        return (_matches[group] >> (row % Page.Rows) & 1) != 0;
    }
}
