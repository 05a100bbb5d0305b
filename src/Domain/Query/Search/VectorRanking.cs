using Cairn.Snapshots;
using Cairn.Snapshots.Derived;
using Cairn.Vectors;

namespace Cairn.Query.Search;

/// <summary>
/// The concepts whose stored vectors are nearest to the query's, the nearest first: by the index, or, where a label or a condition leaves few, by comparing all of those exactly.
/// </summary>
internal sealed class VectorRanking : Scan<IReadOnlyList<RankedRow>>
{
    private readonly Func<Scan<IReadOnlyList<RankedRow>>> _byIndex;
    private readonly Func<int[], Scan<IReadOnlyList<RankedRow>>> _byList;
    private readonly NarrowRows? _narrow;
    private Scan<IReadOnlyList<RankedRow>>? _search;

    /// <param name="query">What is searched for, with its vector.</param>
    /// <param name="snapshot">Where.</param>
    /// <param name="view">The index of its vectors.</param>
    /// <param name="filter">Which rows may be found.</param>
    /// <param name="limit">How many are found at most.</param>
    public VectorRanking(SearchQuery query, Snapshot snapshot, VectorView view, SearchFilter filter, int limit)
    {
        var (vector, source) = (new VectorQuery(query.Vector, view.Spec), new ConceptVectors(snapshot));
        _byIndex = () => new VectorSearch<ConceptVectors, SearchFilter>(view, vector, source, snapshot.Ids, filter, limit);
        _byList = rows => new ListedVectorSearch<ConceptVectors>(vector, source, snapshot.Ids, rows, limit);
        _narrow = filter.IsOpen ? null : new(query, snapshot, ListedVectorSearch<ConceptVectors>.MostRows(view.Count));
        _search = filter.IsOpen ? _byIndex() : null;
    }

    public override IReadOnlyList<RankedRow> Result => _search!.Result;

    public override bool Step()
    {
        if (_search is not null)
        {
            _search.Deadline = Deadline;
            var goesOn = _search.Step();
            RowsVisited = _search.RowsVisited + (_narrow?.RowsVisited ?? 0);
            return goesOn;
        }

        _narrow!.Deadline = Deadline;
        if (!_narrow.Step())
        {
            _search = _narrow.Result is { } rows ? _byList(rows) : _byIndex();
        }

        RowsVisited = _narrow.RowsVisited;
        return true;
    }
}
