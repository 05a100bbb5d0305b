using System.Diagnostics.CodeAnalysis;
using Cairn.Log;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Reconciliation.Outcomes;

namespace Cairn.Reconciliation.Changes;

/// <summary>
/// Gives changes of a space from any retained position on. The newest are read from the log once, by whoever asks first, and shared; older ones are read
/// by each who asks, a few at a time. Nobody who writes knows of it, and nothing is kept for one who is slow. Thread-safe.
/// Invariants: a change is given when readers can see it, not before; while nobody follows, nothing is kept.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "Readers may come until the process ends; what they wait on holds no handle of the system.")]
internal sealed class ChangeFeed(LogReader log, Reconciler reconciler, TimeProvider time)
{
    /// <summary>Bytes of commits that one page begins to read: what a reader holds while its client takes it.</summary>
    public const int PageBytes = 256 * 1024;

    /// <summary>Changes of one page at most.</summary>
    public const int PageChanges = 1_000;

    private const int MaxReadingBehind = 4;
    private readonly SemaphoreSlim _newest = new(1);
    private readonly SemaphoreSlim _older = new(MaxReadingBehind);
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _closed = new();
    private RecentChanges? _recent;
    private TaskCompletionSource? _nextPublish;
    private long _pagesRead;
    private int _readers;

    /// <summary>Who follows right now.</summary>
    public int Readers => Volatile.Read(ref _readers);

    /// <summary>Changes that are kept for all.</summary>
    public int Kept => Volatile.Read(ref _recent)?.Count ?? 0;

    /// <summary>Pages that were read from the log.</summary>
    public long PagesRead => Volatile.Read(ref _pagesRead);

    /// <summary>Somebody begins to follow.</summary>
    public void Enter()
    {
        lock (_gate)
        {
            _readers++;
            _recent ??= new();
        }
    }

    /// <summary>Somebody ends to follow.</summary>
    public void Leave()
    {
        lock (_gate)
        {
            if (--_readers == 0)
            {
                _recent = null;
            }
        }
    }

    /// <summary>The oldest position from which all changes are there.</summary>
    public async ValueTask<LogPosition> OldestAsync(CancellationToken cancellationToken)
    {
        var (file, known) = (await log.OldestAsync(cancellationToken).ConfigureAwait(false), reconciler.Memory.KnownAfter);
        return known > file ? known : file;
    }

    /// <summary>The next changes behind a position, without waiting for more; none: readers see no further yet. Between Enter and Leave.</summary>
    /// <exception cref="CairnException">NotFound (not-retained): some of them are no longer there. Invalid (wrong-cursor): no frame ends at the position. Corrupt, Unavailable: they cannot be read.</exception>
    public async ValueTask<ChangePage> ReadAsync(LogPosition after, int most, CancellationToken cancellationToken)
    {
        var visible = reconciler.Newest.Position;
        if (after >= visible)
        {
            return new([], after);
        }

        var recent = Volatile.Read(ref _recent)!;
        if (recent.TryRead(after, most, out var page) && page.Through > after)
        {
            return page;
        }

        return after >= recent.Top
            ? await ReadNewestAsync(recent, after, most, cancellationToken).ConfigureAwait(false)
            : await ReadOlderAsync(after, visible, most, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Waits until readers see a position.</summary>
    /// <returns>False: not within the wait.</returns>
    /// <exception cref="CairnException">NotFound: the space is closed.</exception>
    public async Task<bool> WaitAsync(LogPosition position, TimeSpan wait, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        while (reconciler.Newest.Position is var newest && newest < position)
        {
            var left = wait == Timeout.InfiniteTimeSpan ? wait : wait - time.GetElapsedTime(began);
            if (_closed.IsCancellationRequested)
            {
                throw new CairnException(ErrorKind.NotFound, "the space was closed") { Problem = "unknown-space" };
            }

            if (left <= TimeSpan.Zero && left != Timeout.InfiniteTimeSpan)
            {
                return false;
            }

            try
            {
                await NextPublish(newest).WaitAsync(left, time, cancellationToken).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                // Seen at the next turn.
            }
        }

        return true;
    }

    /// <summary>Ends all waits. Nothing may be read afterwards but what is there.</summary>
    public void Close() => _closed.Cancel();

    // One waits for the publish and wakes the others, so that whoever publishes wakes one, however many follow.
    private Task NextPublish(LogPosition seen)
    {
        TaskCompletionSource next;
        lock (_gate)
        {
            if (_nextPublish is { } begun)
            {
                return begun.Task;
            }

            _nextPublish = next = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        _ = RelayAsync(next, seen);
        return next.Task;
    }

    private async Task RelayAsync(TaskCompletionSource next, LogPosition seen)
    {
        try
        {
            await reconciler.WaitForAsync(new(seen.Value + 1), Timeout.InfiniteTimeSpan, time, _closed.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The space is closed: those who wait see that for themselves.
        }

        lock (_gate)
        {
            _nextPublish = null;
        }

        next.TrySetResult();
    }

    private async ValueTask<ChangePage> ReadNewestAsync(RecentChanges recent, LogPosition after, int most, CancellationToken cancellationToken)
    {
        await _newest.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (recent.TryRead(after, most, out var page) && page.Through > after)
            {
                return page;
            }

            if (recent.Top < after)
            {
                recent.Reset(after);
            }

            recent.Add(await LoadAsync(recent.Top, reconciler.Newest.Position, PageChanges, cancellationToken).ConfigureAwait(false));
            return recent.TryRead(after, most, out page) ? page : new([], after);
        }
        finally
        {
            _newest.Release();
        }
    }

    private async ValueTask<ChangePage> ReadOlderAsync(LogPosition after, LogPosition visible, int most, CancellationToken cancellationToken)
    {
        await _older.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await LoadAsync(after, visible, Math.Min(most, PageChanges), cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _older.Release();
        }
    }

    private async ValueTask<ChangePage> LoadAsync(LogPosition after, LogPosition end, int most, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _pagesRead);
        LogPage page;
        try
        {
            page = await log.ReadAsync(after, end, most, PageBytes, cancellationToken).ConfigureAwait(false);
        }
        catch (CairnException gone) when (gone is { Kind: ErrorKind.NotFound, Problem: null })
        {
            throw NotRetained(after, gone);
        }

        var outcomes = Outcomes(after, page);

        // Looked at behind the reading: what was there when it began may have been dropped meanwhile.
        return reconciler.Memory.KnownAfter > after ? throw NotRetained(after, null) : new(Join(page, outcomes), page.Through);
    }

    // Asked again until the page has all of its own: one answer ends where a file of outcomes does.
    private List<RememberedCommit> Outcomes(LogPosition after, LogPage page)
    {
        var outcomes = new List<RememberedCommit>(page.Frames.Count);
        while (outcomes.Count < page.Frames.Count && after < page.Frames[^1].Position
            && reconciler.Memory.ReadAfter(after, page.Frames.Count - outcomes.Count) is { Count: > 0 } next)
        {
            outcomes.AddRange(next);
            after = next[^1].Outcome.Position;
        }

        return outcomes;
    }

    // A frame without an outcome of its own repeats another commit, or was written twice.
    private static List<Change> Join(LogPage page, List<RememberedCommit> outcomes)
    {
        var changes = new List<Change>(page.Frames.Count);
        var next = 0;
        foreach (var frame in page.Frames)
        {
            while (next < outcomes.Count && outcomes[next].Outcome.Position < frame.Position)
            {
                next++;
            }

            if (next < outcomes.Count && outcomes[next].Outcome is { Kind: OutcomeKind.Committed } outcome && outcome.Position == frame.Position)
            {
                changes.Add(new(frame, outcomes[next]));
            }
        }

        return changes;
    }

    private static CairnException NotRetained(LogPosition after, Exception? inner) =>
        new(ErrorKind.NotFound, $"changes behind position {after.Value} are no longer retained", inner) { Problem = "not-retained" };
}
