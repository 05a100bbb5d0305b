using Cairn.Formats.Segments;
using Cairn.Snapshots.Checkpoints;

namespace Cairn.Snapshots.Derived;

/// <summary>The small parts of a derived index as a checkpoint holds it. Immutable; known by its reference.</summary>
/// <param name="Number">Which index.</param>
/// <param name="Content">Its own small parts, and where the others are.</param>
/// <param name="Stale">Rows that are not in it as the checkpoint has them, ascending. Some may be of rows that the checkpoint does not have.</param>
internal sealed record DerivedState(uint Number, StoredIndex Content, IReadOnlyList<int> Stale)
{
    /// <summary>With more stale rows an index that nobody reads is brought along: to read so many costs its first reader about a second.</summary>
    public const int MaxStale = 64 * 1024;

    /// <summary>Stale rows at most: what else is found stale means that the index is not stored.</summary>
    public const int MostStale = 64 * MaxStale;

    /// <summary>Where its small parts are stored, in the newest segment.</summary>
    public static SectionId SectionOf(uint number) => new(SectionKind.IndexState, number);
}

/// <summary>What an index of some kind stores.</summary>
/// <param name="Body">Its small parts, in a format of their own.</param>
/// <param name="Sections">Chunks of each of its sections that count.</param>
internal sealed record StoredIndex(ReadOnlyMemory<byte> Body, IReadOnlyList<(SectionId Section, int Chunks)> Sections);

/// <summary>What an index can be loaded from.</summary>
/// <param name="State">Its small parts.</param>
/// <param name="Files">The others.</param>
/// <param name="Snapshot">The checkpoint's state.</param>
internal sealed record DerivedOrigin(DerivedState State, IndexFiles Files, Snapshot Snapshot);

/// <summary>The derived indexes that a checkpoint holds.</summary>
/// <param name="States">Of each index its small parts.</param>
/// <param name="Files">The others.</param>
internal sealed record StoredDerived(IReadOnlyList<DerivedState> States, IndexFiles Files)
{
    /// <summary>None.</summary>
    public static StoredDerived None { get; } = new([], IndexFiles.None);
}
