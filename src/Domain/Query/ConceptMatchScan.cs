using Cairn.Query.Expressions;
using Cairn.Snapshots;

namespace Cairn.Query;

/// <summary>Answers a <see cref="ConceptMatching"/>, by a walk in the order of the ids.</summary>
internal sealed class ConceptMatchScan : Scan<ConceptMatches>
{
    private readonly ConceptMatching _matching;
    private readonly Snapshot _snapshot;
    private readonly Visibility _visibility;
    private readonly ConceptFilter? _filter;
    private readonly List<int> _rows = [];
    private ConceptWalk? _walk;
    private long _count;

    public ConceptMatchScan(ConceptMatching matching, Snapshot snapshot)
    {
        (_matching, _snapshot, _visibility) = (matching, snapshot, new(snapshot, matching.Now, null));
        _filter = matching.Where?.FilterOf(snapshot, matching.Now, Work);
    }

    public override ConceptMatches Result => new(_rows, _count);

    public override bool Step()
    {
        _walk ??= _snapshot.ConceptsById(default);
        Work.BeginSlice();
        for (var end = RowsVisited + RowsPerSlice; RowsVisited < end && !Work.IsSliceSpent; RowsVisited++)
        {
            if (_count == _matching.StopAt || !_walk.MoveNext())
            {
                return false;
            }

            if (!_visibility.ShowsConcept(_walk.Row) || !_matching.Labels.Matches(_snapshot.Concept(_walk.Row)) || _filter?.Matches(_walk.Row) == false)
            {
                continue;
            }

            _count++;
            if (_rows.Count < _matching.Keep)
            {
                _rows.Add(_walk.Row);
            }
        }

        return true;
    }
}
