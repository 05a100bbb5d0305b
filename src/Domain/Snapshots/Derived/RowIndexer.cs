using Cairn.Model;

namespace Cairn.Snapshots.Derived;

/// <summary>
/// The writer's side of what is computed of the concepts of a space, row by row. One thread at a time; its views are for any.
/// Invariant: what it holds is a function of the rows that it was told, whatever they were before.
/// </summary>
internal abstract class RowIndexer<TView>
    where TView : class
{
    /// <summary>Bytes of memory, about.</summary>
    public abstract long Bytes { get; }

    /// <summary>The columns that every concept has and that it reads; the flags and the attributes' need not be named.</summary>
    public abstract ReadOnlySpan<int> Columns { get; }

    /// <summary>Whether it is what a space with these settings needs, by the rows that it was told; if not, another one is made. One that is made of a whole snapshot with them is.</summary>
    public abstract bool Fits(SpaceSettings settings);

    /// <summary>Whether it reads attributes of a type.</summary>
    public abstract bool ReadsAttributes(ValueKind kind);

    /// <summary>Makes a row what it is now, alive or dead, and answers how many bytes it read for that.</summary>
    public abstract int Update(in ConceptView concept);

    /// <summary>Makes a row one that has nothing.</summary>
    public abstract void Remove(int row);

    /// <summary>The version for readers: all that was done before.</summary>
    public abstract TView Publish();

    /// <summary>What makes a smaller one that holds the same as a view, on any thread; null: that would not pay.</summary>
    public virtual Func<RowIndexer<TView>>? Compaction(TView view) => null;
}
