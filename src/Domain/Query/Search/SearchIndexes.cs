using Cairn.Snapshots;
using Cairn.Snapshots.Derived;
using Cairn.Text;
using Cairn.Vectors;

namespace Cairn.Query.Search;

/// <summary>What a search looks into.</summary>
/// <param name="Snapshot">The newest state that one of them is of; that of all, unless writes come faster than they are made ready.</param>
/// <param name="Text">Null: it is not asked.</param>
/// <param name="Vectors">Null: it is not asked.</param>
/// <param name="Hashed">Null: it is not asked.</param>
internal sealed record SearchViews(Snapshot Snapshot, TextView? Text, SpaceVectors? Vectors, VectorView? Hashed);

/// <summary>
/// Gets the indexes that a search needs ready, all of one snapshot. Each may be found to be of a later one than the others; then those are brought along, and so on, but not for ever:
/// after <see cref="MaxRounds"/> the search goes on with what there is, none of it older than what was asked for.
/// </summary>
internal sealed class SearchIndexes : Scan<SearchViews>
{
    private const int MaxRounds = 4;

    private readonly SearchQuery _query;
    private Snapshot _snapshot;
    private DerivedReading<TextView>? _text;
    private DerivedReading<SpaceVectors>? _vectors;
    private DerivedReading<VectorView>? _hashed;
    private Func<bool>? _step;
    private int _rounds;
    private long _visited;

    public SearchIndexes(SearchQuery query, Snapshot snapshot) => (_query, _snapshot) = (query, snapshot);

    public override SearchViews Result => new(_snapshot, _text?.View, _vectors?.View, _hashed?.View);

    public override bool Step()
    {
        _step ??= Next();
        if (_step is null)
        {
            return false;
        }

        if (!_step())
        {
            _step = null;
        }

        return true;
    }

    private bool NeedsText => !_query.Text.IsEmpty && (_query.Weights.Text > 0 || NeedsHashed);

    private bool NeedsVectors => _query.Vector is not null && _query.Weights.Vector > 0;

    private bool NeedsHashed => _query is { UsesBuiltInModel: true, Vector: null, Text.IsEmpty: false, Weights.Vector: > 0 };

    private Func<bool>? Next() =>
        NeedsText && Lacks(_text) ? Prepare<TextIndexing, TextView>(reading => _text = reading)
        : NeedsVectors && Lacks(_vectors) ? Prepare<VectorIndexing, SpaceVectors>(reading => _vectors = reading)
        : NeedsHashed && Lacks(_hashed) ? Prepare<HashedIndexing, VectorView>(reading => _hashed = reading)
        : null;

    private bool Lacks<TView>(DerivedReading<TView>? reading)
        where TView : class => reading is null || (reading.Snapshot != _snapshot && _rounds < MaxRounds);

    private Func<bool> Prepare<TIndex, TView>(Action<DerivedReading<TView>> take)
        where TIndex : DerivedIndex<TView>, new()
        where TView : class
    {
        var scan = new DerivedIndexScan<TView>(_snapshot.Derived<TIndex>(), _snapshot, _query.IsExact) { Deadline = Deadline };
        return () =>
        {
            var goesOn = scan.Step();
            RowsVisited = _visited + scan.RowsVisited;
            if (!goesOn)
            {
                _visited = RowsVisited;
                take(scan.Result);
                GoTo(scan.Result.Snapshot);
            }

            return goesOn;
        };
    }

    private void GoTo(Snapshot reached)
    {
        if (reached.Position > _snapshot.Position)
        {
            (_snapshot, _rounds) = (reached, _rounds + 1);
        }
    }
}
