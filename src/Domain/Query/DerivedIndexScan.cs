using Cairn.Snapshots;
using Cairn.Snapshots.Derived;

namespace Cairn.Query;

/// <summary>
/// Ends with a view of a derived index: at once if the snapshot carries one, else when the index has been built or has caught up. What is done stays done, also if nobody
/// waits for the end.
/// </summary>
/// <param name="index">The index of the snapshot's life of the space.</param>
/// <param name="wanted">What is read.</param>
/// <param name="exact">
/// The view must be of that very snapshot: if the index has gone past it, another one is built for it alone, which takes as long as building the first. Else a later
/// snapshot may be answered.
/// </param>
internal sealed class DerivedIndexScan<TView>(DerivedIndex<TView> index, Snapshot wanted, bool exact) : Scan<DerivedReading<TView>>
    where TView : class
{
    private DerivedReading<TView>? _reading;
    private ApartBuild<TView>? _apart;

    public override DerivedReading<TView> Result => _reading!;

    public override bool Step()
    {
        if (_apart is not null)
        {
            return StepApart(_apart);
        }

        var reading = index.Step(wanted, out var rows);
        RowsVisited += rows;
        if (reading is not null && exact && reading.Snapshot != wanted)
        {
            _apart = wanted.Apart(index);
            return true;
        }

        _reading = reading;
        return reading is null;
    }

    private bool StepApart(ApartBuild<TView> build)
    {
        var view = build.Step(out var rows);
        RowsVisited += rows;
        _reading = view is null ? null : new(wanted, view);
        return view is null;
    }
}
