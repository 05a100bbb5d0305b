using Cairn.Primitives;
using Cairn.Storage.Lookups;

namespace Cairn.Reconciliation;

/// <summary>Figures of one space. Counts are since the process opened it, unless said otherwise.</summary>
public sealed record SpaceStatistics
{
    /// <summary>Operations made durable.</summary>
    public required long Written { get; init; }

    /// <summary>Operations forgotten by an embedded space that may drop the oldest; 0 in the service.</summary>
    public required long Dropped { get; init; }

    /// <summary>Operations taken and not yet visible.</summary>
    public required long Pending { get; init; }

    /// <summary>Writes refused because too much was pending.</summary>
    public required long Throttled { get; init; }

    /// <summary>Bytes of all log files.</summary>
    public required long LogBytes { get; init; }

    /// <summary>End of the log.</summary>
    public required LogPosition LogPosition { get; init; }

    /// <summary>Snapshots published.</summary>
    public required long Rounds { get; init; }

    /// <summary>Operations applied, those replayed at open included.</summary>
    public required long Operations { get; init; }

    /// <summary>Checkpoints written.</summary>
    public required long Checkpoints { get; init; }

    /// <summary>What the newest checkpoint holds; zero if there is none.</summary>
    public required LogPosition CheckpointPosition { get; init; }

    /// <summary>Concepts in the newest snapshot.</summary>
    public required long Concepts { get; init; }

    /// <summary>Associations in the newest snapshot.</summary>
    public required long Associations { get; init; }

    /// <summary>Rows of deleted concepts in it, which the next checkpoint gives back if there are enough.</summary>
    public required long DeadConcepts { get; init; }

    /// <summary>Rows of deleted associations in it, as <see cref="DeadConcepts"/>.</summary>
    public required long DeadAssociations { get; init; }

    /// <summary>Position of the newest snapshot.</summary>
    public required LogPosition SnapshotPosition { get; init; }

    /// <summary>Age of the oldest durable operation that is not visible yet; zero if there is none.</summary>
    public required TimeSpan SnapshotAge { get; init; }

    /// <summary>Bytes of memory that the space's data takes, about.</summary>
    public required long MemoryBytes { get; init; }

    /// <summary>How far the lookups index was brought, as far as this process has seen; null: there is none, or it did not look yet.</summary>
    public LookupsWatermark? Lookups { get; init; }

    /// <summary>How far the vectors of the remote model are; null: none embeds.</summary>
    public Embedding.EmbeddingProgress? Embeddings { get; init; }

    /// <summary>When a write was last refused; null: never.</summary>
    public required DateTimeOffset? LastThrottledAt { get; init; }
}
