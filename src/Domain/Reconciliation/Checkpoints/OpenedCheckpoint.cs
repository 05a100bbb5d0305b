using Cairn.Primitives;
using Cairn.Reconciliation.Outcomes;
using Cairn.Snapshots.Checkpoints;
using Cairn.Storage;

namespace Cairn.Reconciliation.Checkpoints;

/// <summary>A checkpoint with all files that its manifest names open: what a state begins with. Immutable.</summary>
/// <param name="Stored">Its segments.</param>
/// <param name="Outcomes">Its files of outcomes, oldest first.</param>
internal sealed record OpenedCheckpoint(StoredCheckpoint Stored, IReadOnlyList<StoredSegment> Outcomes)
{
    /// <summary>How often a checkpoint is looked for whose files are gone before they are open.</summary>
    private const int MaxOpenings = 8;

    /// <summary>The rows and indexes; null: the manifest names none yet.</summary>
    public StoredSpace? Space => Stored.State is { } state ? StoredSpace.Of(state, Stored.Segments, Stored.Derived) : null;

    /// <summary>Opens the files of a manifest.</summary>
    /// <exception cref="CairnException">Corrupt: one is missing or damaged; names it. Unavailable.</exception>
    public static async ValueTask<OpenedCheckpoint> OpenAsync(IBlobStore blobs, Manifest manifest, CancellationToken cancellationToken)
    {
        var stored = await StoredCheckpoint.OpenAsync(blobs, manifest, cancellationToken).ConfigureAwait(false);
        var outcomes = new List<StoredSegment>(manifest.Outcomes.Count);
        foreach (var file in manifest.Outcomes)
        {
            outcomes.Add(await StoredSegment.OpenAsync(blobs, file.Name, manifest.Incarnation, OutcomeSections.IsKnown, cancellationToken).ConfigureAwait(false));
        }

        return new(stored, outcomes);
    }

    /// <summary>Opens the newest checkpoint; null: there is none. Whoever writes them may collect files of one that is just being opened: then there is a newer one.</summary>
    /// <exception cref="CairnException">As <see cref="OpenAsync"/>.</exception>
    public static async ValueTask<OpenedCheckpoint?> OpenNewestAsync(IBlobStore blobs, ManifestStore manifests, CancellationToken cancellationToken)
    {
        var manifest = await manifests.FindNewestAsync(cancellationToken).ConfigureAwait(false);
        for (var tries = 1; ; tries++)
        {
            try
            {
                return manifest is null ? null : await OpenAsync(blobs, manifest, cancellationToken).ConfigureAwait(false);
            }
            catch (CairnException damaged) when (damaged.Kind == ErrorKind.Corrupt && tries < MaxOpenings)
            {
                if (await manifests.FindNewestAsync(unless: manifest!.Number, cancellationToken).ConfigureAwait(false) is not { } newer)
                {
                    throw;
                }

                manifest = newer;
            }
        }
    }

    /// <summary>Hands the outcomes over to the memory of the state that begins with this checkpoint. Before anything is replayed.</summary>
    /// <returns>The files that the memory reads in now.</returns>
    /// <exception cref="CairnException">Corrupt: a file of outcomes is damaged.</exception>
    public List<StoredOutcomeFile> Restore(CommitMemory memory)
    {
        var files = Outcomes.Select(segment => new StoredOutcomeFile(segment, OutcomeFile.Open(segment.File, memory.Cache))).ToList();
        if (Stored.State is { } state)
        {
            memory.Restore([.. files.Select(static outcome => outcome.File)], state.Position, state.ForgottenBefore);
        }

        return files;
    }
}
