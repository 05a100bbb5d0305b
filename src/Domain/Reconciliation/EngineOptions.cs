using Cairn.Indexes;
using Cairn.Model;

namespace Cairn.Reconciliation;

/// <summary>What an embedded program wants when writes come faster than the log takes them.</summary>
public enum OverflowPolicy
{
    /// <summary>Refuse with Throttled; the caller retries. The service's only policy.</summary>
    Reject,

    /// <summary>Wait until there is room.</summary>
    Wait,

    /// <summary>Forget the oldest ingested commits that no append holds yet, and count them. Embedded only: nothing that was acknowledged is dropped.</summary>
    DropOldest,
}

/// <summary>How a space gathers and publishes. Immutable.</summary>
public sealed record EngineOptions
{
    /// <summary>The service's: 10 ms and 10,000 operations.</summary>
    public static readonly EngineOptions Default = new();

    /// <summary>Ingested commits become visible later, in larger batches.</summary>
    public static readonly EngineOptions Throughput = new() { ReconcileInterval = TimeSpan.FromMilliseconds(50) };

    /// <summary>Ingested commits become visible sooner.</summary>
    public static readonly EngineOptions Latency = new() { ReconcileInterval = TimeSpan.FromMilliseconds(5) };

    /// <summary>Small batches and a short queue.</summary>
    public static readonly EngineOptions SmallMemory = new() { MaxBatch = 1_000, MaxUnappliedOperations = 50_000, MaxUnappliedBytes = 16L * 1024 * 1024 };

    /// <summary>How long ingested commits may wait for others before they are published together.</summary>
    public TimeSpan ReconcileInterval { get; init; } = TimeSpan.FromMilliseconds(10);

    /// <summary>Operations that are published together at most, commits being whole.</summary>
    public int MaxBatch { get; init; } = 10_000;

    /// <summary>Operations taken and not yet visible, past which writes overflow.</summary>
    public long MaxUnappliedOperations { get; init; } = Limits.UnappliedOperations;

    /// <summary>Bytes taken and not yet visible, past which writes overflow.</summary>
    public long MaxUnappliedBytes { get; init; } = Limits.UnappliedBytes;

    /// <summary>Ids of callers that a space remembers, past which commits that bring one are throttled: none is forgotten before its time.</summary>
    public long MaxRememberedCommits { get; init; } = Limits.RememberedCommits;

    /// <summary>How long after its expiry a concept is purged at the earliest; not negative. Nobody sees it meanwhile.</summary>
    public TimeSpan ExpiryGrace { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Where several processes write a space: between two looks at what the others wrote at most, while it is being used; positive.</summary>
    public TimeSpan TailInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>When checkpoints are written.</summary>
    public CheckpointOptions Checkpoints { get; init; } = CheckpointOptions.Default;

    /// <summary>How a lookups index is brought forward, where there is one.</summary>
    public LookupsOptions Lookups { get; init; } = LookupsOptions.Default;

    /// <summary>How often a space looks for what to purge; positive.</summary>
    public TimeSpan ExpirySweepInterval { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>For tests: whoever replays the log needs the same.</summary>
    internal IndexCapacity Capacity { get; init; } = IndexCapacity.Default;

    /// <summary>What happens when more is taken than may be.</summary>
    public OverflowPolicy Overflow { get; init; } = OverflowPolicy.Reject;
}

/// <summary>When a space writes checkpoints, and how long it keeps them. Immutable.</summary>
public sealed record CheckpointOptions
{
    /// <summary>The service's.</summary>
    public static readonly CheckpointOptions Default = new();

    /// <summary>No checkpoints: the log alone, which is read whole when the space is opened. For spaces that never had one.</summary>
    public static readonly CheckpointOptions Never = new() { IsOn = false };

    /// <summary>Whether checkpoints are written at all.</summary>
    public bool IsOn { get; init; } = true;

    /// <summary>Operations behind the last checkpoint past which writes are refused; half of them make a checkpoint due at once.</summary>
    public long MaxTailOperations { get; init; } = Limits.UnappliedOperations;

    /// <summary>Bytes of log behind the last checkpoint past which writes are refused; half of them make a checkpoint due at once.</summary>
    public long MaxTailBytes { get; init; } = Limits.UnappliedBytes;

    /// <summary>Operations behind the last checkpoint that make one due, as far as <see cref="Interval"/> and the size of the last one allow.</summary>
    public long TailOperations { get; init; } = 100_000;

    /// <summary>Bytes of log behind the last checkpoint that make one due, as far as <see cref="Interval"/> and the size of the last one allow.</summary>
    public long TailBytes { get; init; } = 64L * 1024 * 1024;

    /// <summary>Operations behind the last checkpoint for which a space that is closed writes one first.</summary>
    public long ClosingOperations { get; init; } = 10_000;

    /// <summary>Between the opening of the space, or the beginning of a checkpoint, and the beginning of the next one at least, unless it is due at once.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>A checkpoint leaves dead rows and unused keys out, and the space goes on with it, when there are so many at least, and 30 % of all.</summary>
    public long CompactionRows { get; init; } = 10_000;

    /// <summary>How long log, outcomes and checkpoints are kept.</summary>
    public TimeSpan Retention { get; init; } = TimeSpan.FromDays(7);
}

/// <summary>How a space brings its lookups index forward. Immutable.</summary>
public sealed record LookupsOptions
{
    /// <summary>The service's.</summary>
    public static readonly LookupsOptions Default = new();

    /// <summary>Between two rounds, which cost nothing where nothing was written; positive.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long after another process's last round this one takes over, if there is something to do.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromMinutes(1);
}
