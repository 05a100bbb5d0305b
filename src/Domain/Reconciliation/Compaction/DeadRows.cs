using Cairn.Snapshots;

namespace Cairn.Reconciliation.Compaction;

/// <summary>What a snapshot holds that nobody sees any more. Immutable.</summary>
/// <param name="Concepts">Rows of deleted concepts, and of ids whose commits were rejected.</param>
/// <param name="Associations">Rows of deleted associations.</param>
internal readonly record struct DeadRows(long Concepts, long Associations)
{
    /// <summary>The share of dead rows, or keys, from which on they are given back: what is written for it is at most 2.3 times what is freed.</summary>
    private const double WorthShare = 0.3;

    /// <summary>Those of a snapshot.</summary>
    public static DeadRows Of(Snapshot snapshot) => new(
        snapshot.ConceptRows - snapshot.ConceptCount - snapshot.State.ImpliedCount, snapshot.AssociationRows - snapshot.AssociationCount);

    /// <summary>
    /// Whether it is time to give them back. Keys count, too: a concept uses one set of labels and one media type, an association one type and one key, so what is above
    /// the number of those is unused.
    /// </summary>
    /// <param name="snapshot">The newest.</param>
    /// <param name="floor">Fewer dead ones of a kind are not worth it.</param>
    public static bool IsWorthIt(Snapshot snapshot, long floor)
    {
        var dead = Of(snapshot);
        var (concepts, associations) = (snapshot.ConceptRows - dead.Concepts, snapshot.AssociationCount);
        return IsWorth(dead.Concepts, snapshot.ConceptRows)
            || IsWorth(dead.Associations, snapshot.AssociationRows)
            || IsWorth(snapshot.LabelSets.Count - concepts, snapshot.LabelSets.Count)
            || IsWorth(snapshot.MediaTypes.Count - concepts, snapshot.MediaTypes.Count)
            || IsWorth(snapshot.Types.Count - associations, snapshot.Types.Count)
            || IsWorth(snapshot.Keys.Count - associations, snapshot.Keys.Count);

        bool IsWorth(long unused, long all) => unused >= floor && unused >= all * WorthShare;
    }
}
