using Cairn.Columns;
using Cairn.Formats;
using Cairn.Indexes;
using Cairn.Model;
using Cairn.Primitives;

namespace Cairn.Snapshots.Checkpoints;

/// <summary>What of a checkpoint is no chunk of a table or an index: small, read whole when it is opened. Immutable.</summary>
internal sealed record CheckpointState
{
    /// <summary>Everything up to here is in it.</summary>
    public required LogPosition Position { get; init; }

    /// <summary>The latest time of a frame up to there.</summary>
    public required Timestamp LogClock { get; init; }

    public required SpaceSettings Settings { get; init; }

    /// <summary>The key of the stored hash indexes (<see cref="KeyedHash"/>).</summary>
    public required ulong HashKey { get; init; }

    /// <summary>Concepts that were put and not deleted.</summary>
    public required long ConceptCount { get; init; }

    /// <summary>Associations that were put and not deleted.</summary>
    public required long AssociationCount { get; init; }

    /// <summary>Whether any concept ever had an expiry.</summary>
    public required bool HasExpiry { get; init; }

    /// <summary>It may hold more rows and keys than count against the capacity of the indexes.</summary>
    public required bool HoldsForgotten { get; init; }

    /// <summary>Operations applied, of all frames up to the position.</summary>
    public required long Operations { get; init; }

    /// <summary>Commits before this instant of the log clock are forgotten as duplicates.</summary>
    public required Timestamp ForgottenBefore { get; init; }

    public required RowsState Concepts { get; init; }

    public required RowsState Associations { get; init; }

    /// <summary>Concept rows whose neighbours are in it; those behind them have none.</summary>
    public required int AdjacencyRows { get; init; }

    /// <summary>The key tables of the space, in the order of <see cref="StoredTables"/>.</summary>
    public required IReadOnlyList<KeyTableExtent> Keys { get; init; }

    /// <summary>Live associations of each implied concept, by row.</summary>
    public required IReadOnlyList<KeyValuePair<int, int>> ImpliedDegrees { get; init; }

    /// <summary>The last frame of each writer that is remembered.</summary>
    public required IReadOnlyList<WriterState> Writers { get; init; }

    /// <summary>The last event of each partition of a hub that is remembered, by hub and partition.</summary>
    public required IReadOnlyList<OriginState> Origins { get; init; }
}

/// <summary>The rows of concepts or of associations.</summary>
/// <param name="RowCount">Rows, dead ones included.</param>
/// <param name="Columns">Attribute columns, in the order of their numbers.</param>
/// <param name="Arenas">By column.</param>
internal sealed record RowsState(int RowCount, IReadOnlyList<ColumnState> Columns, IReadOnlyList<ArenaState> Arenas);

/// <summary>An attribute column.</summary>
/// <param name="Name">UTF-8.</param>
/// <param name="Kind">Type of its values.</param>
/// <param name="Dictionary">How far its dictionary went; null: it has none.</param>
internal sealed record ColumnState(byte[] Name, ValueKind Kind, KeyTableExtent? Dictionary);

/// <summary>The arena of a column.</summary>
/// <param name="Column">Its number.</param>
/// <param name="Current">The chunk that is written to, −1 if none.</param>
/// <param name="Uses">How full each chunk is.</param>
internal sealed record ArenaState(int Column, int Current, IReadOnlyList<ChunkUse> Uses);

/// <summary>The last frame of a writer.</summary>
/// <param name="Writer">Its id.</param>
/// <param name="Sequence">Number of the frame.</param>
/// <param name="Time">The log clock with it.</param>
internal readonly record struct WriterState(WriterId Writer, ulong Sequence, Timestamp Time);

/// <summary>The numbers of key tables as arguments of sections.</summary>
internal static class StoredTables
{
    public const uint Ids = 0, Labels = 1, LabelSets = 2, MediaTypes = 3, Types = 4, Keys = 5;

    /// <summary>Key tables that are no dictionaries.</summary>
    public const int Count = 6;

    private const uint ConceptDictionaries = 0x10000, AssociationDictionaries = 0x20000;

    /// <summary>The dictionary of an attribute column.</summary>
    public static uint Dictionary(bool ofConcepts, int column) => (ofConcepts ? ConceptDictionaries : AssociationDictionaries) + (uint)column;
}

/// <summary>The last event of a partition of a hub.</summary>
/// <param name="Last">Which.</param>
/// <param name="Time">The log clock with it.</param>
internal readonly record struct OriginState(Origin Last, Timestamp Time);
