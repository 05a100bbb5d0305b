namespace Cairn.Diagnostics;

/// <summary>The steps that a writer takes with each group.</summary>
public enum WriterStep
{
    /// <summary>Commits were taken from the queue.</summary>
    Gathered,

    /// <summary>The log has them; they are durable.</summary>
    Appended,

    /// <summary>They are applied to the writer's state, and readers do not see them yet.</summary>
    Applied,

    /// <summary>Readers see them.</summary>
    Published,
}

/// <summary>What one space reports. Called on the writer's threads: answer quickly, never throw.</summary>
public interface IEngineObserver : ILogObserver
{
    /// <summary>The writer has done a step.</summary>
    void Reached(WriterStep step)
    {
    }

    /// <summary>Readers see commits of this process that carry a trace context.</summary>
    /// <param name="trace">The context, as whoever wrote them gave it; only until this returns.</param>
    /// <param name="commits">How many in a row carry it.</param>
    /// <param name="duration">Since the first of them was durable.</param>
    void TraceSeen(ReadOnlySpan<byte> trace, int commits, TimeSpan duration)
    {
    }

    /// <summary>The space takes no more writes.</summary>
    /// <param name="failure">Why.</param>
    void Stopped(Exception failure)
    {
    }

    /// <summary>What expired could not be purged, or not all of it; it is tried again later.</summary>
    /// <param name="failure">Why.</param>
    void PurgeFailed(Exception failure)
    {
    }

    /// <summary>What other processes wrote could not be read; it is tried again soon.</summary>
    /// <param name="failure">Why.</param>
    void FollowFailed(Exception failure)
    {
    }

    /// <summary>A checkpoint is stored.</summary>
    void Checkpointed(in CheckpointReport checkpoint)
    {
    }

    /// <summary>The space goes on with a compacted checkpoint: dead rows and unused keys are given back.</summary>
    void Compacted(in CompactionReport compaction)
    {
    }

    /// <summary>A checkpoint could not be written, or what it made needless not be deleted; it is tried again, later each time. Told once, until it succeeds or fails for another reason.</summary>
    /// <param name="failure">Why.</param>
    void CheckpointFailed(Exception failure)
    {
    }

    /// <summary>The lookups index could not be brought forward, or not all the way; it is tried again later.</summary>
    /// <param name="failure">Why.</param>
    void ProjectionFailed(Exception failure)
    {
    }

    /// <summary>Concepts could not be embedded; it is tried again, later each time. Told once, until it succeeds or fails for another reason.</summary>
    /// <param name="failure">Why.</param>
    void EmbeddingFailed(Exception failure)
    {
    }

    /// <summary>The space was closed because nobody used it; whoever asks for it opens it again.</summary>
    /// <param name="idleFor">How long nobody did.</param>
    /// <param name="memoryBytes">Bytes of memory that its data took, about.</param>
    void Evicted(TimeSpan idleFor, long memoryBytes)
    {
    }
}

/// <summary>What a checkpoint took.</summary>
/// <param name="Number">Of its manifest.</param>
/// <param name="Operations">Operations behind the one before it.</param>
/// <param name="WrittenBytes">Bytes of its new segments.</param>
/// <param name="StoredBytes">Bytes of all its segments, those of indexes among them.</param>
/// <param name="Duration">From its beginning to its manifest.</param>
public readonly record struct CheckpointReport(long Number, long Operations, long WrittenBytes, long StoredBytes, TimeSpan Duration);

/// <summary>What a compacted checkpoint gave back, and what it took to go on with it.</summary>
/// <param name="Number">Of its manifest.</param>
/// <param name="Concepts">Dead rows of concepts.</param>
/// <param name="Associations">Dead rows of associations.</param>
/// <param name="Operations">Operations that were replayed while writes waited.</param>
/// <param name="Pause">How long writes waited.</param>
/// <param name="Duration">From the manifest to the state that goes on.</param>
public readonly record struct CompactionReport(long Number, long Concepts, long Associations, long Operations, TimeSpan Pause, TimeSpan Duration);

/// <summary>An observer that looks away.</summary>
public sealed class SilentEngineObserver : IEngineObserver
{
    /// <summary>The only one that is needed.</summary>
    public static readonly SilentEngineObserver Instance = new();
}
