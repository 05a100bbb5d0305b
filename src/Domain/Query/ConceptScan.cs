using Cairn.Query.Expressions;
using Cairn.Snapshots;

namespace Cairn.Query;

/// <summary>One page of a <see cref="ConceptListing"/>, by a walk in the order of the ids.</summary>
internal sealed class ConceptScan(ConceptListing listing, Snapshot snapshot) : Scan<RowPage>
{
    private readonly Visibility _visibility = new(snapshot, listing.Now, listing.ValidAt);
    private readonly ConceptFilter? _filter = listing.Where?.FilterOf(snapshot, listing.Now);
    private readonly List<int> _rows = new(Math.Min(listing.Limit, 64));
    private ConceptWalk? _walk;
    private byte[]? _next;

    public override RowPage Result => new(_rows, _next);

    public override bool Step()
    {
        // The first list of a space puts its ids in order: that belongs to a slice, too.
        _walk ??= snapshot.ConceptsById(listing.After.Span);
        for (var end = RowsVisited + RowsPerSlice; RowsVisited < end; RowsVisited++)
        {
            if (!_walk.MoveNext())
            {
                return false;
            }

            if (!Matches(_walk.Row))
            {
                continue;
            }

            if (_rows.Count == listing.Limit)
            {
                _next = snapshot.Concept(_rows[^1]).Id.ToArray();
                return false;
            }

            _rows.Add(_walk.Row);
        }

        return true;
    }

    private bool Matches(int row) =>
        _visibility.ShowsConcept(row) && listing.Labels.Matches(snapshot.Concept(row)) && _filter?.Matches(row) != false;
}
