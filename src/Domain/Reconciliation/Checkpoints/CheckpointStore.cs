using System.Globalization;
using Cairn.Formats.Segments;
using Cairn.Log;
using Cairn.Primitives;
using Cairn.Reconciliation.Outcomes;
using Cairn.Snapshots.Checkpoints;
using Cairn.Snapshots.Derived;
using Cairn.Storage;

namespace Cairn.Reconciliation.Checkpoints;

/// <summary>
/// The checkpoints of one space as one process sees them: finds the newest when the space is opened, adds the next, deletes what no kept one names. One thread at a time.
/// </summary>
/// <remarks>
/// Files are deleted only by whoever wrote the newest manifest, after that manifest has left out what named them: nobody finds the way to a file that is
/// being deleted. Files of a later epoch are another's, and left alone.
/// </remarks>
internal sealed class CheckpointStore : IAsyncDisposable
{
    private const string SegmentFolder = "segments/";
    private const string SegmentExtension = ".seg";
    private const string OutcomeFolder = "outcomes/";
    private const string OutcomeExtension = ".out";
    private static readonly TimeSpan OthersPatience = TimeSpan.FromHours(1);

    private readonly IBlobStore _blobs;
    private readonly SpaceRecord _record;
    private readonly EngineServices _services;
    private readonly CheckpointOptions _options;
    private readonly WriterId _writer;
    private ulong _hashKey;
    private readonly ManifestStore _manifests;
    private readonly Dictionary<long, Manifest> _kept = [];
    private OpenedCheckpoint? _opened;
    private StoredCheckpoint? _base;
    private volatile StoredCheckpoint? _newest;
    private OutcomeFilesWriter? _outcomes;
    private long _epoch = -1;
    private bool _mustCollect = true;

    private CheckpointStore(IBlobStore blobs, SpaceRecord record, CheckpointOptions options, EngineServices services, OpenedCheckpoint? opened)
    {
        (_blobs, _record, _options, _services, _opened) = (blobs, record, options, services, opened);
        (_newest, _base) = (opened?.Stored, opened?.Stored);
        _manifests = new(blobs, record.Incarnation);
        _writer = new(services.NewId());
        _hashKey = _newest?.State?.HashKey ?? (ulong)services.NewId();
    }

    /// <summary>The newest checkpoint that this process knows; null: there is none. Any thread.</summary>
    public StoredCheckpoint? Newest
    {
        get => _newest;
        private set => _newest = value;
    }

    /// <summary>The key of all hashes of the space: that of the checkpoint, or a new one.</summary>
    public KeyedHash Hash => new(_hashKey);

    /// <summary>What the space begins with; null: nothing. Until <see cref="Restore"/>.</summary>
    public StoredSpace? Stored => _opened?.Space;

    /// <summary>Where its log is to be read from.</summary>
    public LogStart LogStart => Newest is { State: { } state, Manifest: var manifest } ? new(manifest.Position, state.LogClock, manifest.LogAppends) : default;

    /// <summary>Finds and opens the newest checkpoint.</summary>
    /// <exception cref="CairnException">Corrupt: a file of it is damaged or missing; names it. Unavailable.</exception>
    public static async ValueTask<CheckpointStore> OpenAsync(
        ISpaceStore spaces, SpaceRecord record, CheckpointOptions options, EngineServices services, CancellationToken cancellationToken)
    {
        var blobs = spaces.OpenBlobs(record);
        try
        {
            return new(blobs, record, options, services, await OpenedCheckpoint.OpenNewestAsync(blobs, new(blobs, record.Incarnation), cancellationToken).ConfigureAwait(false));
        }
        catch
        {
            await blobs.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Hands the outcomes of the checkpoint over. Once, before anything is replayed.</summary>
    /// <exception cref="CairnException">Corrupt: a file of outcomes is damaged.</exception>
    public void Restore(CommitMemory memory)
    {
        _outcomes = new(_blobs, memory, _opened?.Restore(memory) ?? [], _services.Observer);
        _opened = null;
    }

    /// <summary>Loads other states of the space from what is stored. Until the store is disposed.</summary>
    public StateLoader NewLoader(LogReader log, EngineOptions options) => new(_blobs, log, Hash, options, _record.Incarnation);

    /// <summary>The newest manifest if it is not the one that this process knows: another process wrote it, or this one and was not told.</summary>
    /// <exception cref="CairnException">Corrupt, Unavailable.</exception>
    public ValueTask<Manifest?> FindOthersAsync(CancellationToken cancellationToken) => _manifests.FindNewestAsync(Newest?.Manifest.Number ?? 0, cancellationToken);

    /// <summary>Whether there is another newest checkpoint than the one that this process knows.</summary>
    public async ValueTask<bool> IsSupersededAsync(CancellationToken cancellationToken) => await FindOthersAsync(cancellationToken).ConfigureAwait(false) is not null;

    /// <summary>The live state is that of a checkpoint of another process, brought forward: what is written next adds to it, under an epoch of its own.</summary>
    public void GoOnFrom(LoadedCheckpoint loaded)
    {
        (Newest, _base, _epoch, _mustCollect) = (loaded.Stored, loaded.Stored, -1, true);
        _hashKey = loaded.Stored.State?.HashKey ?? _hashKey;
        _outcomes = new(_blobs, loaded.State.Memory, loaded.Outcomes, _services.Observer);
    }

    /// <summary>Makes this process the one that writes checkpoints, if it is not yet.</summary>
    /// <exception cref="CairnException">Fenced: another one wrote meanwhile, which <see cref="FindOthersAsync"/> tells.</exception>
    public async ValueTask ClaimAsync(CancellationToken cancellationToken)
    {
        if (_epoch >= 0)
        {
            return;
        }

        // The content is that of the manifest before, and as old: that one need not be kept for it.
        var manifest = Newest?.Manifest is { } before ? before with { Number = before.Number + 1, Epoch = before.Epoch + 1, Writer = _writer } : Next(null, 1);
        await _manifests.CreateAsync(manifest, cancellationToken).ConfigureAwait(false);
        _epoch = manifest.Epoch;
        Newest = Newest is null ? new(manifest, SegmentSet.Empty, null, StoredDerived.None) : Newest with { Manifest = manifest };
        _base = _base is null ? null : Newest;
    }

    /// <summary>Writes a checkpoint. After <see cref="ClaimAsync"/>.</summary>
    /// <param name="capture">What to write.</param>
    /// <param name="logAppends">Appends that the log file of its position has taken, or more.</param>
    /// <param name="form">What goes into the new segment. Behind a compacted one all is written anew, until <see cref="Adopted"/>: its rows have other numbers.</param>
    /// <param name="cancellationToken">Ends the writing.</param>
    /// <exception cref="CairnException">Fenced: another process took over. Unavailable, Corrupt.</exception>
    public async ValueTask<(StoredCheckpoint Stored, long WrittenBytes)> WriteAsync(
        CheckpointCapture capture, int logAppends, CheckpointForm form, CancellationToken cancellationToken)
    {
        try
        {
            return await WriteFilesAsync(capture, logAppends, form, cancellationToken).ConfigureAwait(false);
        }
        catch (CairnException failure) when (failure.Kind == ErrorKind.Corrupt)
        {
            await RequireHeldAsync(failure, cancellationToken).ConfigureAwait(false);
            throw;
        }
    }

    // Who took over collects files of this process, and those that only its manifest keeps, before it knows.
    private async ValueTask RequireHeldAsync(CairnException failure, CancellationToken cancellationToken)
    {
        if (await IsSupersededAsync(cancellationToken).ConfigureAwait(false))
        {
            _epoch = -1;
            throw new CairnException(ErrorKind.Fenced, "another process writes checkpoints of this space now", failure);
        }
    }

    private async ValueTask<(StoredCheckpoint Stored, long WrittenBytes)> WriteFilesAsync(
        CheckpointCapture capture, int logAppends, CheckpointForm form, CancellationToken cancellationToken)
    {
        var header = new SegmentHeader(_record.Incarnation, capture.Snapshot.Position, _epoch);
        var writer = new CheckpointWriter(_blobs, () => NewName(SegmentFolder, SegmentExtension), header, form == CheckpointForm.Whole ? null : _base, _hashKey);
        var written = form == CheckpointForm.Compacted
            ? await writer.WriteCompactedAsync(capture, cancellationToken).ConfigureAwait(false)
            : await writer.WriteAsync(capture, cancellationToken).ConfigureAwait(false);
        var next = Next(Newest!.Manifest, _epoch);
        var outcomes = await _outcomes!.PrepareAsync(
            capture.Outcomes,
            next.Kept.Count > 0 ? next.Kept[0].Position : capture.Snapshot.Position,
            capture.Snapshot.LogClock.Plus(-_options.Retention),
            header,
            () => NewName(OutcomeFolder, OutcomeExtension),
            cancellationToken).ConfigureAwait(false);
        _mustCollect |= outcomes.Dropped > 0 || outcomes.Merged is not null;
        var manifest = next with
        {
            Position = capture.Snapshot.Position,
            LogAppends = logAppends,
            Segments = [.. written.Segments.Segments.Select(FileOf)],
            Outcomes = [.. outcomes.Files.Select(static outcome => FileOf(outcome.Segment))],
            Indexes = written.Derived.Files.Names,
        };
        await CreateAsync(manifest, cancellationToken).ConfigureAwait(false);
        Newest = new(manifest, written.Segments, written.State, written.Derived);
        _base = form == CheckpointForm.Compacted ? null : Newest;
        _outcomes.Commit(outcomes);
        if (written.Damage is { } damage)
        {
            _services.Observer.CheckpointFailed(damage);
        }

        if (form != CheckpointForm.Compacted)
        {
            // A compacted one is of another state, which is to have the indexes that this one has.
            capture.Snapshot.Shared.Stored(written.Derived, capture.Snapshot);
        }

        return (Newest, written.WrittenBytes);
    }

    /// <summary>Leaves out the kept checkpoints that the retention has passed by now, by a manifest of otherwise the same content; false: there are none.</summary>
    /// <remarks>
    /// Who writes checkpoints does it; a process that does not, only where no other has written since it opened the space, and an hour late, so that they do
    /// not take the writing from each other.
    /// </remarks>
    /// <exception cref="CairnException">Fenced: another process took over. Unavailable, Corrupt.</exception>
    public async ValueTask<bool> TryThinAsync(CancellationToken cancellationToken)
    {
        var now = Timestamp.From(_services.Time.GetUtcNow());

        // The newest counts among them: where it is older than the retention, nothing before it is asked for any more.
        List<KeptCheckpoint> Thin(Timestamp at)
        {
            var last = Newest!.Manifest;
            var kept = RetentionRule.Thin([.. last.Kept, new(last.Number, last.Position, last.WrittenAt)], at, _options.Retention);
            return [.. kept.Where(checkpoint => checkpoint.Number != last.Number)];
        }

        if (Newest is null || Thin(_epoch < 0 ? now.Plus(-OthersPatience) : now).Count == Newest.Manifest.Kept.Count)
        {
            return false;
        }

        if (_epoch < 0 && await FindOthersAsync(cancellationToken).ConfigureAwait(false) is not null)
        {
            return false;
        }

        await ClaimAsync(cancellationToken).ConfigureAwait(false);
        var (newest, kept) = (Newest.Manifest, Thin(now));
        var outcomes = _outcomes!.Leave(kept.Count > 0 ? kept[0].Position : newest.Position, now.Plus(-_options.Retention), Newest.State?.ForgottenBefore ?? Timestamp.Min);
        var manifest = newest with { Number = newest.Number + 1, Writer = _writer, Kept = kept, Outcomes = [.. outcomes.Files.Select(static outcome => FileOf(outcome.Segment))] };
        await CreateAsync(manifest, cancellationToken).ConfigureAwait(false);
        Newest = Newest with { Manifest = manifest };
        _base = _base is null ? null : Newest;
        _outcomes.Commit(outcomes);
        _mustCollect = true;
        return true;
    }

    private async ValueTask CreateAsync(Manifest manifest, CancellationToken cancellationToken)
    {
        try
        {
            await _manifests.CreateAsync(manifest, cancellationToken).ConfigureAwait(false);
        }
        catch (CairnException failure) when (failure.Kind == ErrorKind.Fenced)
        {
            _epoch = -1;
            throw;
        }
    }

    /// <summary>The live state is that of the newest checkpoint, brought forward: what is written next adds to it.</summary>
    public void Adopted() => _base = Newest;

    private static StoredFile FileOf(StoredSegment segment) => new(segment.File.Name, segment.LengthBytes);

    /// <summary>Deletes what no kept checkpoint names, if there may be anything.</summary>
    public async ValueTask CollectAsync(WriteLog log, CancellationToken cancellationToken)
    {
        if (!_mustCollect)
        {
            return;
        }

        try
        {
            await DeleteUnnamedAsync(log, cancellationToken).ConfigureAwait(false);
        }
        catch (CairnException failure) when (failure.Kind == ErrorKind.Corrupt)
        {
            await RequireHeldAsync(failure, cancellationToken).ConfigureAwait(false);
            throw;
        }
    }

    private async ValueTask DeleteUnnamedAsync(WriteLog log, CancellationToken cancellationToken)
    {
        var manifest = Newest!.Manifest;
        var kept = manifest.Kept.Select(static checkpoint => checkpoint.Number).ToHashSet();
        foreach (var number in await _manifests.ListAsync(cancellationToken).ConfigureAwait(false))
        {
            if (number < manifest.Number && !kept.Contains(number))
            {
                await _manifests.DeleteAsync(number, cancellationToken).ConfigureAwait(false);
            }
        }

        var named = await NamedAsync(manifest, cancellationToken).ConfigureAwait(false);
        foreach (var folder in new[] { SegmentFolder, OutcomeFolder })
        {
            foreach (var blob in await _blobs.ListAsync(folder, cancellationToken).ConfigureAwait(false))
            {
                if (!named.Contains(blob.Name) && EpochOf(blob.Name) <= _epoch)
                {
                    await _blobs.DeleteAsync(blob.Name, cancellationToken).ConfigureAwait(false);
                }
            }
        }

        // Changes are read from the log as far back as there are outcomes within the retention; older ones only tell duplicates.
        var oldest = manifest.Kept.Count > 0 ? manifest.Kept[0].Position : manifest.Position;
        var from = RetentionRule.OldestOf(Timestamp.From(_services.Time.GetUtcNow()), _options.Retention);
        oldest = _outcomes!.AfterOf(from) is { } after && after < oldest ? after : oldest;
        await log.DeleteFilesBeforeAsync(oldest.File, cancellationToken).ConfigureAwait(false);
        _mustCollect = false;
    }

    /// <summary>Closes the blobs. Open segments stay readable for whoever holds them.</summary>
    public ValueTask DisposeAsync() => _blobs.DisposeAsync();

    // The same content under the next number; what was the newest joins the older ones that are kept.
    private Manifest Next(Manifest? newest, long epoch)
    {
        var now = Timestamp.From(_services.Time.GetUtcNow());
        if (newest is null)
        {
            return new()
            {
                Number = 1,
                Epoch = epoch,
                Writer = _writer,
                Incarnation = _record.Incarnation,
                Position = LogPosition.Zero,
                LogAppends = 0,
                WrittenAt = now,
                Segments = [],
                Outcomes = [],
                Kept = [],
            };
        }

        _kept[newest.Number] = newest;
        var all = newest.Kept.Append(new(newest.Number, newest.Position, newest.WrittenAt)).ToList();
        var kept = RetentionRule.Thin(all, now, _options.Retention);
        _mustCollect |= kept.Count < all.Count;
        return newest with { Number = newest.Number + 1, Epoch = epoch, Writer = _writer, WrittenAt = now, Kept = kept };
    }

    private async ValueTask<HashSet<string>> NamedAsync(Manifest newest, CancellationToken cancellationToken)
    {
        var named = newest.Files.Select(static file => file.Name).ToHashSet();
        foreach (var (number, _, _) in newest.Kept)
        {
            if (!_kept.TryGetValue(number, out var manifest))
            {
                manifest = await _manifests.FindAsync(number, cancellationToken).ConfigureAwait(false)
                    ?? throw new CairnException(ErrorKind.Corrupt, $"{Manifest.NameOf(number)} is missing, which {newest.Name} keeps");
                _kept.Add(number, manifest);
            }

            named.UnionWith(manifest.Files.Select(static file => file.Name));
        }

        foreach (var number in _kept.Keys.Except(newest.Kept.Select(static checkpoint => checkpoint.Number)).ToList())
        {
            _kept.Remove(number);
        }

        return named;
    }

    private string NewName(string folder, string extension) =>
        $"{folder}{_epoch.ToString("D10", CultureInfo.InvariantCulture)}-{new Incarnation(_services.NewId())}{extension}";

    // A name that this program did not make is nobody's to delete.
    private static long EpochOf(string name)
    {
        var from = name.IndexOf('/', StringComparison.Ordinal) + 1;
        var to = name.IndexOf('-', from);
        return to > from && long.TryParse(name.AsSpan(from, to - from), NumberStyles.None, CultureInfo.InvariantCulture, out var epoch) ? epoch : long.MaxValue;
    }
}

/// <summary>What a checkpoint writes.</summary>
internal enum CheckpointForm
{
    /// <summary>What changed since the one before.</summary>
    Changes,

    /// <summary>Everything into one segment.</summary>
    Whole,

    /// <summary>Everything but dead rows and unused keys into one segment.</summary>
    Compacted,
}
