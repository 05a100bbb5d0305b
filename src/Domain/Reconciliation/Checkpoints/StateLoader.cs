using Cairn.Formats;
using Cairn.Log;
using Cairn.Primitives;
using Cairn.Snapshots.Checkpoints;
using Cairn.Storage;

namespace Cairn.Reconciliation.Checkpoints;

/// <summary>
/// Loads states of a space beside the live one: a checkpoint that is kept, then the log behind it. Any number of threads, each with a state of its own.
/// </summary>
/// <remarks>
/// The live space notices nothing: a loaded state has its own rows, indexes, commits by id and caches. Files may be collected meanwhile, by this process
/// or another, which makes a load fail in a way that its caller can tell: then a newer manifest names others.
/// </remarks>
/// <param name="blobs">The files of checkpoints. Borrowed.</param>
/// <param name="log">The log files.</param>
/// <param name="hash">For a state without a checkpoint; one with a checkpoint takes its key.</param>
/// <param name="options">Those that the live state has.</param>
/// <param name="incarnation">The life of the space.</param>
internal sealed class StateLoader(IBlobStore blobs, LogReader log, KeyedHash hash, EngineOptions options, Incarnation incarnation)
{
    /// <summary>Frames that are replayed before the loop looks whether it shall end.</summary>
    private const int FramesPerLook = 64;

    private readonly ManifestStore _manifests = new(blobs, incarnation);

    /// <summary>The manifest with the highest number, as it is now; null: there is none.</summary>
    /// <exception cref="CairnException">Corrupt, Unavailable.</exception>
    public ValueTask<Manifest?> FindNewestAsync(CancellationToken cancellationToken) => _manifests.FindNewestAsync(cancellationToken);

    /// <summary>The manifest of a checkpoint that is kept.</summary>
    /// <exception cref="CairnException">NotFound (not-retained): it was collected. Corrupt, Unavailable.</exception>
    public async ValueTask<Manifest> RequireAsync(long number, CancellationToken cancellationToken) =>
        await _manifests.FindAsync(number, cancellationToken).ConfigureAwait(false) ?? throw Gone($"checkpoint {number}", null);

    /// <summary>The state that a checkpoint holds, as it was when the space was opened with it.</summary>
    /// <param name="manifest">Of a checkpoint that is kept. Null: nothing, which the log continues if its first file is there.</param>
    /// <param name="cancellationToken">Ends the opening.</param>
    /// <exception cref="CairnException">NotFound (not-retained): it was collected meanwhile. Corrupt, Unavailable.</exception>
    public async ValueTask<Reconciler> OpenAsync(Manifest? manifest, CancellationToken cancellationToken)
    {
        return manifest is null
            ? new(incarnation, hash, options.Capacity, stored: null, options.Checkpoints.IsOn)
            : (await OpenFilesAsync(manifest, cancellationToken).ConfigureAwait(false)).State;
    }

    /// <summary>As <see cref="OpenAsync"/>, with the files that the state reads.</summary>
    public async ValueTask<LoadedCheckpoint> OpenFilesAsync(Manifest manifest, CancellationToken cancellationToken)
    {
        try
        {
            var opened = await OpenedCheckpoint.OpenAsync(blobs, manifest, cancellationToken).ConfigureAwait(false);
            var key = opened.Stored.State is { } state ? new KeyedHash(state.HashKey) : hash;
            var reconciler = new Reconciler(incarnation, key, options.Capacity, opened.Space, isStored: true);
            return new(reconciler, opened.Stored, opened.Restore(reconciler.Memory));
        }
        catch (CairnException failure) when (failure.Kind == ErrorKind.Corrupt)
        {
            // Its manifest goes before its files do: if that is still there, the files should be, too.
            if (await _manifests.FindAsync(manifest.Number, cancellationToken).ConfigureAwait(false) is null)
            {
                throw Gone(manifest.Name, failure);
            }

            throw;
        }
    }

    /// <summary>The state that a checkpoint and the log behind it make, published.</summary>
    /// <param name="manifest">As <see cref="OpenAsync"/>; not past the bound.</param>
    /// <param name="through">How far.</param>
    /// <param name="end">As <see cref="AdvanceAsync"/>.</param>
    /// <param name="cancellationToken">Ends the loading.</param>
    /// <exception cref="CairnException">As <see cref="OpenAsync"/> and <see cref="AdvanceAsync"/>.</exception>
    public async ValueTask<Reconciler> LoadAsync(Manifest? manifest, LogBound through, LogPosition end, CancellationToken cancellationToken)
    {
        var state = await OpenAsync(manifest, cancellationToken).ConfigureAwait(false);
        await AdvanceAsync(state, through, end, cancellationToken).ConfigureAwait(false);
        return state;
    }

    /// <summary>Brings a loaded state forward and publishes it; a frame is applied whole or not at all. One thread at a time for one state.</summary>
    /// <param name="state">From <see cref="OpenAsync"/>. If this throws it may be between two frames, or broken.</param>
    /// <param name="through">How far.</param>
    /// <param name="end">Where a durable frame ends; nothing behind it is looked at.</param>
    /// <param name="cancellationToken">Ends the replay.</param>
    /// <exception cref="CairnException">NotFound (not-retained): a log file that is needed was collected. Corrupt, Unavailable.</exception>
    public async ValueTask AdvanceAsync(Reconciler state, LogBound through, LogPosition end, CancellationToken cancellationToken)
    {
        var (position, logClock) = (state.Newest.Position, state.Newest.LogClock);
        Invariant.Require(through.Holds(position, logClock) || position == LogPosition.Zero, "a state is not brought backward");
        try
        {
            var untilLook = FramesPerLook;
            await foreach (var frame in log.ReadFramesAsync(position, end, cancellationToken).ConfigureAwait(false))
            {
                logClock = Timestamp.Latest(logClock, frame.View.Time);
                if (!through.Holds(frame.Position, logClock))
                {
                    break;
                }

                if (--untilLook == 0)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    untilLook = FramesPerLook;
                }

                Apply(state, frame);
            }
        }
        catch (CairnException gone) when (gone is { Kind: ErrorKind.NotFound, Problem: null })
        {
            throw Gone($"the log behind {position}", gone);
        }
        catch (CairnException misplaced) when (misplaced is { Kind: ErrorKind.Invalid, Problem: "wrong-cursor" })
        {
            // Nobody made this position up: a checkpoint has it.
            throw new CairnException(ErrorKind.Corrupt, $"a checkpoint is of position {position}, where no frame of the log ends", misplaced);
        }

        state.Publish();
    }

    private void Apply(Reconciler state, in LogFrame frame)
    {
        // It tells where the log goes on, and nothing of the memory.
        if (frame.View.Kind == FrameKind.Roll)
        {
            return;
        }

        state.Apply(frame);
        if (state.Unpublished >= options.MaxBatch)
        {
            state.Publish();
        }
    }

    private static CairnException Gone(string what, Exception? inner) =>
        new(ErrorKind.NotFound, $"{what} is no longer retained", inner) { Problem = "not-retained" };
}

/// <summary>A state that was loaded from a checkpoint.</summary>
/// <param name="State">The state.</param>
/// <param name="Stored">The checkpoint.</param>
/// <param name="Outcomes">Its files of outcomes, which the state's commits by id are read from, oldest first.</param>
internal sealed record LoadedCheckpoint(Reconciler State, StoredCheckpoint Stored, List<StoredOutcomeFile> Outcomes);
