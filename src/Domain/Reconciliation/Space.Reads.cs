using Cairn.Diagnostics;
using Cairn.Formats;
using Cairn.Log;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Reconciliation.Changes;
using Cairn.Reconciliation.Checkpoints;
using Cairn.Reconciliation.Compaction;
using Cairn.Reconciliation.Embedding;
using Cairn.Reconciliation.History;
using Cairn.Reconciliation.Lookups;
using Cairn.Reconciliation.Outcomes;
using Cairn.Snapshots;
using Cairn.Storage;
using Cairn.Storage.Lookups;

namespace Cairn.Reconciliation;

/// <content>Its doors for reads.</content>
public sealed partial class Space
{
    /// <summary>Now for a read: the log clock, or the wall clock if that is later. Take it once per request.</summary>
    public Timestamp Now() => _clock.Now(Current.LogClock);

    /// <summary>Before a read, where other processes write too: looks at what they wrote.</summary>
    /// <param name="strong">All that is durable now; else a look within the last <see cref="EngineOptions.TailInterval"/> is enough, and one that fails does no harm.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>What the read must have reached.</returns>
    /// <exception cref="CairnException">Unavailable: the store does not answer.</exception>
    public ValueTask<LogPosition> FreshenAsync(bool strong, CancellationToken cancellationToken)
    {
        if (_follower is null)
        {
            return new(strong ? DurableEnd : LogPosition.Zero);
        }

        _follower.Touch();
        return !strong && _follower.Age <= _tailInterval ? new(LogPosition.Zero) : FollowAsync(strong, cancellationToken);
    }

    private async ValueTask<LogPosition> FollowAsync(bool strong, CancellationToken cancellationToken)
    {
        try
        {
            await _follower!.FollowAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (CairnException failure) when (!strong && failure.Kind is ErrorKind.Unavailable or ErrorKind.Throttled)
        {
            // What is at hand is answered, and its lag says how old it is.
        }

        return strong ? DurableEnd : LogPosition.Zero;
    }

    /// <summary>Waits until the newest snapshot has reached a position.</summary>
    /// <exception cref="CairnException">Unavailable (not-yet-visible): not within the wait.</exception>
    public async ValueTask WaitForAsync(LogPosition position, TimeSpan wait, CancellationToken cancellationToken)
    {
        if (_follower is not null && position > Current.Position)
        {
            // Another process may have given it out.
            await FollowAsync(strong: false, cancellationToken).ConfigureAwait(false);
        }

        if (!await _reconciler.WaitForAsync(position, wait, _clock.Time, cancellationToken).ConfigureAwait(false))
        {
            throw new CairnException(ErrorKind.Unavailable, $"position {position.Value} is not visible yet; the newest is {Current.Position.Value}")
            {
                Problem = "not-yet-visible",
                RetryAfter = TimeSpan.FromSeconds(1),
            };
        }
    }

    /// <summary>The state as of a position: after the last frame that ends at or before it. An earlier one is loaded, beside the newest, and kept for a while.</summary>
    /// <param name="position">At most that of <see cref="Current"/>.</param>
    /// <param name="wait">How long to wait for a state that must be loaded.</param>
    /// <param name="cancellationToken">Ends the waiting; the load goes on, for others and for whoever asks again.</param>
    /// <exception cref="CairnException">
    /// Invalid: the position is not visible yet; names the newest. NotFound (not-retained): it is older than all that is kept; names the oldest.
    /// Unavailable (timeout): it was not loaded within the wait. Throttled: too many others are being loaded. Corrupt, Unavailable: its files.
    /// </exception>
    public ValueTask<Snapshot> AsOfAsync(LogPosition position, TimeSpan wait, CancellationToken cancellationToken) =>
        _history.AsOfAsync(LogBound.At(position), wait, cancellationToken);

    /// <summary>The state as of a time of the log clock: after the last frame up to which the log clock was not later.</summary>
    /// <param name="time">At most <see cref="Now"/>.</param>
    /// <param name="wait">As for a position; so are the others.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="CairnException">As for a position.</exception>
    public ValueTask<Snapshot> AsOfAsync(Timestamp time, TimeSpan wait, CancellationToken cancellationToken) =>
        _history.AsOfAsync(LogBound.At(time), wait, cancellationToken);

    /// <summary>Keeps a state of this life for some minutes, so that <see cref="AsOfAsync(LogPosition, TimeSpan, CancellationToken)"/> has it at hand; of the last few only.</summary>
    public void Keep(Snapshot snapshot) => _history.Keep(snapshot);

    /// <summary>Follows the changes behind a position; <see cref="LogPosition.Zero"/>: all that are retained. The caller disposes it.</summary>
    public ChangeReader ReadChanges(LogPosition after) => new(Changes, after);

    /// <summary>Readers that follow the changes right now.</summary>
    public int ChangeReaders => Changes.Readers;

    /// <summary>Where they read.</summary>
    internal ChangeFeed Changes { get; }

    /// <summary>Earlier states that were loaded.</summary>
    internal long HistoryLoads => _history.Loads;

    /// <summary>The outcome of a commit by its id; null: not seen, or not visible yet, among those that are remembered (<see cref="RememberedSince"/>).</summary>
    public CommitOutcome? FindCommit(ReadOnlySpan<byte> commitId) => IfVisible(_reconciler.Memory.Find(commitId))?.Outcome;

    /// <summary>Waits until a commit is seen, by its id, wherever it is appended.</summary>
    /// <returns>Its outcome; null: not within the wait.</returns>
    public async ValueTask<CommitOutcome?> WaitForCommitAsync(ReadOnlyMemory<byte> commitId, TimeSpan wait, CancellationToken cancellationToken)
    {
        var (found, began) = (FindCommit(commitId.Span), _clock.Time.GetTimestamp());
        while (found is null && wait - _clock.Time.GetElapsedTime(began) is { Ticks: > 0 } left)
        {
            // A space that nobody uses is not followed for long.
            await FreshenAsync(strong: false, cancellationToken).ConfigureAwait(false);
            await _reconciler.WaitUntilAsync(
                () => (found = FindCommit(commitId.Span)) is not null, left < CommitWaitSlice ? left : CommitWaitSlice, _clock.Time, cancellationToken).ConfigureAwait(false);
        }

        return found;
    }

    /// <summary>As <see cref="FindCommit"/>, but only for an id that a caller gave: what a repeat of that commit gets.</summary>
    public CommitOutcome? FindGiven(ReadOnlySpan<byte> commitId) => IfVisible(_reconciler.Memory.FindGiven(commitId))?.Outcome;

    /// <summary>Commits whose ids the service made are remembered from here on; those whose caller gave the id, for the idempotency window.</summary>
    public LogPosition RememberedSince => _reconciler.Memory.KnownSince;

    /// <summary>If the commit's id was given by its caller, is remembered and what it did is visible: the first outcome, or a rejection as reused.</summary>
    public CommitOutcome? TryRepeat(EncodedCommit commit)
    {
        ArgumentNullException.ThrowIfNull(commit);
        return commit.IdGivenByCaller && IfVisible(_reconciler.Memory.FindGiven(commit.CommitId)) is { } first
            ? CommitApplier.Repeat(first, CommitKey.Digest(commit.Body), Current.Position)
            : null;
    }
}
