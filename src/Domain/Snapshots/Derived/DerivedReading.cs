namespace Cairn.Snapshots.Derived;

/// <summary>A snapshot with what was derived of it.</summary>
/// <param name="Snapshot">What the view is exact for.</param>
/// <param name="View">Its rows are those of the snapshot.</param>
internal sealed record DerivedReading<TView>(Snapshot Snapshot, TView View)
    where TView : class;
