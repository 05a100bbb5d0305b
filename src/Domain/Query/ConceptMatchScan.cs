using Cairn.Query.Expressions;
using Cairn.Snapshots;

namespace Cairn.Query;

/// <summary>Answers a <see cref="ConceptMatching"/>, by a walk in the order of the ids.</summary>
internal sealed class ConceptMatchScan(ConceptMatching matching, Snapshot snapshot) : Scan<ConceptMatches>
{
    private readonly Visibility _visibility = new(snapshot, matching.Now, null);
    private readonly ConceptFilter? _filter = matching.Where?.FilterOf(snapshot, matching.Now);
    private readonly List<int> _rows = [];
    private ConceptWalk? _walk;
    private long _count;

    public override ConceptMatches Result => new(_rows, _count);

    public override bool Step()
    {
        _walk ??= snapshot.ConceptsById(default);
        for (var end = RowsVisited + RowsPerSlice; RowsVisited < end; RowsVisited++)
        {
            if (_count == matching.StopAt || !_walk.MoveNext())
            {
                return false;
            }

            if (!_visibility.ShowsConcept(_walk.Row) || !matching.Labels.Matches(snapshot.Concept(_walk.Row)) || _filter?.Matches(_walk.Row) == false)
            {
                continue;
            }

            _count++;
            if (_rows.Count < matching.Keep)
            {
                _rows.Add(_walk.Row);
            }
        }

        return true;
    }
}
