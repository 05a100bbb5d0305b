using Cairn.Model;
using Cairn.Primitives;
using Cairn.Reconciliation.Outcomes;

namespace Cairn.Reconciliation;

/// <summary>
/// Remembers commits by id and by position. In memory: those since the last checkpoint, or, while nothing is stored, those whose caller gave
/// the id for the idempotency window and the others while they are recent. In files of outcomes: the ones before.
/// Thread-safe: the reconciler adds and seals, requests ask, whoever makes checkpoints stores and drops.
/// Invariants: forgetting follows the log clock only, so that all replicas agree on what is a duplicate, whatever lies in memory and whatever
/// in files; what is older than the window is forgotten for good, also if the window grows later; the ranges of the files touch each other and
/// the runs begin where the last one ends; all commits behind <see cref="KnownAfter"/> are known.
/// </summary>
internal sealed class CommitMemory(KeyedHash hash)
{
    /// <summary>Commits without a caller's id are found again among this many at least.</summary>
    public const int RecentCommits = 8 * 1024;

    // Fewer are remembered if their results are many and unlike each other.
    private const long RecentBytes = 8 * 1024 * 1024;
    private const int RecentRuns = 8;
    private const int RunsPerWindow = 8;
    private readonly Lock _gate = new();
    private readonly OutcomeRuns _given = new(hash, given: true);
    private readonly OutcomeRuns _made = new(hash, given: false);
    private OutcomeFiles _files = OutcomeFiles.None;
    private LogPosition _knownAfter;
    private LogPosition _storedTo;
    private Timestamp _nextExpiry = Timestamp.Max;
    private long _count;

    /// <summary>Ids given by callers that are remembered.</summary>
    public long Count => Volatile.Read(ref _count);

    /// <summary>Ids given by callers before this instant of the log clock are forgotten. Only the reconciler asks.</summary>
    public Timestamp ForgottenBefore { get; private set; } = Timestamp.Min;

    /// <summary>
    /// Every commit is kept in memory until it is stored. Set before the first commit by whoever stores them, who also bounds what is not
    /// stored yet; else <see cref="Seal"/> must not be called.
    /// </summary>
    public bool KeepsAll { get; init; }

    /// <summary>Chunks of files that were read lately. Files are opened with it.</summary>
    public OutcomeCache Cache { get; } = new();

    /// <summary>Bytes of memory, about.</summary>
    public long Bytes
    {
        get
        {
            lock (_gate)
            {
                return _given.Bytes + _made.Bytes + _files.Bytes + Cache.Bytes;
            }
        }
    }

    /// <summary>All commits behind this position are known.</summary>
    public LogPosition KnownAfter
    {
        get
        {
            lock (_gate)
            {
                return _knownAfter;
            }
        }
    }

    /// <summary>Commits with ids made by the service are known from here on.</summary>
    public LogPosition KnownSince => KnownAfter is var after && after == LogPosition.Zero ? after : new(after.Value + 1);

    /// <summary>Moves the window to the log clock.</summary>
    public void Advance(Timestamp logClock, TimeSpan window)
    {
        var before = logClock.Plus(-window);
        if (before <= ForgottenBefore)
        {
            return;
        }

        lock (_gate)
        {
            ForgottenBefore = before;
            if (before > _nextExpiry)
            {
                Expire();
            }
        }
    }

    /// <summary>A commit whose id its caller gave, if it is remembered.</summary>
    /// <exception cref="CairnException">Corrupt, Unavailable: a file of outcomes cannot be read.</exception>
    public RememberedCommit? FindGiven(ReadOnlySpan<byte> commitId)
    {
        var key = CommitKey.OfGiven(commitId);
        OutcomeFiles files;
        Timestamp forgottenBefore;
        lock (_gate)
        {
            if (_given.Find(key) is { } found)
            {
                return found.Time >= ForgottenBefore ? found : null;
            }

            (files, forgottenBefore) = (_files, ForgottenBefore);
        }

        // Files are read without the lock; runs and files were looked at under one, so nothing is between them.
        return files.FindGiven(key, forgottenBefore);
    }

    /// <summary>Any commit that is remembered or stored, also one whose id was forgotten for duplicates.</summary>
    /// <exception cref="CairnException">Corrupt, Unavailable: a file of outcomes cannot be read.</exception>
    public RememberedCommit? Find(ReadOnlySpan<byte> commitId)
    {
        var (given, made) = (CommitKey.OfGiven(commitId), CommitKey.OfMade(commitId));
        OutcomeFiles files;
        lock (_gate)
        {
            if ((_given.Find(given) ?? _made.Find(made)) is { } found)
            {
                return found;
            }

            files = _files;
        }

        return files.Find(given, made);
    }

    /// <summary>Remembers a commit whose id its caller gave.</summary>
    public void AddGiven(ReadOnlySpan<byte> commitId, in RememberedCommit commit, TimeSpan window)
    {
        var key = CommitKey.OfGiven(commitId);
        lock (_gate)
        {
            var last = _given.Open is { } open && open.FirstTime.Plus(window / RunsPerWindow) >= commit.Time ? open : _given.Begin();
            var before = last.Ids;
            last.Add(key, commit);
            Volatile.Write(ref _count, _count + last.Ids - before);
            _nextExpiry = commit.Time < _nextExpiry ? commit.Time : _nextExpiry;
        }
    }

    /// <summary>Remembers a commit whose id the service made.</summary>
    public void AddMade(ReadOnlySpan<byte> commitId, in RememberedCommit commit)
    {
        var key = CommitKey.OfMade(commitId);
        lock (_gate)
        {
            if (_made.Open is not { } last || IsFull(last))
            {
                last = _made.Begin();
                DropRecent();
            }

            last.Add(key, commit);
        }
    }

    /// <summary>
    /// Ends the range of commits that are not stored yet at the reconciler's position, and gives them to be written. They stay here until
    /// <see cref="Stored"/>; if that does not come, the next range begins where this one does. Between two groups, on the reconciler's thread.
    /// </summary>
    /// <param name="end">Position of the last frame that was applied.</param>
    public SealedOutcomes Seal(LogPosition end)
    {
        Invariant.Require(KeepsAll, "only a memory that keeps all commits can be stored");
        lock (_gate)
        {
            _given.Close();
            _made.Close();
            return new(_storedTo, end, ForgottenBefore, [.. _given.All], [.. _made.All]);
        }
    }

    /// <summary>A sealed range is in a file now, which takes its place.</summary>
    /// <param name="file">Begins where the last file ends. Stays open until it is dropped.</param>
    public void Stored(OutcomeFile file)
    {
        if (file.Range.LastTime >= ForgottenBefore)
        {
            file.LoadFilter();
        }

        lock (_gate)
        {
            Invariant.Require(file.Range.After == _storedTo, "a file of outcomes begins where the last one ends");
            _given.RemoveThrough(file.Range.End);
            _made.RemoveThrough(file.Range.End);
            _files = _files.With(file);
            _storedTo = file.Range.End;
            Recount();
        }
    }

    /// <summary>One file takes the place of several that follow each other. Who reads in them right now may go on, so they must not be closed at once.</summary>
    public void Merged(OutcomeFile file, IReadOnlyList<OutcomeFile> replaced)
    {
        if (file.Range.LastTime >= ForgottenBefore)
        {
            file.LoadFilter();
        }

        lock (_gate)
        {
            _files = _files.With(file, replaced);
            Recount();
        }

        foreach (var gone in replaced)
        {
            Cache.Forget(gone);
        }
    }

    /// <summary>Begins with what a checkpoint has. Before the first commit.</summary>
    /// <param name="files">All that are retained, in the order of the log; their ranges touch each other. They stay open until they are dropped.</param>
    /// <param name="position">Of the checkpoint: not before the end of the last file, and no commit lies between.</param>
    /// <param name="forgottenBefore">What <see cref="ForgottenBefore"/> was there.</param>
    /// <exception cref="CairnException">Corrupt: the files' ranges do not touch each other, or one cannot be read.</exception>
    public void Restore(IReadOnlyList<OutcomeFile> files, LogPosition position, Timestamp forgottenBefore)
    {
        var restored = new OutcomeFiles([.. files]);
        restored.Require(position);
        restored.LoadFilters(forgottenBefore);
        lock (_gate)
        {
            Invariant.Require(KeepsAll && _given.All.Count + _made.All.Count + _files.All.Length == 0, "a memory is restored before its first commit");
            _files = restored;
            _knownAfter = files.Count > 0 ? files[0].Range.After : position;
            _storedTo = files.Count > 0 ? files[^1].Range.End : position;
            ForgottenBefore = forgottenBefore;
            Recount();
        }
    }

    /// <summary>The oldest file is no longer retained. Who reads in it right now may go on, so it must not be closed at once.</summary>
    /// <param name="file">Its last commit lies before <see cref="ForgottenBefore"/>: else duplicates would be taken for new.</param>
    public void Drop(OutcomeFile file)
    {
        lock (_gate)
        {
            Invariant.Require(_files.All.Length > 0 && _files.All[0] == file, "files of outcomes are dropped from the oldest on");
            Invariant.Require(file.Range.LastTime < ForgottenBefore, "a file of outcomes inside of the idempotency window is not dropped");
            _files = _files.WithoutOldest();
            _knownAfter = file.Range.End;
            Recount();
        }

        Cache.Forget(file);
    }

    /// <summary>The next commits behind a position, in the order of the log.</summary>
    /// <param name="after">At or behind <see cref="KnownAfter"/>; else those behind that.</param>
    /// <param name="most">How many at most.</param>
    /// <returns>Rejected ones too. Empty: there is none yet.</returns>
    /// <exception cref="CairnException">Corrupt, Unavailable: a file of outcomes cannot be read.</exception>
    public IReadOnlyList<RememberedCommit> ReadAfter(LogPosition after, int most)
    {
        OutcomeFiles files;
        lock (_gate)
        {
            after = after < _knownAfter ? _knownAfter : after;
            files = _files;
            if (files.EndBefore(after))
            {
                return new MergedCursor(_given.All, _made.All).ReadAfter(after, most);
            }
        }

        var found = files.ReadAfter(after, most);
        return found.Count > 0 ? found : ReadAfter(files.All[^1].Range.End, most);
    }

    private bool IsFull(OutcomeRun run) => !KeepsAll && (run.Count >= RecentCommits / RecentRuns || run.Bytes >= RecentBytes / RecentRuns);

    private void DropRecent()
    {
        if (!KeepsAll && _made.All.Count > RecentRuns + 1)
        {
            _knownAfter = _made.RemoveOldest();
        }
    }

    // Runs that are not stored stay, though nobody finds anything in them as a duplicate any more.
    private void Expire()
    {
        if (!KeepsAll && _given.RemoveBefore(ForgottenBefore) is var end && end > _knownAfter)
        {
            _knownAfter = end;
        }

        foreach (var file in _files.All)
        {
            if (file.Range.LastTime < ForgottenBefore)
            {
                file.DropFilter();
            }
        }

        Recount();
    }

    private void Recount()
    {
        var (count, next) = (0L, Timestamp.Max);
        var runs = _given.All.Select(static run => (run.Ids, run.LastTime));
        foreach (var (ids, last) in runs.Concat(_files.All.Select(static file => (file.Range.Given, file.Range.LastTime))))
        {
            if (last >= ForgottenBefore)
            {
                count += ids;
                next = last < next ? last : next;
            }
        }

        Volatile.Write(ref _count, count);
        _nextExpiry = next;
    }
}
