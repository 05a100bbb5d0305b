using Cairn.Diagnostics;
using Cairn.Primitives;

namespace Cairn.Reconciliation;

/// <summary>
/// Follows what other processes append to the log of an open space: by itself while the space is being used, sooner after it found something and at
/// the latest after an interval, and at once for a read that must see all. Thread-safe.
/// Invariants: one look at a time; who asks gets a look that begins after he asked, together with all who asked meanwhile; a space that nobody uses
/// causes no request.
/// </summary>
internal sealed class SpaceFollower : IAsyncDisposable
{
    private static readonly TimeSpan Soonest = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan UsedFor = TimeSpan.FromMinutes(1);

    private readonly SpaceWriter _writer;
    private readonly TimeProvider _time;
    private readonly TimeSpan _interval;
    private readonly Func<bool> _isFollowed;
    private readonly Action<Exception> _failed;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private readonly Task _loop;
    private Task? _next;
    private Task _latest = Task.CompletedTask;
    private long _seenAt;
    private long _usedAt;

    /// <param name="writer">Has the log.</param>
    /// <param name="seenAt">When the space began to be opened, as the clock's timestamp: what was appended meanwhile is not visible yet.</param>
    /// <param name="interval">Between two looks at most, while the space is being used.</param>
    /// <param name="time">Clock and timers.</param>
    /// <param name="isFollowed">Somebody waits for changes.</param>
    /// <param name="failed">Hears of a look of the follower's own that failed; the next one tries again.</param>
    public SpaceFollower(SpaceWriter writer, long seenAt, TimeSpan interval, TimeProvider time, Func<bool> isFollowed, Action<Exception> failed)
    {
        (_writer, _interval, _time, _isFollowed, _failed) = (writer, interval, time, isFollowed, failed);
        (_seenAt, _usedAt) = (seenAt, time.GetTimestamp());
        _loop = RunAsync();
    }

    /// <summary>Since the beginning of the last look that succeeded: what other processes wrote before that is visible.</summary>
    public TimeSpan Age => _time.GetElapsedTime(Volatile.Read(ref _seenAt));

    /// <summary>Somebody uses the space.</summary>
    public void Touch() => Volatile.Write(ref _usedAt, _time.GetTimestamp());

    /// <summary>All that was durable when it was called is visible when it completes.</summary>
    /// <exception cref="CairnException">Unavailable: the store does not answer, or the space is closing. Corrupt, NotFound: the log.</exception>
    public async Task FollowAsync(CancellationToken cancellationToken)
    {
        try
        {
            await NextLookAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new CairnException(ErrorKind.Unavailable, "the space is closing");
        }
    }

    /// <summary>Ends the following, after the look that is under way.</summary>
    public async ValueTask DisposeAsync()
    {
        Task latest;
        await _stop.CancelAsync().ConfigureAwait(false);
        lock (_gate)
        {
            latest = _latest;
        }

        await latest.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _loop.ConfigureAwait(false);
        _stop.Dispose();
    }

    // Cancelled also when the space closes.
    private Task NextLookAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_stop.IsCancellationRequested)
            {
                throw new OperationCanceledException();
            }

            _next ??= _latest = LookAsync(_latest);
            return _next.WaitAsync(cancellationToken);
        }
    }

    private async Task LookAsync(Task before)
    {
        // Never on the caller's thread, and not before the lock is free: whoever asks from here on needs another look.
        await Task.Yield();
        await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lock (_gate)
        {
            _next = null;
        }

        var began = _time.GetTimestamp();
        await _writer.FollowAsync(_stop.Token).ConfigureAwait(false);
        Volatile.Write(ref _seenAt, began);
    }

    private bool IsUsed => _isFollowed() || _time.GetElapsedTime(Volatile.Read(ref _usedAt)) < UsedFor;

    private async Task RunAsync()
    {
        var delay = Soonest;
        try
        {
            while (_writer.Failure is null)
            {
                await Task.Delay(delay, _time, _stop.Token).ConfigureAwait(false);
                delay = IsUsed && await FindsAsync().ConfigureAwait(false) ? Soonest : delay * 2 < _interval ? delay * 2 : _interval;
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
        }
    }

    private async Task<bool> FindsAsync()
    {
        var before = _writer.DurableEnd;
        try
        {
            await NextLookAsync(_stop.Token).ConfigureAwait(false);
        }
        catch (CairnException failure)
        {
            _failed(failure);
        }

        return _writer.DurableEnd > before;
    }
}
