using Cairn.Primitives;
using Cairn.Query.Expressions;
using Cairn.Snapshots;

namespace Cairn.Query.Search;

/// <summary>Which concepts a search may find: those that can be seen, with one of the labels, of which the condition is true. One thread, one snapshot.</summary>
internal readonly struct SearchFilter : IRowFilter
{
    private readonly Snapshot _snapshot;
    private readonly Visibility _visibility;
    private readonly CodeFilter _labels;
    private readonly ConceptFilter? _where;

    public SearchFilter(SearchQuery query, Snapshot snapshot, WorkMeter work)
    {
        (_snapshot, _visibility) = (snapshot, new(snapshot, query.Now, query.ValidAt));
        _labels = CodeFilter.OfLabels(snapshot, query.Labels);
        _where = query.Where?.FilterOf(snapshot, query.Now, work);
    }

    /// <summary>Nothing but what cannot be seen is left out.</summary>
    public bool IsOpen => _labels.IsAny && _where is null;

    public bool Accepts(int row) => _visibility.ShowsConcept(row) && (_labels.IsAny || _labels.Matches(_snapshot.Concept(row))) && _where?.Matches(row) != false;
}
