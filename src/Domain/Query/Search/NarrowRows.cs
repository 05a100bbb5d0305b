using Cairn.Columns;
using Cairn.Snapshots;

namespace Cairn.Query.Search;

/// <summary>Finds the rows that a search may find, if they are few; answers null as soon as it is plain that they are not.</summary>
internal sealed class NarrowRows : Scan<int[]?>
{
    private readonly ConceptGroups _groups;
    private readonly int _most;
    private readonly List<int> _rows = [];
    private int _group;
    private bool _areMany;

    /// <param name="query">Says which may be found.</param>
    /// <param name="snapshot">Where they are.</param>
    /// <param name="most">More than that are many.</param>
    public NarrowRows(SearchQuery query, Snapshot snapshot, int most)
    {
        _most = most;
        _groups = new(snapshot, query.Now, query.ValidAt, CodeFilter.OfLabels(snapshot, query.Labels), query.Where, Work);
    }

    public override int[]? Result => _areMany ? null : [.. _rows];

    public override bool Step()
    {
        Work.BeginSlice();
        for (var end = _group + (RowsPerSlice / Page.Rows); _group < end && _group < _groups.Count && !Work.IsSliceSpent; _group++)
        {
            if (_groups.MayMatch(_group))
            {
                foreach (var row in new RowBits(_groups.Match(_group, _groups[_group])))
                {
                    _rows.Add((_group * Page.Rows) + row);
                }
            }

            RowsVisited += _groups.RowsOf(_group);
        }

        // What the first slice promises is believed where it is far more.
        _areMany = _rows.Count > _most || (_group < _groups.Count && _rows.Count * (long)_groups.Count / _group > 4L * _most);
        return !_areMany && _group < _groups.Count;
    }
}
