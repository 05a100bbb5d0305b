using Cairn.Columns;
using Cairn.Primitives;
using Cairn.Query.Expressions;
using Cairn.Snapshots;

namespace Cairn.Query;

/// <summary>Finds in one row group after the other the concepts that can be seen, have one of some labels and meet a condition. One thread, one snapshot.</summary>
internal sealed class ConceptGroups(Snapshot snapshot, Timestamp now, Timestamp? validAt, CodeFilter labels, WhereClause? where)
{
    private readonly Visibility _visibility = new(snapshot, now, validAt);
    private readonly GroupEvaluator? _evaluator = where is null ? null : new(snapshot, now);

    // By number of a label set; null: its labels were not compared yet.
    private readonly bool?[] _labelSets = labels.IsAny ? [] : new bool?[snapshot.LabelSets.Count];

    /// <summary>Row groups of the snapshot.</summary>
    public int Count { get; } = (snapshot.ConceptRows + Page.Rows - 1) / Page.Rows;

    /// <summary>The pages of a group.</summary>
    public RowGroup this[int group] => snapshot.Concepts.Table.Group(group * Page.Rows);

    /// <summary>Rows of a group; the last one may have less than 128.</summary>
    public int RowsOf(int group) => Math.Min(Page.Rows, snapshot.ConceptRows - (group * Page.Rows));

    /// <summary>The rows that match, one bit each.</summary>
    public UInt128 Match(int group)
    {
        var pages = this[group];
        var rows = _visibility.ShownConcepts(pages);
        if (RowsOf(group) is < Page.Rows and var count)
        {
            // Rows behind the last one belong to a later snapshot.
            rows &= (UInt128.One << count) - 1;
        }

        if (!labels.IsAny)
        {
            rows &= WithLabels(pages[ConceptColumn.LabelSet], rows);
        }

        return where is null || rows == 0 ? rows : where.Match(_evaluator!, group, rows) & rows;
    }

    private UInt128 WithLabels(Page? page, UInt128 rows)
    {
        if (page is null)
        {
            return 0;
        }

        Span<long> sets = stackalloc long[Page.Rows];
        page.CopyTo(sets);
        var found = UInt128.Zero;
        foreach (var row in new RowBits(page.Valid & rows))
        {
            found |= HasLabel((int)sets[row]) ? UInt128.One << row : 0;
        }

        return found;
    }

    private bool HasLabel(int set) => _labelSets[set] ??= labels.MatchesSet(snapshot.LabelSets[set]);
}
