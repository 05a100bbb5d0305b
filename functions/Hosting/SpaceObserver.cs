using Cairn.Diagnostics;
using Cairn.Functions.Telemetry;
using Cairn.Primitives;

namespace Cairn.Functions.Hosting;

/// <summary>Tells the log of the process what happens in one space: names and numbers, never memory content.</summary>
internal sealed partial class SpaceObserver(SpaceName space, ILogger logger, TimeProvider time) : IEngineObserver
{
    private static readonly TimeSpan ProgressInterval = TimeSpan.FromSeconds(1);

    private long _lastProgress = time.GetTimestamp();

    public void Stopped(Exception failure)
    {
        if (failure is CairnException { Kind: ErrorKind.NotFound })
        {
            LogGone(logger, space, failure.Message);
        }
        else
        {
            LogStopped(logger, space, failure);
        }
    }

    public void FollowFailed(Exception failure) => LogFollowFailed(logger, space, failure);

    public void EmbeddingFailed(Exception failure) => LogEmbeddingFailed(logger, space, failure);

    public void PurgeFailed(Exception failure) => LogPurgeFailed(logger, space, failure);

    public void TailCut(int file, long offset, long lengthBytes) => LogTailCut(logger, space, file, offset, lengthBytes);

    // A short log says nothing; a long one says that it is at it, once a second.
    public void Replaying(long doneBytes, long totalBytes)
    {
        if (time.GetElapsedTime(_lastProgress) >= ProgressInterval)
        {
            _lastProgress = time.GetTimestamp();
            LogReplaying(logger, space, totalBytes == 0 ? 100 : doneBytes * 100 / totalBytes, totalBytes / (1024 * 1024));
        }
    }

    public void Rolled(int file) => LogRolled(logger, space, file);

    public void TraceSeen(ReadOnlySpan<byte> trace, int commits, TimeSpan duration) => SpaceTraces.Reconciled(space, trace, commits, time.GetUtcNow(), duration);

    public void Checkpointed(in CheckpointReport checkpoint)
    {
        LogCheckpointed(
            logger, space, checkpoint.Number, checkpoint.Operations, checkpoint.WrittenBytes / 1024, checkpoint.StoredBytes / 1024, (long)checkpoint.Duration.TotalMilliseconds);
        SpaceTraces.Checkpointed(space, checkpoint, time.GetUtcNow());
    }

    public void Compacted(in CompactionReport compaction) => LogCompacted(
        logger, space, compaction.Number, compaction.Concepts, compaction.Associations, (long)compaction.Duration.TotalMilliseconds, compaction.Pause.TotalMilliseconds);

    public void CheckpointFailed(Exception failure) => LogCheckpointFailed(logger, space, failure);

    public void ProjectionFailed(Exception failure) => LogProjectionFailed(logger, space, failure);

    public void Evicted(TimeSpan idleFor, long memoryBytes) => LogEvicted(logger, space, (long)idleFor.TotalSeconds, memoryBytes / 1024);

    [LoggerMessage(10, LogLevel.Critical, "space {Space} takes no more writes")]
    private static partial void LogStopped(ILogger logger, SpaceName space, Exception failure);

    [LoggerMessage(11, LogLevel.Warning, "space {Space}: a torn write of {LengthBytes} bytes at {File}:{Offset} was set aside")]
    private static partial void LogTailCut(ILogger logger, SpaceName space, int file, long offset, long lengthBytes);

    [LoggerMessage(12, LogLevel.Information, "space {Space}: replaying the log, {Percent} % of {Megabytes} MiB")]
    private static partial void LogReplaying(ILogger logger, SpaceName space, long percent, long megabytes);

    [LoggerMessage(13, LogLevel.Information, "space {Space}: the log goes on in file {File}")]
    private static partial void LogRolled(ILogger logger, SpaceName space, int file);

    [LoggerMessage(14, LogLevel.Warning, "space {Space}: what expired could not be purged; it is tried again later")]
    private static partial void LogPurgeFailed(ILogger logger, SpaceName space, Exception failure);

    [LoggerMessage(72, LogLevel.Warning, "space {Space}: concepts could not be embedded; it is tried again later")]
    private static partial void LogEmbeddingFailed(ILogger logger, SpaceName space, Exception failure);

    [LoggerMessage(15, LogLevel.Information, "space {Space}: checkpoint {Number} of {Operations} operations, {WrittenKibibytes} KiB written, {StoredKibibytes} KiB in all, {Milliseconds} ms")]
    private static partial void LogCheckpointed(
        ILogger logger, SpaceName space, long number, long operations, long writtenKibibytes, long storedKibibytes, long milliseconds);

    [LoggerMessage(19, LogLevel.Information, "space {Space}: goes on with checkpoint {Number} without {Concepts} dead concepts and {Associations} dead associations, after {Milliseconds} ms, of which writes waited {PauseMilliseconds:0.0}")]
    private static partial void LogCompacted(
        ILogger logger, SpaceName space, long number, long concepts, long associations, long milliseconds, double pauseMilliseconds);

    [LoggerMessage(16, LogLevel.Error, "space {Space}: a checkpoint failed; it is tried again, and told when that fails otherwise")]
    private static partial void LogCheckpointFailed(ILogger logger, SpaceName space, Exception failure);

    [LoggerMessage(17, LogLevel.Warning, "space {Space}: what other processes wrote could not be read; it is tried again")]
    private static partial void LogFollowFailed(ILogger logger, SpaceName space, Exception failure);

    [LoggerMessage(18, LogLevel.Information, "space {Space} is closed here: {Reason}")]
    private static partial void LogGone(ILogger logger, SpaceName space, string reason);

    [LoggerMessage(24, LogLevel.Warning, "space {Space}: the lookups index could not be brought forward; it is tried again")]
    private static partial void LogProjectionFailed(ILogger logger, SpaceName space, Exception failure);

    [LoggerMessage(20, LogLevel.Information, "space {Space}: closed, after {Seconds} s in which nobody used it; {Kibibytes} KiB")]
    private static partial void LogEvicted(ILogger logger, SpaceName space, long seconds, long kibibytes);
}
