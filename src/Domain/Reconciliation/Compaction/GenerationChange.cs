using Cairn.Diagnostics;
using Cairn.Primitives;
using Cairn.Reconciliation.Checkpoints;
using Cairn.Snapshots.Checkpoints;

namespace Cairn.Reconciliation.Compaction;

/// <summary>
/// Replaces the live state by the one of a compacted checkpoint: a generation frame says in the log from where on dead rows count no more; the checkpoint is of
/// that position; a state is loaded from it beside the live one and brought forward by the log; the last bit while nothing is appended, and the live
/// reconciler goes on with it. A checkpoint of another process is adopted in the same way. Readers keep the snapshots that they hold. One at a time.
/// </summary>
internal sealed class GenerationChange(Reconciler live, SpaceWriter writer, StateLoader loader, SpaceClock clock)
{
    /// <summary>Operations that may be left to replay while writes wait: some milliseconds.</summary>
    private const int MaxOperationsWhileAlone = 2_000;

    /// <summary>Each round replays what was applied during the one before. Where they do not get shorter, writes outrun the replay, and have to wait for the rest.</summary>
    private const int MaxRounds = 16;

    /// <summary>Ends a generation and takes what a compacted checkpoint is made of; null: there is no room for the frame among the writes.</summary>
    /// <exception cref="CairnException">The frame was not kept, or it is not known.</exception>
    public async ValueTask<CheckpointCapture?> CaptureAsync(CancellationToken cancellationToken)
    {
        var capture = live.CaptureGenerationAsync();
        try
        {
            var frame = PendingWrite.Generation();
            if (writer.TryAdd(frame))
            {
                await frame.Outcome.WaitAsync(cancellationToken).ConfigureAwait(false);
                Invariant.Require(capture.IsCompleted, "a generation frame is captured when it is applied");
                return await capture.ConfigureAwait(false);
            }
        }
        catch
        {
            live.EndGenerationCapture(capture);
            throw;
        }

        live.EndGenerationCapture(capture);
        return null;
    }

    /// <summary>Goes on with a compacted checkpoint.</summary>
    /// <param name="manifest">The checkpoint.</param>
    /// <param name="cancellationToken">Ends the loading; then the live state stays.</param>
    /// <returns>How much replay was left when writes had to wait, and how long they waited.</returns>
    /// <exception cref="CairnException">What the loader throws; the live state stays.</exception>
    public async ValueTask<AdoptionReport> AdoptAsync(Manifest manifest, CancellationToken cancellationToken)
    {
        var loaded = await loader.OpenFilesAsync(manifest, cancellationToken).ConfigureAwait(false);
        return await AdoptAsync(loaded, withMemory: false, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Goes on with a checkpoint that another process wrote, and with its files of outcomes.</summary>
    /// <returns>What the live state begins with now.</returns>
    /// <inheritdoc cref="AdoptAsync(Manifest, CancellationToken)"/>
    public async ValueTask<LoadedCheckpoint> GoOnFromAsync(Manifest manifest, CancellationToken cancellationToken)
    {
        var loaded = await loader.OpenFilesAsync(manifest, cancellationToken).ConfigureAwait(false);

        // Its writer may have seen more of the log.
        await writer.FollowAsync(cancellationToken).ConfigureAwait(false);
        await AdoptAsync(loaded, withMemory: true, cancellationToken).ConfigureAwait(false);
        return loaded;
    }

    private async ValueTask<AdoptionReport> AdoptAsync(LoadedCheckpoint loaded, bool withMemory, CancellationToken cancellationToken)
    {
        var next = loaded.State;
        await next.Newest.Shared.DeriveAsAsync(live.Newest.Shared, next.Newest, cancellationToken).ConfigureAwait(false);
        var left = long.MaxValue;
        for (var round = 0; round < MaxRounds && left > MaxOperationsWhileAlone; round++)
        {
            await AdvanceAsync(next, cancellationToken).ConfigureAwait(false);
            left = live.Operations - next.Operations;
        }

        var (began, operations) = (0L, 0L);
        await writer.RunAloneAsync(
            async untilApplied =>
            {
                (began, operations) = (clock.Time.GetTimestamp(), next.Operations);

                // Of what is durable the live state applies the last groups right now; the other one does so meanwhile.
                await AdvanceAsync(next, cancellationToken).ConfigureAwait(false);
                await untilApplied().ConfigureAwait(false);
                live.Publish();
                operations = next.Operations - operations;
                live.Adopt(next, withMemory);
            },
            cancellationToken).ConfigureAwait(false);
        return new(operations, clock.Time.GetElapsedTime(began));
    }

    private ValueTask AdvanceAsync(Reconciler next, CancellationToken cancellationToken)
    {
        var end = writer.DurableEnd;
        return end <= next.Newest.Position ? default : loader.AdvanceAsync(next, LogBound.At(end), end, cancellationToken);
    }
}

/// <summary>How a state was adopted.</summary>
/// <param name="Operations">Replayed while writes waited.</param>
/// <param name="Pause">How long nothing was appended for it.</param>
internal readonly record struct AdoptionReport(long Operations, TimeSpan Pause);
