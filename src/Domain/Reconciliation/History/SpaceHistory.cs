using System.Diagnostics.CodeAnalysis;
using Cairn.Primitives;
using Cairn.Reconciliation.Checkpoints;
using Cairn.Snapshots;

namespace Cairn.Reconciliation.History;

/// <summary>
/// Gives the states that a space had. An earlier one is loaded once, however many ask for it, and kept for a while. Thread-safe.
/// Invariants: the live state is never loaded; at most <see cref="MostLoads"/> states are loaded at a time; a load ends by itself, or when the space is
/// closed, and not because someone who waits for it goes away.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "CloseAsync ends what it holds; those who wait may look at it until then.")]
internal sealed class SpaceHistory
{
    /// <summary>What the reader's time is called at every door.</summary>
    public const string Parameter = "asOf";

    /// <summary>States that are loaded at a time: each takes a processor and reads the log.</summary>
    public const int MostLoads = 2;

    /// <summary>States that are loaded or wait for that, past which no more are begun.</summary>
    public const int MostWaiting = 32;

    /// <summary>How long a state is kept that nobody asks for.</summary>
    public static readonly TimeSpan IdleTime = TimeSpan.FromMinutes(5);

    private readonly StateFinder _finder;
    private readonly Reconciler _live;
    private readonly SpaceClock _clock;
    private readonly Timestamp _createdAt;
    private readonly Lock _gate = new();
    private readonly KeptStates _loaded;
    private readonly KeptStates _passed;
    private readonly Dictionary<LogBound, Task<Snapshot>> _loading = [];
    private readonly SemaphoreSlim _places = new(MostLoads);
    private readonly CancellationTokenSource _closed = new();
    private readonly ITimer _idle;
    private bool _isTimed;
    private long _loads;

    /// <param name="finder">Loads earlier states.</param>
    /// <param name="live">The state of now.</param>
    /// <param name="clock">Now, and when a state was used last.</param>
    /// <param name="createdAt">When the life of the space began: before, there is no state.</param>
    public SpaceHistory(StateFinder finder, Reconciler live, SpaceClock clock, Timestamp createdAt)
    {
        (_finder, _live, _clock, _createdAt) = (finder, live, clock, createdAt);
        (_loaded, _passed) = (new(clock.Time), new(clock.Time));
        _idle = clock.Time.CreateTimer(static history => ((SpaceHistory)history!).DropIdle(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>States that were loaded, also in vain.</summary>
    public long Loads => Volatile.Read(ref _loads);

    /// <summary>Bytes of the states that are kept, about; what they share with the live one counts there.</summary>
    public long Bytes
    {
        get
        {
            Snapshot[] kept;
            lock (_gate)
            {
                kept = [.. _loaded.ToArray(), .. _passed.ToArray()];
            }

            var live = _live.Newest.Shared;
            return kept.Where(snapshot => snapshot.Shared != live).Sum(static snapshot => snapshot.TableBytes + snapshot.Shared.Bytes);
        }
    }

    /// <summary>The state after the last frame that a bound holds.</summary>
    /// <param name="bound">A position or a time.</param>
    /// <param name="wait">How long to wait for it; the load goes on for those who ask again.</param>
    /// <param name="cancellationToken">Ends the waiting, not the load.</param>
    /// <exception cref="CairnException">
    /// Invalid: the position is not visible yet, or the time not over; names the newest position. NotFound (not-retained): it is older than all that is
    /// kept; names the oldest. Unavailable (timeout): it was not loaded within the wait. Throttled: too many others are. Corrupt, Unavailable: its files.
    /// </exception>
    public ValueTask<Snapshot> AsOfAsync(LogBound bound, TimeSpan wait, CancellationToken cancellationToken)
    {
        var live = _live.Newest;
        if (bound.IsTime ? bound.Time > _clock.Now(live.LogClock) : bound.Position > live.Position)
        {
            throw Ahead(bound, live.Position);
        }

        if (bound.Time < _createdAt)
        {
            throw new CairnException(ErrorKind.NotFound, $"there is no state as of {bound}: the space was created at {_createdAt}") { Problem = "not-retained" };
        }

        lock (_gate)
        {
            if (bound.Holds(live.Position, live.LogClock))
            {
                // Kept, because whoever reads a list page by page comes again when this is an earlier state already.
                Keep(_passed, LogBound.At(live.Position), live);
                return new(live);
            }

            if ((_loaded.Find(bound) ?? _passed.Find(bound)) is { } kept)
            {
                return new(kept);
            }
        }

        return new(WaitAsync(Loading(bound), wait, cancellationToken));
    }

    /// <summary>Keeps a state for a while, for a reader of a list that comes again for its next page.</summary>
    public void Keep(Snapshot snapshot)
    {
        lock (_gate)
        {
            Keep(_passed, LogBound.At(snapshot.Position), snapshot);
        }
    }

    /// <summary>Ends all loads and waits until they have ended. Nothing is loaded afterwards.</summary>
    public async ValueTask CloseAsync()
    {
        await _closed.CancelAsync().ConfigureAwait(false);
        Task[] loading;
        lock (_gate)
        {
            loading = [.. _loading.Values];
            _loaded.Clear();
            _passed.Clear();
        }

        await Task.WhenAll(loading).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _idle.DisposeAsync().ConfigureAwait(false);
    }

    private Task<Snapshot> Loading(LogBound bound)
    {
        lock (_gate)
        {
            if (_loading.TryGetValue(bound, out var begun))
            {
                return begun;
            }

            if (_closed.IsCancellationRequested)
            {
                throw Closed();
            }

            if (_loading.Count >= MostWaiting)
            {
                throw new CairnException(ErrorKind.Throttled, $"{_loading.Count} earlier states are being loaded already, and that is the limit")
                {
                    Field = Parameter,
                    Limit = MostWaiting,
                    Actual = _loading.Count,
                };
            }

            var load = Task.Run(() => LoadAsync(bound));
            _loading.Add(bound, load);
            _ = load.ContinueWith(static failed => failed.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
            return load;
        }
    }

    private async Task<Snapshot> LoadAsync(LogBound bound)
    {
        try
        {
            await _places.WaitAsync(_closed.Token).ConfigureAwait(false);
            try
            {
                Interlocked.Increment(ref _loads);
                var snapshot = await _finder.LoadAsync(bound, _closed.Token).ConfigureAwait(false);
                lock (_gate)
                {
                    Keep(_loaded, bound, snapshot);
                }

                return snapshot;
            }
            finally
            {
                _places.Release();
            }
        }
        finally
        {
            lock (_gate)
            {
                _loading.Remove(bound);
            }
        }
    }

    private async Task<Snapshot> WaitAsync(Task<Snapshot> load, TimeSpan wait, CancellationToken cancellationToken)
    {
        try
        {
            return await load.WaitAsync(wait, _clock.Time, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            throw new CairnException(ErrorKind.Unavailable, "the earlier state was not loaded in time; it is still being loaded, so that asking again is worthwhile")
            {
                Problem = "timeout",
                RetryAfter = TimeSpan.FromSeconds(1),
            };
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw Closed();
        }
    }

    private void Keep(KeptStates states, LogBound bound, Snapshot snapshot)
    {
        if (_closed.IsCancellationRequested || states.Find(bound) is not null)
        {
            return;
        }

        states.Add(bound, snapshot);
        if (!_isTimed)
        {
            _isTimed = _idle.Change(IdleTime, Timeout.InfiniteTimeSpan);
        }
    }

    private void DropIdle()
    {
        lock (_gate)
        {
            _loaded.DropIdle(IdleTime);
            _passed.DropIdle(IdleTime);
            _isTimed = !(_loaded.IsEmpty && _passed.IsEmpty) && _idle.Change(IdleTime, Timeout.InfiniteTimeSpan);
        }
    }

    private static CairnException Ahead(LogBound bound, LogPosition newest) =>
        new(ErrorKind.Invalid, $"{Parameter}: {bound} is not over yet; the newest position is {newest.Value}")
        {
            Field = Parameter,
            Limit = newest.Value,
            Actual = bound.IsTime ? null : bound.Position.Value,
        };

    // It may be there all the same: the process is stopping, or nobody is meant to be waiting any more.
    private static CairnException Closed() => new(ErrorKind.Unavailable, "the space is closing");
}
