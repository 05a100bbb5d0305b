namespace Cairn.Snapshots.Derived;

/// <summary>
/// Builds a view of a derived index for one snapshot that the index has gone past, from nothing, in slices. One reader goes on where another has left, so that it ends
/// also where none has the time for all of it. Thread-safe.
/// </summary>
/// <param name="index">The index.</param>
/// <param name="snapshot">What the view will be exact for, and is kept by.</param>
internal sealed class ApartBuild<TView>(DerivedIndex<TView> index, Snapshot snapshot)
    where TView : class
{
    private readonly Lock _gate = new();
    private CatchUp<TView>? _work;

    /// <summary>Does the next slice.</summary>
    /// <param name="rows">How many rows it went past.</param>
    /// <returns>Null: there is more to do.</returns>
    public TView? Step(out int rows)
    {
        lock (_gate)
        {
            rows = 0;
            return snapshot.View(index) ?? StepUnderGate(ref rows);
        }
    }

    private TView? StepUnderGate(ref int rows)
    {
        try
        {
            _work ??= new(index.NewIndexer(snapshot), null, snapshot, []);
            var before = _work.Visited;
            var goesOn = _work.Step(int.MaxValue, DerivedIndex<TView>.BytesPerSlice);
            rows = _work.Visited - before;
            if (goesOn)
            {
                return null;
            }
        }
        catch
        {
            // Half a row may be in it.
            _work = null;
            throw;
        }

        var view = _work.Index.Publish();
        snapshot.Keep(index, view);
        _work = null;
        return view;
    }
}
