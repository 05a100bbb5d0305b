using Cairn.Columns;
using Cairn.Snapshots;

namespace Cairn.Query;

/// <summary>Finds the concepts of a row group that have one of some labels. Each set of labels is compared once. One thread, one snapshot.</summary>
internal sealed class LabelRows(Snapshot snapshot, CodeFilter labels)
{
    // By number of a label set; null: it was not compared yet. Of a snapshot's time at least; what comes later, the snapshot does not refer to.
    private readonly bool?[] _sets = labels.IsAny ? [] : new bool?[snapshot.LabelSets.Count];

    /// <summary>Those of some rows that have one.</summary>
    public UInt128 Find(RowGroup pages, UInt128 rows)
    {
        if (labels.IsAny)
        {
            return rows;
        }

        if (pages[ConceptColumn.LabelSet] is not { } page)
        {
            return 0;
        }

        Span<long> sets = stackalloc long[Page.Rows];
        page.CopyTo(sets);
        var found = UInt128.Zero;
        foreach (var row in new RowBits(page.Valid & rows))
        {
            found |= Has((int)sets[row]) ? UInt128.One << row : 0;
        }

        return found;
    }

    private bool Has(int set) => _sets[set] ??= labels.MatchesSet(snapshot.LabelSets[set]);
}
