using Cairn.Diagnostics;

namespace Cairn.Benchmarks.Churn;

/// <summary>Counts what a churn makes happen.</summary>
internal sealed class ChurnObserver : IEngineObserver
{
    /// <summary>How long writes waited for each generation that ended, in milliseconds.</summary>
    public List<double> Pauses { get; } = [];

    /// <summary>What went wrong.</summary>
    public int Failures { get; private set; }

    public void Compacted(in CompactionReport compaction) => Pauses.Add(compaction.Pause.TotalMilliseconds);

    public void CheckpointFailed(Exception failure) => Fail(failure);

    public void Stopped(Exception failure) => Fail(failure);

    public void PurgeFailed(Exception failure) => Fail(failure);

    private void Fail(Exception failure)
    {
        Failures++;
        Console.WriteLine(failure);
    }
}
