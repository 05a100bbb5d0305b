using Cairn.Formats.Segments;
using Cairn.Primitives;

namespace Cairn.Snapshots.Derived;

/// <summary>
/// What is computed of the concepts of a life of a space beside its state, and could be computed again at any time. It does not exist before a reader asks for it, or a
/// checkpoint brings it. Thread-safe.
/// </summary>
internal abstract class DerivedIndex
{
    /// <summary>Which index it is in a checkpoint; a number keeps its meaning for ever.</summary>
    public abstract uint Number { get; }

    /// <summary>Bytes of memory, about.</summary>
    public abstract long Bytes { get; }

    /// <summary>
    /// Brings it to a snapshot that is about to be published, if it is in use and few rows have changed; else leaves that to readers. Never waits. The writer only, in the
    /// order of snapshots.
    /// </summary>
    public abstract void Follow(Snapshot next);

    /// <summary>Readers use it, or checkpoints hold it: a state that takes this one's place needs it, too.</summary>
    public abstract bool IsWanted { get; }

    /// <summary>It is in memory, if perhaps not up to date; else, if it is wanted, a checkpoint has it.</summary>
    public abstract bool IsLoaded { get; }

    /// <summary>Building it took long, and no checkpoint holds it.</summary>
    public abstract bool WantsStoring { get; }

    /// <summary>The same index of another state of the space, whose rows are numbered otherwise.</summary>
    public DerivedIndex In(SharedIndexes other) => other.Derived(Number)!;

    /// <summary>Builds it as far as a snapshot, on the calling thread.</summary>
    /// <exception cref="OperationCanceledException">Cancelled between two slices.</exception>
    public abstract void Build(Snapshot snapshot, CancellationToken cancellationToken);

    /// <summary>Begins with what a checkpoint holds; it is loaded when a reader asks for it. Before anything else.</summary>
    public abstract void Restore(DerivedOrigin origin);

    /// <summary>Opens the files that it is loaded from, if it may be soon; else who first reads it waits for that on his thread.</summary>
    /// <exception cref="CairnException">Corrupt, Unavailable: the files.</exception>
    public abstract ValueTask PrepareAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Writes it for a checkpoint. It is brought near the checkpoint's state before, on the calling thread; what is left counts as stale.
    /// </summary>
    /// <param name="captured">The checkpoint's state.</param>
    /// <param name="before">What the checkpoint before holds, to whose chunks is added; null: nothing.</param>
    /// <param name="output">Takes the chunks.</param>
    /// <param name="cancellationToken">Ends the writing.</param>
    /// <returns>Its small parts; null: the checkpoint is to hold nothing of it.</returns>
    public abstract ValueTask<DerivedState?> WriteAsync(Snapshot captured, DerivedState? before, IChunkOutput output, CancellationToken cancellationToken);

    /// <summary>A checkpoint is the newest now. If it holds the index and nobody reads that, it is let go: it can be loaded from there.</summary>
    /// <param name="origin">What it holds; null: nothing.</param>
    public abstract void Stored(DerivedOrigin? origin);

    /// <summary>A new, empty index of a number; null: a later version knows it.</summary>
    public static DerivedIndex? New(uint number) => number switch
    {
        TextIndexing.SectionArgument => new TextIndexing(),
        VectorIndexing.SectionArgument => new VectorIndexing(),
        HashedIndexing.SectionArgument => new HashedIndexing(),
        _ => null,
    };
}
