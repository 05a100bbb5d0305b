using Cairn.Functions.Problems;
using Cairn.Primitives;
using Cairn.Query;

namespace Cairn.Functions.Queries;

/// <summary>
/// Lets queries that visit many rows take turns on a few places, so that a long one delays a short one by about <see cref="Turn"/> and leaves
/// threads to requests that never come here, point reads above all. A query runs on the pool thread of its request. Thread-safe.
/// Invariants: as many as <paramref name="places"/> run at a time; nobody waits while a place is free; who waits is in one line until he is given a
/// place or leaves.
/// </summary>
internal sealed class ScanQueue(TimeProvider time, TimeSpan timeLimit, int places)
{
    /// <summary>Queries that wait at most: at a turn each, about what one place serves within the default time limit.</summary>
    public const int MaxWaiting = 1024;

    /// <summary>Queries that have begun and wait, at most: each holds what it has found so far, which may be tens of megabytes of groups. Past it the one
    /// that runs keeps its place until it ends.</summary>
    public const int MaxPaused = 16;

    /// <summary>How long a query runs while others wait.</summary>
    private static readonly TimeSpan Turn = TimeSpan.FromMilliseconds(10);

    private readonly Lock _gate = new();
    private readonly WaitingLines _waiting = new();
    private int _running;
    private int _paused;

    /// <summary>One processor stays free of this queue.</summary>
    public static int PlacesOfMachine => Math.Max(1, Environment.ProcessorCount - 1);

    /// <summary>How many wait.</summary>
    public int Waiting => _waiting.Count;

    /// <summary>When a query that begins now has to end, waiting included.</summary>
    public Deadline NewDeadline() => Deadline.After(time, timeLimit);

    /// <summary>Walks a scan to its end. If a place is free and the first slice is all, on this thread at once.</summary>
    /// <param name="space">Spaces take turns.</param>
    /// <param name="scan">Between two of its slices it may wait for others.</param>
    /// <param name="deadline">From <see cref="NewDeadline"/>; several scans of one request share it.</param>
    /// <param name="aborted">The client has gone.</param>
    /// <exception cref="ProblemException">timeout, with the rows visited so far; throttled.</exception>
    /// <exception cref="OperationCanceledException">Aborted.</exception>
    public ValueTask<T> RunAsync<T>(SpaceName space, Scan<T> scan, Deadline deadline, CancellationToken aborted)
    {
        scan.Deadline = deadline;
        if (!TryTakePlace())
        {
            return WalkAsync(space, scan, deadline, hasPlace: false, aborted);
        }

        try
        {
            if (Step(scan))
            {
                return WalkAsync(space, scan, deadline, hasPlace: true, aborted);
            }
        }
        catch
        {
            Leave();
            throw;
        }

        Leave();
        return new(scan.Result);
    }

    /// <summary>Takes a place for work that is not cut into slices, and watches the deadline itself.</summary>
    /// <returns>Dispose it as soon as the work is done, before the answer goes out.</returns>
    /// <exception cref="ProblemException">timeout: there was none in time; throttled.</exception>
    /// <exception cref="OperationCanceledException">Aborted.</exception>
    public async ValueTask<Place> EnterAsync(SpaceName space, Deadline deadline, CancellationToken aborted)
    {
        if (!TryTakePlace())
        {
            await WaitAsync(Join(space), deadline, 0, aborted);
        }

        LentThreads.Lend();
        return new(this);
    }

    private async ValueTask<T> WalkAsync<T>(SpaceName space, Scan<T> scan, Deadline deadline, bool hasPlace, CancellationToken aborted)
    {
        if (!hasPlace)
        {
            await WaitAsync(Join(space), deadline, scan.RowsVisited, aborted);
        }

        var holds = true;
        LentThreads.Lend();
        try
        {
            var since = time.GetTimestamp();
            do
            {
                aborted.ThrowIfCancellationRequested();
                if (deadline.HasPassed)
                {
                    throw TimedOut(scan.RowsVisited);
                }

                if (_waiting.Count > 0 && time.GetElapsedTime(since) >= Turn && TryGiveWay(space) is { } turn)
                {
                    holds = false;
                    LentThreads.Return();
                    await PauseAsync(turn, deadline, scan.RowsVisited, aborted);
                    LentThreads.Lend();
                    (holds, since) = (true, time.GetTimestamp());
                }
            }
            while (Step(scan));

            return scan.Result;
        }
        finally
        {
            if (holds)
            {
                LentThreads.Return();
                Leave();
            }
        }
    }

    // A slice with much to do looks at the clock itself.
    private bool Step<T>(Scan<T> scan)
    {
        try
        {
            return scan.Step();
        }
        catch (CairnException over) when (over.Problem == ProblemKinds.Timeout)
        {
            throw TimedOut(scan.RowsVisited);
        }
    }

    private bool TryTakePlace()
    {
        lock (_gate)
        {
            var isFree = _running < places;
            _running += isFree ? 1 : 0;
            return isFree;
        }
    }

    // A place that has become free in the meantime is the newcomer's.
    private WaitingQuery Join(SpaceName space)
    {
        lock (_gate)
        {
            var query = new WaitingQuery(space);
            if (_running < places)
            {
                _running++;
                query.SetResult();
                return query;
            }

            if (_waiting.Count >= MaxWaiting)
            {
                throw Throttled(_waiting.Count);
            }

            _waiting.Add(query);
            return query;
        }
    }

    private WaitingQuery? TryGiveWay(SpaceName space)
    {
        lock (_gate)
        {
            if (_paused >= MaxPaused || _waiting.TryTake() is not { } next)
            {
                return null;
            }

            var query = new WaitingQuery(space);
            _paused++;
            _waiting.Add(query);
            next.SetResult();
            return query;
        }
    }

    private void Leave()
    {
        lock (_gate)
        {
            if (_waiting.TryTake() is { } next)
            {
                next.SetResult();
            }
            else
            {
                _running--;
            }
        }
    }

    private async ValueTask PauseAsync(WaitingQuery query, Deadline deadline, long rowsVisited, CancellationToken aborted)
    {
        try
        {
            await WaitAsync(query, deadline, rowsVisited, aborted);
        }
        finally
        {
            lock (_gate)
            {
                _paused--;
            }
        }
    }

    private async ValueTask WaitAsync(WaitingQuery query, Deadline deadline, long rowsVisited, CancellationToken aborted)
    {
        try
        {
            await query.Task.WaitAsync(deadline.Remaining, time, aborted);
        }
        catch (TimeoutException)
        {
            GiveUp(query);
            throw TimedOut(rowsVisited);
        }
        catch (OperationCanceledException)
        {
            GiveUp(query);
            throw;
        }
    }

    // It may have been given a place in the same moment: then that is the next one's.
    private void GiveUp(WaitingQuery query)
    {
        lock (_gate)
        {
            if (_waiting.Remove(query))
            {
                return;
            }
        }

        Leave();
    }

    private ProblemException TimedOut(long rowsVisited) => new(new Problem(
        ProblemKinds.Timeout,
        string.Create(
            System.Globalization.CultureInfo.InvariantCulture,
            $"the query did not end within {timeLimit.TotalSeconds} s, time for which it waited for others included; it has visited {rowsVisited} rows"))
    {
        RowsVisited = rowsVisited,
    });

    private static ProblemException Throttled(int waiting) => new(new Problem(
        ProblemKinds.Throttled, $"{waiting} queries wait already, and that is the limit")
    {
        Limit = MaxWaiting,
        Actual = waiting,
        RetryAfterSeconds = 1,
    });

    /// <summary>A place that was taken.</summary>
    internal readonly struct Place(ScanQueue? queue) : IDisposable
    {
        public void Dispose()
        {
            if (queue is not null)
            {
                LentThreads.Return();
                queue.Leave();
            }
        }
    }
}
