using Cairn.Snapshots;

namespace Cairn.Query;

/// <summary>Which associations and concepts a traversal may use. A struct, so that each traversal is compiled for its policy.</summary>
internal interface IEdgePolicy
{
    /// <summary>Whether an association may be followed.</summary>
    bool Follows(int association);

    /// <summary>Whether the concept at the end of a live association may be entered.</summary>
    bool Enters(int concept);
}

/// <summary>Everything: for a snapshot in which nothing is dead and nothing can expire, and a query that filters nothing.</summary>
internal readonly struct AllEdges : IEdgePolicy
{
    public bool Follows(int association) => true;

    public bool Enters(int concept) => true;
}

/// <summary>What can be seen, of some types.</summary>
internal readonly struct FilteredEdges(Snapshot snapshot, Visibility visibility, CodeFilter types) : IEdgePolicy
{
    public bool Follows(int association) => visibility.ShowsAssociation(association)
        && (types.IsAny || types.Matches((int)snapshot.Associations.Table.Get(association, AssociationColumn.Type)));

    public bool Enters(int concept) => visibility.ShowsEnd(concept);
}
