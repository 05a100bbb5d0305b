using Cairn.Columns;

namespace Cairn.Query;

/// <summary>Counts the concepts that match, row group by row group, in slices. One thread.</summary>
/// <param name="groups">What matches.</param>
internal sealed class MatchCount(ConceptGroups groups)
{
    private int _group;

    /// <summary>How many so far.</summary>
    public long Count { get; private set; }

    /// <summary>Counts a slice; false: it is over.</summary>
    /// <param name="rows">Rows of the slice.</param>
    /// <param name="work">Ends it early.</param>
    /// <param name="visited">Rows that were visited.</param>
    public bool Step(int rows, WorkMeter work, out int visited)
    {
        visited = 0;
        for (var end = Math.Min(groups.Count, _group + (rows / Page.Rows)); _group < end && !work.IsSliceSpent; _group++)
        {
            Count += groups.MayMatch(_group) ? (long)UInt128.PopCount(groups.Match(_group, groups[_group])) : 0;
            visited += groups.RowsOf(_group);
        }

        return _group < groups.Count;
    }
}
