using Cairn.Query;
using Cairn.Snapshots;
using Cairn.Snapshots.Derived;
using Cairn.Text;

namespace Cairn.Domain.Tests.Query.Search;

/// <summary>Gets the texts of a snapshot ready to be searched.</summary>
internal static class TextIndexes
{
    /// <param name="snapshot">What is read.</param>
    /// <param name="exact">That very snapshot; else a later one may be answered.</param>
    public static DerivedIndexScan<TextView> Prepare(Snapshot snapshot, bool exact) => new(snapshot.Derived<TextIndexing>(), snapshot, exact);
}
