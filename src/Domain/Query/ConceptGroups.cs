using Cairn.Columns;
using Cairn.Primitives;
using Cairn.Query.Expressions;
using Cairn.Snapshots;

namespace Cairn.Query;

/// <summary>Finds in one row group after the other the concepts that can be seen, have one of some labels and meet a condition. One thread, one snapshot.</summary>
internal sealed class ConceptGroups(Snapshot snapshot, Timestamp now, Timestamp? validAt, CodeFilter labels, WhereClause? where, WorkMeter work)
{
    private readonly Visibility _visibility = new(snapshot, now, validAt);
    private readonly LabelRows _labels = new(snapshot, labels);
    private readonly GroupEvaluator? _condition = where?.GroupsOf(snapshot, now, work);

    /// <summary>Row groups of the snapshot.</summary>
    public int Count { get; } = (snapshot.ConceptRows + Page.Rows - 1) / Page.Rows;

    /// <summary>The pages of a group.</summary>
    public RowGroup this[int group] => snapshot.Concepts.Table.Group(group * Page.Rows);

    /// <summary>Rows of a group; the last one may have less than 128.</summary>
    public int RowsOf(int group) => Math.Min(Page.Rows, snapshot.ConceptRows - (group * Page.Rows));

    /// <summary>Whether rows of a group may match; if not, the group need not be loaded.</summary>
    public bool MayMatch(int group) => _condition?.MayHold(group) != false;

    /// <summary>The rows that match, one bit each.</summary>
    public UInt128 Match(int group, RowGroup pages)
    {
        var rows = _visibility.ShownConcepts(pages);
        if (RowsOf(group) is < Page.Rows and var count)
        {
            // Rows behind the last one belong to a later snapshot.
            rows &= (UInt128.One << count) - 1;
        }

        rows = _labels.Find(pages, rows);
        return _condition is null || rows == 0 ? rows : _condition.Evaluate(group * Page.Rows, pages, rows).True & rows;
    }
}
