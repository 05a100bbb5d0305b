using Cairn.Formats.Segments;
using Cairn.Primitives;
using Cairn.Reconciliation.Outcomes;
using Cairn.Snapshots.Checkpoints;
using Cairn.Storage;

namespace Cairn.Reconciliation.Checkpoints;

/// <summary>A file of outcomes, open.</summary>
/// <param name="Segment">The file.</param>
/// <param name="File">What is in it.</param>
internal readonly record struct StoredOutcomeFile(StoredSegment Segment, OutcomeFile File);

/// <summary>How the files of outcomes go on with the next checkpoint: the oldest are left out, small neighbours become one, what was sealed is a new one.</summary>
/// <param name="Files">Those that its manifest names.</param>
/// <param name="Dropped">How many of the oldest it does not name any more.</param>
/// <param name="Replaced">Those that became one.</param>
/// <param name="Merged">The one that they became; null: none did.</param>
/// <param name="Added">The new one; null: no commit came.</param>
internal sealed record OutcomeFilesChange(
    List<StoredOutcomeFile> Files, int Dropped, IReadOnlyList<OutcomeFile> Replaced, OutcomeFile? Merged, OutcomeFile? Added);

/// <summary>
/// The files of outcomes of the newest checkpoint, which a memory of commits reads in. A checkpoint first prepares how they go on, then its manifest is created, then the
/// memory is told. One thread at a time.
/// </summary>
/// <param name="blobs">Where they are.</param>
/// <param name="memory">Reads in them.</param>
/// <param name="files">Oldest first; their ranges touch each other.</param>
/// <param name="observer">Hears of files that cannot be merged: they stay as they are.</param>
internal sealed class OutcomeFilesWriter(IBlobStore blobs, CommitMemory memory, List<StoredOutcomeFile> files, Diagnostics.IEngineObserver observer)
{
    private List<StoredOutcomeFile> _files = files;

    /// <summary>Where the oldest begins that has outcomes of an instant or later; null: none has.</summary>
    public LogPosition? AfterOf(Timestamp from) => _files.FindIndex(outcome => outcome.File.Range.LastTime >= from) is >= 0 and var first ? _files[first].File.Range.After : null;

    /// <summary>Writes what the next checkpoint needs.</summary>
    /// <param name="outcomes">Behind the last file.</param>
    /// <param name="oldest">Position of the oldest checkpoint that is kept.</param>
    /// <param name="retainedFrom">Outcomes of this instant of the log clock or later are kept.</param>
    /// <param name="header">What new files say of themselves.</param>
    /// <param name="newName">Gives a name that nobody else uses.</param>
    /// <param name="cancellationToken">Ends the writing; then nothing has changed.</param>
    public async ValueTask<OutcomeFilesChange> PrepareAsync(
        SealedOutcomes outcomes, LogPosition oldest, Timestamp retainedFrom, SegmentHeader header, Func<string> newName, CancellationToken cancellationToken)
    {
        var kept = Kept(oldest, retainedFrom, outcomes.ForgottenBefore);
        var dropped = _files.Count - kept.Count;
        var (first, merged) = await MergeAsync(kept, outcomes.ForgottenBefore, retainedFrom, header, newName, cancellationToken).ConfigureAwait(false);
        IReadOnlyList<OutcomeFile> replaced = [];
        if (merged is { } file)
        {
            replaced = [.. kept.GetRange(first, OutcomeMerge.Files).Select(static one => one.File)];
            kept.RemoveRange(first, OutcomeMerge.Files);
            kept.Insert(first, file);
        }

        StoredOutcomeFile? added = outcomes.Count == 0 ? null : await WriteAsync(
            newName(), header, writer => OutcomeFileWriter.WriteAsync(outcomes, writer, cancellationToken), cancellationToken).ConfigureAwait(false);
        return new(added is { } last ? [.. kept, last] : kept, dropped, replaced, merged?.File, added?.File);
    }

    /// <summary>The same files but for the oldest, as far as they are not needed any more.</summary>
    /// <param name="oldest">Position of the oldest checkpoint that is kept.</param>
    /// <param name="retainedFrom">Outcomes of this instant of the log clock or later are kept.</param>
    /// <param name="forgottenBefore">What the newest checkpoint has forgotten.</param>
    public OutcomeFilesChange Leave(LogPosition oldest, Timestamp retainedFrom, Timestamp forgottenBefore)
    {
        var kept = Kept(oldest, retainedFrom, forgottenBefore);
        return new(kept, _files.Count - kept.Count, [], null, null);
    }

    /// <summary>The manifest is durable.</summary>
    public void Commit(OutcomeFilesChange change)
    {
        foreach (var (_, file) in _files[..change.Dropped])
        {
            memory.Drop(file);
        }

        if (change.Merged is { } merged)
        {
            memory.Merged(merged, change.Replaced);
        }

        if (change.Added is { } added)
        {
            memory.Stored(added);
        }

        _files = change.Files;
    }

    // Outcomes go with the last checkpoint that lies behind them, but none that can still be followed, or tell a duplicate to whoever begins at the
    // checkpoint: the live memory may have forgotten more since it was taken.
    private List<StoredOutcomeFile> Kept(LogPosition oldest, Timestamp retainedFrom, Timestamp forgottenBefore)
    {
        var from = retainedFrom < forgottenBefore ? retainedFrom : forgottenBefore;
        var first = _files.FindIndex(outcome => outcome.File.Range.End > oldest || outcome.File.Range.LastTime >= from);
        return first < 0 ? [] : _files[first..];
    }

    private async ValueTask<(int First, StoredOutcomeFile? Merged)> MergeAsync(
        List<StoredOutcomeFile> kept, Timestamp forgottenBefore, Timestamp retainedFrom, SegmentHeader header, Func<string> newName, CancellationToken cancellationToken)
    {
        var since = forgottenBefore < retainedFrom ? retainedFrom : forgottenBefore;
        var time = kept.Count == 0 ? TimeSpan.Zero : TimeSpan.FromMicroseconds(Math.Max(0, kept[^1].File.Range.LastTime.Microseconds - since.Microseconds));
        var first = OutcomeMerge.Choose([.. kept.Select(static one => one.File.Range)], time);
        if (first < 0)
        {
            return (first, null);
        }

        try
        {
            var files = kept.GetRange(first, OutcomeMerge.Files).ConvertAll(static one => one.File);
            return (first, await WriteAsync(newName(), header, writer => OutcomeFileWriter.MergeAsync(files, writer, cancellationToken), cancellationToken).ConfigureAwait(false));
        }
        catch (CairnException damaged) when (damaged.Kind == ErrorKind.Corrupt)
        {
            // The state can be stored all the same; whoever asks for one of these outcomes will be told.
            observer.CheckpointFailed(damaged);
            return (first, null);
        }
    }

    private async ValueTask<StoredOutcomeFile> WriteAsync(string name, SegmentHeader header, Func<SegmentWriter, Task> write, CancellationToken cancellationToken)
    {
        var upload = await blobs.BeginAsync(name, cancellationToken).ConfigureAwait(false);
        await using (upload.ConfigureAwait(false))
        {
            var writer = new SegmentWriter(header, upload.WriteAsync);
            await write(writer).ConfigureAwait(false);
            await writer.FinishAsync(cancellationToken).ConfigureAwait(false);
            await upload.CommitAsync(cancellationToken).ConfigureAwait(false);
        }

        var segment = await StoredSegment.OpenAsync(blobs, name, header.Incarnation, OutcomeSections.IsKnown, cancellationToken).ConfigureAwait(false);
        var file = OutcomeFile.Open(segment.File, memory.Cache);

        // Whatever can fail comes before the manifest: from then on the files are the space's, and must be this process's too.
        if (file.Range.LastTime >= memory.ForgottenBefore)
        {
            file.LoadFilter();
        }

        return new(segment, file);
    }
}
