using System.Diagnostics.CodeAnalysis;
using Cairn.Snapshots;

namespace Cairn.Query;

/// <summary>
/// One page of an <see cref="AssociationListing"/>: the associations of one concept, or of all of them in the order of their ids. Invariant:
/// while <see cref="_isTurned"/>, the scan stands in the associations of one concept and the selection holds the first of those it passed.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "It disposes of its selection at its end; of a walk that is given up, the collector takes the rented array.")]
internal sealed class AssociationScan : Scan<RowPage>
{
    private readonly AssociationListing _listing;
    private readonly Snapshot _snapshot;
    private readonly Visibility _visibility;
    private readonly EdgeScan _edges;
    private readonly EdgeSelection _selection;
    private readonly List<int> _rows;
    private readonly byte[][] _after;

    // The one concept whose associations are listed; null: all of them.
    private readonly int? _end;
    private readonly bool _byTarget;
    private ConceptWalk? _walk;
    private long _concepts;
    private bool _isTurned;

    public AssociationScan(AssociationListing listing, Snapshot snapshot)
    {
        (_listing, _snapshot, _visibility) = (listing, snapshot, new(snapshot, listing.Now, listing.ValidAt));
        _after = listing.After.IsEmpty ? [] : Parts(KeysetKey.Parse(listing.After.Span));
        _byTarget = IsByTarget();
        _end = _byTarget ? listing.Target : listing.Source;
        _edges = new(snapshot, _visibility, listing.Types, Work) { OnlyOther = (_byTarget ? listing.Source : listing.Target) ?? -1 };
        _selection = new(snapshot, _byTarget ? EdgeOrder.OtherFirst : EdgeOrder.TypeFirst, listing.Limit + 1);
        _rows = new(Math.Min(listing.Limit, 64) + 1);
    }

    public override RowPage Result => _rows.Count <= _listing.Limit
        ? new(_rows, null)
        : new(_rows[.._listing.Limit], Place(_rows[_listing.Limit - 1]));

    public override bool Step()
    {
        var goesOn = _listing is { Source: not < 0, Target: not < 0 } && StepOver(RowsVisited + RowsPerSlice);
        if (!goesOn)
        {
            _selection.Dispose();
        }

        return goesOn;
    }

    // With both ends given either will do: the one that has fewer associations.
    private bool IsByTarget() => _listing.Target is >= 0 and var target
        && (_listing.Source is not { } source
            || (source >= 0 && _snapshot.Adjacency.EstimateDegree(target, outgoing: false) < _snapshot.Adjacency.EstimateDegree(source, outgoing: true)));

    private bool StepOver(long end)
    {
        while (RowsVisited < end)
        {
            if (!_isTurned && !TryTurn())
            {
                return false;
            }

            if (_isTurned)
            {
                _isTurned = _edges.Step(_selection, (int)(end - RowsVisited));
            }

            RowsVisited = _concepts + _edges.Visited;
            if (!_isTurned)
            {
                _selection.TakeSorted(_rows);
                if (_rows.Count > _listing.Limit)
                {
                    return false;
                }
            }
        }

        return true;
    }

    // Goes to the next concept; false: there is none. One that cannot be seen is passed over.
    private bool TryTurn()
    {
        if (_end is null)
        {
            _walk ??= _snapshot.ConceptsById(_after is [var first, ..] ? first : default, inclusive: true);
        }

        if (_walk is null ? _concepts > 0 : !_walk.MoveNext())
        {
            return false;
        }

        _concepts++;
        var row = _walk?.Row ?? _end!.Value;
        if (_visibility.ShowsConceptOrImplied(row))
        {
            _isTurned = true;
            Continue(row);
            _edges.Turn(row, outgoing: !_byTarget);
        }

        return true;
    }

    private void Continue(int row)
    {
        _edges.StartOver();
        if (_after.Length == 0)
        {
            return;
        }

        if (_after[_byTarget ? 2 : 0].AsSpan().SequenceEqual(_snapshot.Concept(row).Id))
        {
            _edges.ContinueAfter(_after[1], _after[_byTarget ? 0 : 2], _after[3]);
        }
        else if (_end is not null)
        {
            throw KeysetKey.Wrong();
        }
    }

    private byte[] Place(int last)
    {
        var association = _snapshot.Association(last);
        return new KeysetKey(
            _snapshot.Concept(association.Source).Id, association.TypeName, _snapshot.Concept(association.Target).Id, association.Key).Encode();
    }

    private static byte[][] Parts(in KeysetKey key) => [key.First.ToArray(), key.Second.ToArray(), key.Third.ToArray(), key.Fourth.ToArray()];
}
