using Cairn.Columns;
using Cairn.Diagnostics;
using Cairn.Formats;
using Cairn.Primitives;
using Cairn.Snapshots;

namespace Cairn.Reconciliation;

/// <summary>
/// Removes concepts that expired long enough ago, by purges in the log: from time to time it looks through the expiry column of the newest
/// snapshot and sends what it finds, one small purge after the other.
/// Invariants: one purge is on its way at a time, so that commits that gathered meanwhile go before the next one; replay, not the sweep, decides
/// whether a concept goes.
/// </summary>
internal sealed class ExpirySweep(Reconciler reconciler, SpaceWriter writer, EngineOptions options, SpaceClock clock, IEngineObserver observer)
{
    /// <summary>Sweeps at each interval until it is told to stop, or the space takes no more writes.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        using var timer = new PeriodicTimer(options.ExpirySweepInterval, clock.Time);
        try
        {
            while (await timer.WaitForNextTickAsync(stop).ConfigureAwait(false) && await TrySweepAsync(stop).ConfigureAwait(false))
            {
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
        }
    }

    /// <summary>Purges what is due, as far as there is room among the writes. One at a time.</summary>
    /// <exception cref="CairnException">A purge was not kept, or it is not known.</exception>
    public async ValueTask SweepAsync(CancellationToken cancellationToken)
    {
        if (!reconciler.Newest.HasExpiry)
        {
            return;
        }

        var purge = new PurgeWriter();
        for (var row = Gather(reconciler.Newest, 0, purge); purge.Count > 0; row = Gather(reconciler.Newest, row, purge))
        {
            var (write, before) = (PendingWrite.Purge(purge.Finish()), reconciler.Purged);
            if (!writer.TryAdd(write))
            {
                return;
            }

            await write.Outcome.WaitAsync(cancellationToken).ConfigureAwait(false);
            EngineInstruments.Purged.Add(reconciler.Purged - before);
        }
    }

    // This loop has nobody to throw to. What goes wrong is told; the next time may do better, unless the space has stopped.
    private async ValueTask<bool> TrySweepAsync(CancellationToken stop)
    {
        try
        {
            await SweepAsync(stop).ConfigureAwait(false);
            return true;
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            observer.PurgeFailed(failure);
            return failure is CairnException { Kind: ErrorKind.Unavailable or ErrorKind.Throttled };
        }
    }

    /// <summary>Takes concepts that are due, from a row on, until the purge is full; answers the row to go on from.</summary>
    private int Gather(Snapshot snapshot, int row, PurgeWriter purge)
    {
        var due = clock.Now(snapshot.LogClock).Plus(-options.ExpiryGrace);
        for (; row < snapshot.ConceptRows; row = (row / Page.Rows * Page.Rows) + Page.Rows)
        {
            var first = row / Page.Rows * Page.Rows;
            for (var rows = Due(snapshot, row, due); rows != 0; rows &= rows - 1)
            {
                var next = first + (int)UInt128.TrailingZeroCount(rows);
                if (!purge.TryAdd(snapshot.Ids[next]))
                {
                    return next;
                }
            }
        }

        return row;
    }

    /// <summary>Which of a row group's rows are due, from one of them on. The least value of the page alone tells that none is.</summary>
    private static UInt128 Due(Snapshot snapshot, int from, Timestamp due)
    {
        // A space that was opened from a checkpoint is not loaded for the sake of looking.
        var (concepts, group) = (snapshot.Concepts, from / Page.Rows);
        if (!concepts.Table.IsLoaded(group) && !concepts.Zones.Of(HeaderColumn.ExpiresAt, group).MayHold(long.MinValue, due.Microseconds))
        {
            return 0;
        }

        if (concepts.Table.Group(from)[HeaderColumn.ExpiresAt] is not { } page)
        {
            return 0;
        }

        return page.Between(long.MinValue, due.Microseconds) >> (from % Page.Rows) << (from % Page.Rows);
    }
}
