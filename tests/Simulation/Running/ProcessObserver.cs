using Cairn.Diagnostics;
using Cairn.Primitives;
using Cairn.Simulation.Scheduling;

namespace Cairn.Simulation.Running;

/// <summary>Hears what the engine of a process reports. Failures that no fault explains end the run.</summary>
internal sealed class ProcessObserver(SimulatedProcess process, Trace trace, Action<Exception> fail) : IEngineObserver
{
    /// <summary>Whether a failure is one that storage or other processes can bring about.</summary>
    public static bool IsExplained(Exception failure) =>
        failure is CairnException { Kind: not (ErrorKind.Corrupt or ErrorKind.Internal or ErrorKind.Invalid) };

    public void Stopped(Exception failure)
    {
        Judge("stopped", failure);

        // A space that is gone is left and found again; one that is stopped needs a new process.
        process.NeedsRestart |= failure is not CairnException { Kind: ErrorKind.NotFound };
    }

    public void PurgeFailed(Exception failure) => Judge("purge failed", failure);

    public void FollowFailed(Exception failure) => Judge("follow failed", failure);

    public void Checkpointed(in CheckpointReport checkpoint) => trace.Add($"p{process.Number} checkpoint {checkpoint.Number}");

    public void CheckpointFailed(Exception failure) => Judge("checkpoint failed", failure);

    public void TailCut(int file, long offset, long lengthBytes) => trace.Add($"p{process.Number} cut {file} {offset} {lengthBytes}");

    public void Rolled(int file) => trace.Add($"p{process.Number} rolled to {file}");

    private void Judge(string what, Exception failure)
    {
        trace.Add($"p{process.Number} {what}: {failure.Message}");

        // What was under way when a space stopped fails in other words.
        if (!process.NeedsRestart && !IsExplained(failure))
        {
            fail(failure);
        }
    }
}
