using Cairn.Formats;
using Cairn.Log;
using Cairn.Model;
using Cairn.Primitives;

namespace Cairn.Reconciliation;

/// <content>Its doors for writes.</content>
public sealed partial class Space
{
    /// <summary>Commits through the interactive door: when it is answered, the commit is durable, decided and visible to every later read.</summary>
    /// <param name="commit">Stays the caller's; if this throws OperationCanceledException it is still on its way and must not be returned to the pool.</param>
    /// <param name="cancellationToken">Ends the waiting, not the commit.</param>
    /// <exception cref="CairnException">
    /// Throttled, Unavailable: nothing happened. Invalid (firstSent): nor did it; the commit was first sent by a clock that is too far ahead (<see cref="WriteLog.LatestFirstSent"/>).
    /// Unknown: ask for the commit by its id later. Corrupt: the space is stopped.
    /// </exception>
    public ValueTask<CommitOutcome> CommitAsync(EncodedCommit commit, CancellationToken cancellationToken) => CommitAsync(commit, here: false, cancellationToken);

    /// <summary>As <see cref="CommitAsync(EncodedCommit, CancellationToken)"/>, unless one before it in its chain failed: then it is refused as Unavailable.</summary>
    public async ValueTask<CommitOutcome> CommitAsync(EncodedCommit commit, WriteChain chain, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(chain);
        try
        {
            return chain.IsBroken ? throw WriteChain.Refusal() : await CommitAsync(commit, here: false, cancellationToken, chain).ConfigureAwait(false);
        }
        catch (CairnException failure) when (failure.Kind != ErrorKind.Throttled)
        {
            // What was throttled was not taken: it may be tried again in its place.
            chain.Note(failure);
            throw;
        }
    }

    /// <summary>The last event of a partition of a hub that was applied, and the log clock then; null: none is remembered.</summary>
    public (Origin Origin, Timestamp Time)? FindOrigin(Incarnation hub, uint partition) => _reconciler.Origins.Find(hub, partition) is { } found ? (found.Last, found.Time) : null;

    /// <summary>
    /// As <see cref="CommitAsync(EncodedCommit, CancellationToken)"/>, for a caller that has nothing else to do meanwhile: where nobody else appends, it is done on the
    /// calling thread, for as long as the store takes. Not for many commits at once: each would be appended alone.
    /// </summary>
    public ValueTask<CommitOutcome> CommitHereAsync(EncodedCommit commit, CancellationToken cancellationToken) => CommitAsync(commit, here: true, cancellationToken);

    /// <summary>Commits through the burst door: when it returns, the commit is durable; it becomes visible within the reconcile interval.</summary>
    /// <returns>Where it ends in the log.</returns>
    /// <exception cref="CairnException">As <see cref="CommitAsync(EncodedCommit, CancellationToken)"/>.</exception>
    public async ValueTask<LogPosition> IngestAsync(EncodedCommit commit, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(commit);
        var write = PendingWrite.Ingested(commit);
        await AddAsync(write, here: false, cancellationToken).ConfigureAwait(false);
        return await write.Durable.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Changes the settings by a logged frame.</summary>
    /// <returns>The settings after it.</returns>
    public async ValueTask<SpaceSettings> ConfigureAsync(Func<SpaceSettings, SpaceSettings> change, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(change);
        var write = PendingWrite.Configuration(change);
        await AddAsync(write, here: false, cancellationToken).ConfigureAwait(false);
        await write.Outcome.WaitAsync(cancellationToken).ConfigureAwait(false);
        return Current.Settings;
    }

    private async ValueTask<CommitOutcome> CommitAsync(EncodedCommit commit, bool here, CancellationToken cancellationToken, WriteChain? chain = null)
    {
        ArgumentNullException.ThrowIfNull(commit);
        _follower?.Touch();
        // Of an event the log notes how far its partition was applied, also where its commit was known before.
        if (!commit.HasOrigin && TryRepeat(commit) is { } first)
        {
            return first;
        }

        var write = PendingWrite.Direct(commit, chain);
        await AddAsync(write, here, cancellationToken).ConfigureAwait(false);
        var outcome = await write.Outcome.WaitAsync(cancellationToken).ConfigureAwait(false);
        return outcome ?? throw new CairnException(ErrorKind.Internal, "a new frame was taken for an old one");
    }

    private async ValueTask AddAsync(PendingWrite write, bool here, CancellationToken cancellationToken)
    {
        if (_writer.Refusal() is { } refusal)
        {
            throw refusal;
        }

        try
        {
            if (write.Commit is { IdGivenByCaller: true } && _reconciler.Memory.Count is var remembered && remembered >= _maxRemembered)
            {
                throw _queue.Throttle("the idempotency window is full of ids that callers gave", "idempotencyWindow", _maxRemembered, remembered);
            }

            if (_checkpoints.IsFull)
            {
                _checkpoints.Nudge();
                await OverflowAsync(cancellationToken).ConfigureAwait(false);
            }

            await _queue.AddAsync(write, cancellationToken).ConfigureAwait(false);
            _writer.Wake(here ? write : null);
            _checkpoints.Nudge();
        }
        catch (CairnException refused) when (refused.Kind == ErrorKind.Throttled)
        {
            Volatile.Write(ref _lastThrottledTicks, _clock.Time.GetUtcNow().UtcTicks);
            throw;
        }
    }

    private ValueTask OverflowAsync(CancellationToken cancellationToken) => _overflow == OverflowPolicy.Reject
        ? throw _queue.Throttle("too much was written that no checkpoint holds yet", "uncheckpointed", _maxTail, _checkpoints.TailOperations)
        : _checkpoints.WaitForRoomAsync(cancellationToken);
}
