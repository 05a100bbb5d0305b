using Cairn.Diagnostics;

namespace Cairn.Benchmarks.Churn;

/// <summary>Counts what a churn makes happen.</summary>
internal sealed class ChurnObserver : IEngineObserver
{
    /// <summary>Generations that ended.</summary>
    public int Compactions { get; private set; }

    /// <summary>The longest time that writes waited for one.</summary>
    public TimeSpan LongestPause { get; private set; }

    /// <summary>Operations that were replayed in it.</summary>
    public long PauseOperations { get; private set; }

    /// <summary>What went wrong.</summary>
    public int Failures { get; private set; }

    public void Compacted(in CompactionReport compaction)
    {
        Compactions++;
        (LongestPause, PauseOperations) = compaction.Pause > LongestPause ? (compaction.Pause, compaction.Operations) : (LongestPause, PauseOperations);
    }

    public void CheckpointFailed(Exception failure) => Fail(failure);

    public void Reached(WriterStep step)
    {
    }

    public void Stopped(Exception failure) => Fail(failure);

    public void PurgeFailed(Exception failure) => Fail(failure);

    public void TailCut(int file, long offset, long lengthBytes)
    {
    }

    public void Replaying(long doneBytes, long totalBytes)
    {
    }

    public void Rolled(int file)
    {
    }

    private void Fail(Exception failure)
    {
        Failures++;
        Console.WriteLine(failure);
    }
}
