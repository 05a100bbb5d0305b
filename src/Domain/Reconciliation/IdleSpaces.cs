using Cairn.Primitives;

namespace Cairn.Reconciliation;

/// <summary>
/// Closes the spaces of a catalog that nobody uses: those that are idle for long, and past the budget of memory the largest idle ones. Looks from time to
/// time, in a loop of its own. See ADR 0023.
/// </summary>
/// <remarks>Invariants: one look at a time; one space is closed at a time; a space that somebody uses is left alone, however large it is.</remarks>
internal sealed class IdleSpaces(SpaceCatalog catalog, CatalogOptions options, TimeProvider time)
{
    // The collector does not look at memory that is given back while nothing is asked of it: an idle process would keep it.
    private const long WorthCollecting = 16L * 1024 * 1024;

    private long _memoryBytes;
    private long _evictions;
    private long _visitedAt = time.GetTimestamp();

    /// <summary>Bytes of the open spaces at the last look.</summary>
    public long MemoryBytes => Volatile.Read(ref _memoryBytes);

    /// <summary>Spaces that were closed.</summary>
    public long Evictions => Volatile.Read(ref _evictions);

    /// <summary>Looks at each interval until it is told to stop.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        using var timer = new PeriodicTimer(options.LookInterval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stop).ConfigureAwait(false))
            {
                await LookAsync(stop).ConfigureAwait(false);
                await VisitAsync(stop).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
        }
        finally
        {
            Measured(0);
        }
    }

    /// <summary>Looks once, and closes what is to be closed. One at a time.</summary>
    public async ValueTask LookAsync(CancellationToken stop)
    {
        var idle = new List<(Space Space, TimeSpan For)>();
        var (now, total, freed) = (time.GetTimestamp(), 0L, 0L);
        foreach (var space in catalog.Open)
        {
            if (space.Use.Look(now, space.IsBusy, () => space.MemoryBytes) is { } since)
            {
                idle.Add((space, time.GetElapsedTime(since, now)));
            }

            total += space.Use.MemoryBytes;
        }

        foreach (var (space, idleFor) in idle.OrderByDescending(static each => each.Space.Use.MemoryBytes))
        {
            stop.ThrowIfCancellationRequested();
            var isTooOld = options.MaxIdle != Timeout.InfiniteTimeSpan && idleFor >= options.MaxIdle;
            var isTooMuch = total - freed > options.MemoryBytes && idleFor >= options.MinIdle;
            if ((isTooOld || isTooMuch) && await EvictAsync(space, idleFor).ConfigureAwait(false))
            {
                freed += space.Use.MemoryBytes;
            }
        }

        Measured(total - freed);
        if (freed >= WorthCollecting)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: false);
        }
    }

    private async ValueTask<bool> EvictAsync(Space space, TimeSpan idleFor)
    {
        if (!await catalog.TryCloseAsync(space, idleFor).ConfigureAwait(false))
        {
            return false;
        }

        Interlocked.Increment(ref _evictions);
        EngineInstruments.Evictions.Add(1);
        return true;
    }

    // What is kept for a time goes even if nobody opens its space any more.
    private async ValueTask VisitAsync(CancellationToken stop)
    {
        if (options.VisitInterval == Timeout.InfiniteTimeSpan || time.GetElapsedTime(_visitedAt) < options.VisitInterval)
        {
            return;
        }

        _visitedAt = time.GetTimestamp();
        try
        {
            foreach (var record in await catalog.ListAsync(stop).ConfigureAwait(false))
            {
                await catalog.VisitAsync(record.Name, stop).ConfigureAwait(false);
            }
        }
        catch (CairnException)
        {
            // The store does not answer: whoever asks for a space is told, and the next visit is soon enough.
        }
    }

    private void Measured(long bytes) => EngineInstruments.SpaceMemory.Add(bytes - Interlocked.Exchange(ref _memoryBytes, bytes));
}
