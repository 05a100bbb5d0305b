using Cairn.Formats;
using Cairn.Model;
using Cairn.Primitives;

namespace Cairn.Reconciliation;

/// <summary>One thing on its way into the log: a commit, or a change of settings. The caller waits for the step that its door promises.</summary>
internal sealed class PendingWrite
{
    private readonly TaskCompletionSource<CommitOutcome?> _outcome = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<LogPosition> _durable = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private PendingWrite(EncodedCommit? commit, Func<SpaceSettings, SpaceSettings>? change, bool awaitsOutcome) =>
        (Commit, Change, AwaitsOutcome, Operations, Bytes) = (commit, change, awaitsOutcome, commit?.OperationCount ?? 1, commit?.LengthBytes ?? 0);

    /// <summary>The commit; null for a change of settings.</summary>
    public EncodedCommit? Commit { get; }

    /// <summary>From the settings that the log has to those that it shall have.</summary>
    public Func<SpaceSettings, SpaceSettings>? Change { get; }

    /// <summary>It is answered when it is visible, not when it is durable.</summary>
    public bool AwaitsOutcome { get; }

    public int Operations { get; }

    public int Bytes { get; }

    /// <summary>Completes when it is visible: the outcome, or null for a change of settings.</summary>
    public Task<CommitOutcome?> Outcome => _outcome.Task;

    /// <summary>Completes when it is durable: where it ends in the log.</summary>
    public Task<LogPosition> Durable => _durable.Task;

    public static PendingWrite Direct(EncodedCommit commit) => new(commit, null, awaitsOutcome: true);

    public static PendingWrite Ingested(EncodedCommit commit) => new(commit, null, awaitsOutcome: false);

    public static PendingWrite Configuration(Func<SpaceSettings, SpaceSettings> change) => new(null, change, awaitsOutcome: true);

    public void SetDurable(LogPosition position)
    {
        if (!AwaitsOutcome)
        {
            _durable.TrySetResult(position);
        }
    }

    public void SetOutcome(CommitOutcome? outcome)
    {
        if (AwaitsOutcome)
        {
            _outcome.TrySetResult(outcome);
        }
    }

    public void Fail(Exception failure)
    {
        // Nobody may be waiting any more (a client that went away): then nobody needs to be told.
        var task = AwaitsOutcome ? (Task)_outcome.Task : _durable.Task;
        _ = AwaitsOutcome ? _outcome.TrySetException(failure) : _durable.TrySetException(failure);
        _ = task.Exception;
    }
}
