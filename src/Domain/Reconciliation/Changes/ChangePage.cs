using Cairn.Primitives;

namespace Cairn.Reconciliation.Changes;

/// <summary>Changes that follow each other.</summary>
/// <param name="Items">In the order of the log.</param>
/// <param name="Through">All changes up to here are in it.</param>
internal readonly record struct ChangePage(IReadOnlyList<Change> Items, LogPosition Through);
