namespace Cairn.Snapshots;

/// <summary>The atomic pointer to the newest snapshot: one writer, any number of readers.</summary>
/// <remarks>Publish is a release: everything that the writer stored before it is seen by a reader that takes the snapshot,
/// which is an acquire. Nothing that a snapshot counts changes afterwards.</remarks>
internal sealed class ReadView(Snapshot first)
{
    private Snapshot _newest = first;

    /// <summary>The newest snapshot.</summary>
    public Snapshot Newest => Volatile.Read(ref _newest);

    /// <summary>Replaces it. The writer only.</summary>
    public void Publish(Snapshot next) => Volatile.Write(ref _newest, next);
}
