using Cairn.Query.Expressions;
using Cairn.Snapshots;

namespace Cairn.Query;

/// <summary>One page of a <see cref="ConceptListing"/>, by a walk in the order of the ids.</summary>
internal sealed class ConceptScan : Scan<RowPage>
{
    private readonly ConceptListing _listing;
    private readonly Snapshot _snapshot;
    private readonly Visibility _visibility;
    private readonly ConceptFilter? _filter;
    private readonly List<int> _rows;
    private ConceptWalk? _walk;
    private byte[]? _next;

    public ConceptScan(ConceptListing listing, Snapshot snapshot)
    {
        (_listing, _snapshot, _visibility) = (listing, snapshot, new(snapshot, listing.Now, listing.ValidAt));
        _filter = listing.Where?.FilterOf(snapshot, listing.Now, Work);
        _rows = new(Math.Min(listing.Limit, 64));
    }

    public override RowPage Result => new(_rows, _next);

    public override bool Step()
    {
        // The first list of a space puts its ids in order: that belongs to a slice, too.
        _walk ??= _snapshot.ConceptsById(_listing.After.Span);
        Work.BeginSlice();
        for (var end = RowsVisited + RowsPerSlice; RowsVisited < end && !Work.IsSliceSpent; RowsVisited++)
        {
            if (!_walk.MoveNext())
            {
                return false;
            }

            if (!Matches(_walk.Row))
            {
                continue;
            }

            if (_rows.Count == _listing.Limit)
            {
                _next = _snapshot.Concept(_rows[^1]).Id.ToArray();
                return false;
            }

            _rows.Add(_walk.Row);
        }

        return true;
    }

    private bool Matches(int row) =>
        _visibility.ShowsConcept(row) && _listing.Labels.Matches(_snapshot.Concept(row)) && _filter?.Matches(row) != false;
}
