using Cairn.Query.Expressions;
using Cairn.Snapshots;

namespace Cairn.Query;

/// <summary>One page of a <see cref="ConceptListing"/>, by a walk in the order of the ids; counting goes on where the page ends.</summary>
internal sealed class ConceptScan : Scan<RowPage>
{
    private readonly ConceptListing _listing;
    private readonly Snapshot _snapshot;
    private readonly Visibility _visibility;
    private readonly ConceptFilter? _filter;
    private readonly List<int> _rows;
    private ConceptWalk? _walk;
    private byte[]? _next;
    private MatchCount? _matches;

    public ConceptScan(ConceptListing listing, Snapshot snapshot)
    {
        (_listing, _snapshot, _visibility) = (listing, snapshot, new(snapshot, listing.Now, listing.ValidAt));
        _filter = listing.Where?.FilterOf(snapshot, listing.Now, Work);
        _rows = new(Math.Min(listing.Limit, 64));
    }

    public override RowPage Result => new(_rows, _next) { Count = _matches?.Count };

    public override bool Step()
    {
        // The first list of a space puts its ids in order: that belongs to a slice, too.
        _walk ??= _snapshot.ConceptsById(_listing.After.Span);
        Work.BeginSlice();
        if (_matches is not null)
        {
            var goesOn = _matches.Step(RowsPerSlice, Work, out var visited);
            RowsVisited += visited;
            return goesOn;
        }

        for (var end = RowsVisited + RowsPerSlice; RowsVisited < end && !Work.IsSliceSpent; RowsVisited++)
        {
            if (!_walk.MoveNext())
            {
                return End();
            }

            if (!Matches(_walk.Row))
            {
                continue;
            }

            if (_rows.Count == _listing.Limit)
            {
                _next = _snapshot.Concept(_rows[^1]).Id.ToArray();
                return End();
            }

            _rows.Add(_walk.Row);
        }

        return true;
    }

    private bool End()
    {
        _matches = _listing.Counts ? new(new(_snapshot, _listing.Now, _listing.ValidAt, _listing.Labels, _listing.Where, Work)) : null;
        return _listing.Counts;
    }

    private bool Matches(int row) =>
        _visibility.ShowsConcept(row) && _listing.Labels.Matches(_snapshot.Concept(row)) && _filter?.Matches(row) != false;
}
