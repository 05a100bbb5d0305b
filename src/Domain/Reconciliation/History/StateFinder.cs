using Cairn.Log;
using Cairn.Primitives;
using Cairn.Reconciliation.Checkpoints;
using Cairn.Snapshots;
using Cairn.Snapshots.Checkpoints;

namespace Cairn.Reconciliation.History;

/// <summary>Finds the checkpoint that an earlier state is nearest behind, and loads that state. Any number of threads.</summary>
/// <param name="loader">Loads.</param>
/// <param name="log">Says how far back the log goes.</param>
/// <param name="live">The state of now.</param>
internal sealed class StateFinder(StateLoader loader, LogReader log, Reconciler live)
{
    /// <summary>Loads the state after the last frame that a bound holds.</summary>
    /// <param name="bound">Not past the live state.</param>
    /// <param name="cancellationToken">Ends the loading.</param>
    /// <exception cref="CairnException">NotFound (not-retained): it is older than all that is kept; names the oldest position. Corrupt, Unavailable.</exception>
    public async Task<Snapshot> LoadAsync(LogBound bound, CancellationToken cancellationToken)
    {
        // What is kept is read anew: the process that writes checkpoints, and collects, may be another one.
        var newest = await loader.FindNewestAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await LoadAsync(newest, bound, cancellationToken).ConfigureAwait(false);
        }
        catch (CairnException gone) when (gone.Problem == "not-retained")
        {
            // Perhaps it was collected under this load: then a newer manifest says what is kept instead.
            var newer = await loader.FindNewestAsync(cancellationToken).ConfigureAwait(false);
            if (newer?.Number == newest?.Number)
            {
                throw;
            }

            return await LoadAsync(newer, bound, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<Snapshot> LoadAsync(Manifest? newest, LogBound bound, CancellationToken cancellationToken)
    {
        var checkpoints = newest is null ? [] : newest.Kept.Append(new(newest.Number, newest.Position, newest.WrittenAt)).ToList();
        var state = await OpenAsync(checkpoints, bound, cancellationToken).ConfigureAwait(false);
        await loader.AdvanceAsync(state, bound, live.Newest.Position, cancellationToken).ConfigureAwait(false);
        return state.Newest;
    }

    private async Task<Reconciler> OpenAsync(List<KeptCheckpoint> checkpoints, LogBound bound, CancellationToken cancellationToken)
    {
        // When it was written says, without opening it, about where the log clock was. Nearly always the first one opened is the one.
        for (var i = checkpoints.Count - 1; i >= 0 && checkpoints[i].Position > LogPosition.Zero; i--)
        {
            if (bound.Holds(checkpoints[i].Position, checkpoints[i].WrittenAt)
                && await TryOpenAsync(checkpoints[i], bound, cancellationToken).ConfigureAwait(false) is { } state)
            {
                return state;
            }
        }

        if ((await log.OldestAsync(cancellationToken).ConfigureAwait(false)).File == 0)
        {
            return await loader.OpenAsync(null, cancellationToken).ConfigureAwait(false);
        }

        // A space that was still for long may have written its oldest checkpoint much later than what is in it.
        return checkpoints.Count > 0 && bound.Position >= checkpoints[0].Position
            && await TryOpenAsync(checkpoints[0], bound, cancellationToken).ConfigureAwait(false) is { } oldest
            ? oldest
            : throw NotRetained(bound, checkpoints.Count > 0 ? checkpoints[0].Position : live.Newest.Position);
    }

    private async Task<Reconciler?> TryOpenAsync(KeptCheckpoint checkpoint, LogBound bound, CancellationToken cancellationToken)
    {
        var manifest = await loader.RequireAsync(checkpoint.Number, cancellationToken).ConfigureAwait(false);
        var state = await loader.OpenAsync(manifest, cancellationToken).ConfigureAwait(false);
        return bound.Holds(state.Newest.Position, state.Newest.LogClock) ? state : null;
    }

    private static CairnException NotRetained(LogBound bound, LogPosition oldest) =>
        new(ErrorKind.NotFound, $"the state as of {bound} is no longer retained; the oldest is that of position {oldest.Value}")
        {
            Problem = "not-retained",
            Field = SpaceHistory.Parameter,
            Limit = oldest.Value,
            Actual = bound.IsTime ? null : bound.Position.Value,
        };
}
