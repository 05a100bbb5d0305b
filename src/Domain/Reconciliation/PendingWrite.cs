using Cairn.Formats;
using Cairn.Model;
using Cairn.Primitives;

namespace Cairn.Reconciliation;

/// <summary>One thing on its way into the log: a commit, a change of settings, a purge, embeddings, or the end of a generation. The caller waits for the step that its door promises.</summary>
internal sealed class PendingWrite
{
    // One of the two: which, the door says.
    private readonly TaskCompletionSource<CommitOutcome?>? _outcome;
    private readonly TaskCompletionSource<LogPosition>? _durable;
    private int _heldBy;

    private PendingWrite(bool awaitsOutcome, int operations, int lengthBytes)
    {
        (Operations, Bytes) = (operations, lengthBytes);
        _outcome = awaitsOutcome ? new() : null;
        _durable = awaitsOutcome ? null : new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    /// <summary>The commit; null for anything else.</summary>
    public EncodedCommit? Commit { get; private init; }

    /// <summary>Commits that it must not overtake; null: none.</summary>
    public WriteChain? Chain { get; private init; }

    /// <summary>From the settings that the log has to those that it shall have.</summary>
    public Func<SpaceSettings, SpaceSettings>? Change { get; private init; }

    /// <summary>The body of a purge.</summary>
    public byte[]? Purged { get; private init; }

    /// <summary>The body of a frame of embeddings.</summary>
    public byte[]? Embedded { get; private init; }

    /// <summary>The end of a generation of rows.</summary>
    public bool EndsGeneration { get; private init; }

    /// <summary>It is answered when it is visible, not when it is durable.</summary>
    public bool AwaitsOutcome => _outcome is not null;

    public int Operations { get; }

    public int Bytes { get; }

    /// <summary>Completes when it is visible: the outcome; null if it is no commit.</summary>
    public Task<CommitOutcome?> Outcome => _outcome!.Task;

    /// <summary>Completes when it is durable: where it ends in the log.</summary>
    public Task<LogPosition> Durable => _durable!.Task;

    public static PendingWrite Direct(EncodedCommit commit, WriteChain? chain = null) => new(true, commit.OperationCount, commit.LengthBytes) { Commit = commit, Chain = chain };

    public static PendingWrite Ingested(EncodedCommit commit) => new(false, commit.OperationCount, commit.LengthBytes) { Commit = commit };

    public static PendingWrite Configuration(Func<SpaceSettings, SpaceSettings> change) => new(true, 1, 0) { Change = change };

    /// <param name="body">As <see cref="PurgeWriter"/> made it.</param>
    public static PendingWrite Purge(byte[] body) => new(true, 1, body.Length) { Purged = body };

    /// <param name="body">As <see cref="EmbeddingsWriter"/> made it.</param>
    public static PendingWrite Embeddings(byte[] body) => new(true, 1, body.Length) { Embedded = body };

    public static PendingWrite Generation() => new(true, 0, 0) { EndsGeneration = true };

    public void SetDurable(LogPosition position) => _durable?.TrySetResult(position);

    /// <summary>Its caller appends on this thread, and waits for nothing before <see cref="LetGo"/>.</summary>
    public void Hold() => Volatile.Write(ref _heldBy, Environment.CurrentManagedThreadId);

    /// <summary>From here on its caller may wait.</summary>
    public void LetGo() => Volatile.Write(ref _heldBy, 0);

    /// <summary>Sets the outcome if this is the thread of its caller, who will find it then; false: he may be waiting, and would go on within the call.</summary>
    public bool TrySetHere(CommitOutcome? outcome) => IsHere && _outcome!.TrySetResult(outcome);

    /// <summary>Sets the outcome. Whoever waits for it goes on on this thread, within the call.</summary>
    public void SetOutcome(CommitOutcome? outcome) => _outcome?.TrySetResult(outcome);

    /// <summary>Whoever waits hears of it from a pool thread.</summary>
    public void Fail(Exception failure)
    {
        // Here, before the next append begins.
        Chain?.Note(failure);
        if (IsHere)
        {
            SetFailure(failure);
            return;
        }

        ThreadPool.UnsafeQueueUserWorkItem(static item => item.Write.SetFailure(item.Failure), (Write: this, Failure: failure), preferLocal: false);
    }

    // While it is held the thread is in the midst of its call, so that no other one can have its number.
    private bool IsHere => Volatile.Read(ref _heldBy) == Environment.CurrentManagedThreadId;

    private void SetFailure(Exception failure)
    {
        // Nobody may be waiting any more (a client that went away): then nobody needs to be told.
        _outcome?.TrySetException(failure);
        _durable?.TrySetException(failure);
        _ = _outcome?.Task.Exception ?? _durable?.Task.Exception;
    }
}
