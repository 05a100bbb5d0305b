using Cairn.Columns;
using Cairn.Indexes;
using Cairn.Query.Expressions;
using Cairn.Snapshots;

namespace Cairn.Query;

/// <summary>Which associations of a concept a scan offers to a selection.</summary>
internal sealed class EdgeScan(Snapshot snapshot, Visibility visibility, CodeFilter types, WorkMeter work)
{
    private Adjacency.BlockPlace _place;
    private int _row;

    /// <summary>Only associations whose other end is this row; −1: any.</summary>
    public int OnlyOther { get; init; } = -1;

    /// <summary>Labels of the other end, any of.</summary>
    public CodeFilter Labels { get; init; }

    /// <summary>What must be true of the other end, by the evaluator beside it; null: nothing.</summary>
    public WhereClause? Where { get; init; }

    /// <summary>Set with <see cref="Where"/>.</summary>
    public RowEvaluator? Evaluator { get; init; }

    /// <summary>Leaves out associations of a concept with itself.</summary>
    public bool SkipsLoops { get; set; }

    /// <summary>Only what comes behind this place.</summary>
    public bool HasAfter { get; private set; }

    private byte[] AfterType { get; set; } = [];

    private byte[] AfterOther { get; set; } = [];

    private byte[] AfterKey { get; set; } = [];

    /// <summary>From now on only what comes behind a place in the selection's order.</summary>
    public void ContinueAfter(ReadOnlySpan<byte> type, ReadOnlySpan<byte> other, ReadOnlySpan<byte> key) =>
        (AfterType, AfterOther, AfterKey, HasAfter) = (type.ToArray(), other.ToArray(), key.ToArray(), true);

    /// <summary>From now on from the beginning of the order.</summary>
    public void StartOver() => HasAfter = false;

    /// <summary>Entries visited so far, of all concepts.</summary>
    public long Visited { get; private set; }

    /// <summary>Turns to the associations of a concept in one direction.</summary>
    public void Turn(int row, bool outgoing) => (_row, _place) = (row, snapshot.Adjacency.Blocks(row, outgoing).Place);

    /// <summary>Offers the next associations of the concept, up to one block more than asked for; false: there are no more. No allocation.</summary>
    public bool Step(EdgeSelection selection, int entries)
    {
        var end = Visited + entries;
        var blocks = new Adjacency.BlockWalk(_place);
        while (Visited < end && !work.IsSliceSpent)
        {
            if (!blocks.MoveNext())
            {
                return false;
            }

            Visited += blocks.Entries.Length;
            foreach (var entry in blocks.Entries)
            {
                var association = Adjacency.BlockWalk.AssociationOf(entry);
                if ((uint)association < (uint)snapshot.AssociationRows)
                {
                    Offer(_row, association, Adjacency.BlockWalk.OtherOf(entry), selection);
                }
            }
        }

        _place = blocks.Place;
        return true;
    }

    private bool Matches(int other) => !snapshot.Concept(other).IsImplied && Where!.Matches(Evaluator!, other);

    private void Offer(int row, int association, int other, EdgeSelection selection)
    {
        if ((OnlyOther >= 0 && other != OnlyOther) || (SkipsLoops && other == row)
            || !visibility.ShowsAssociation(association) || !visibility.ShowsEnd(other))
        {
            return;
        }

        var type = (int)snapshot.Associations.Table.Get(association, AssociationColumn.Type);
        if (types.Matches(type) && (Labels.IsAny || Labels.Matches(snapshot.Concept(other))) && (Where is null || Matches(other))
            && (!HasAfter || selection.CompareTo(other, type, association, AfterType, AfterOther, AfterKey) > 0))
        {
            selection.Offer(association, other, type);
        }
    }
}
