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
    private readonly List<OutcomeRun> _given = [];
    private readonly List<OutcomeRun> _made = [];
    private OutcomeFile[] _files = [];
    private LogPosition _knownAfter;
    private LogPosition _storedTo;
    private Timestamp _nextExpiry = Timestamp.Max;
    private long _count;
    private bool _keepsAll;

    /// <summary>Ids given by callers that are remembered.</summary>
    public long Count => Volatile.Read(ref _count);

    /// <summary>Ids given by callers before this instant of the log clock are forgotten. Only the reconciler asks.</summary>
    public Timestamp ForgottenBefore { get; private set; } = Timestamp.Min;

    /// <summary>
    /// Every commit is kept in memory until it is stored. Set before the first commit by whoever stores them, who also bounds what is not
    /// stored yet; else <see cref="Seal"/> must not be called.
    /// </summary>
    public bool KeepsAll
    {
        get => _keepsAll;
        init => _keepsAll = value;
    }

    /// <summary>Chunks of files that were read lately. Files are opened with it.</summary>
    public OutcomeCache Cache { get; } = new();

    /// <summary>Bytes of memory, about.</summary>
    public long Bytes
    {
        get
        {
            lock (_gate)
            {
                return _given.Concat(_made).Sum(static run => run.Bytes) + _files.Sum(static file => file.Bytes) + Cache.Bytes;
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
        OutcomeFile[] files;
        Timestamp forgottenBefore;
        lock (_gate)
        {
            if (Find(_given, key) is { } found)
            {
                return found.Time >= ForgottenBefore ? found : null;
            }

            (files, forgottenBefore) = (_files, ForgottenBefore);
        }

        // Files are read without the lock. What is stored meanwhile was in memory a moment ago.
        for (var i = files.Length - 1; i >= 0 && files[i].Range.LastTime >= forgottenBefore; i--)
        {
            if (files[i].MayHoldGiven(key) && files[i].TryFindGiven(key, out var found))
            {
                return found.Time >= forgottenBefore ? found : null;
            }
        }

        return null;
    }

    /// <summary>Any commit that is remembered or stored, also one whose id was forgotten for duplicates.</summary>
    /// <exception cref="CairnException">Corrupt, Unavailable: a file of outcomes cannot be read.</exception>
    public RememberedCommit? Find(ReadOnlySpan<byte> commitId)
    {
        var (given, made) = (CommitKey.OfGiven(commitId), CommitKey.OfMade(commitId));
        OutcomeFile[] files;
        lock (_gate)
        {
            if ((Find(_given, given) ?? Find(_made, made)) is { } found)
            {
                return found;
            }

            files = _files;
        }

        for (var i = files.Length - 1; i >= 0; i--)
        {
            if ((files[i].MayHoldGiven(given) && files[i].TryFindGiven(given, out var found)) || files[i].TryFindMade(made, out found))
            {
                return found;
            }
        }

        return null;
    }

    /// <summary>Remembers a commit whose id its caller gave.</summary>
    public void AddGiven(ReadOnlySpan<byte> commitId, in RememberedCommit commit, TimeSpan window)
    {
        var key = CommitKey.OfGiven(commitId);
        lock (_gate)
        {
            if (_given is not [.., { IsClosed: false } last] || last.FirstTime.Plus(window / RunsPerWindow) < commit.Time)
            {
                last = Begin(_given, isGiven: true);
            }

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
            if (_made is not [.., { IsClosed: false } last] || IsFull(last))
            {
                last = Begin(_made, isGiven: false);
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
            Close(_given);
            Close(_made);
            return new(_storedTo, end, ForgottenBefore, [.. _given], [.. _made]);
        }
    }

    /// <summary>A sealed range is in a file now, which takes its place.</summary>
    /// <param name="file">Begins where the last file ends. Stays open until it is dropped.</param>
    public void Stored(OutcomeFile file)
    {
        file.LoadFilter();
        lock (_gate)
        {
            Invariant.Require(file.Range.After == _storedTo, "a file of outcomes begins where the last one ends");
            Invariant.Require(_given.Concat(_made).All(run => run.Last > file.Range.End || run.IsClosed), "a range was sealed before it is stored");
            _given.RemoveAll(run => run.Last <= file.Range.End);
            _made.RemoveAll(run => run.Last <= file.Range.End);
            _files = [.. _files, file];
            _storedTo = file.Range.End;
            Recount();
        }
    }

    /// <summary>Begins with what a checkpoint has. Before the first commit.</summary>
    /// <param name="files">All that are retained, in the order of the log; their ranges touch each other. They stay open until they are dropped.</param>
    /// <param name="position">Of the checkpoint: not before the end of the last file, and no commit lies between.</param>
    /// <param name="forgottenBefore">What <see cref="ForgottenBefore"/> was there.</param>
    /// <exception cref="CairnException">Corrupt: the files' ranges do not touch each other, or one cannot be read.</exception>
    public void Restore(IReadOnlyList<OutcomeFile> files, LogPosition position, Timestamp forgottenBefore)
    {
        for (var i = 0; i < files.Count; i++)
        {
            if (files[i].Range.End > position || (i > 0 && files[i].Range.After != files[i - 1].Range.End))
            {
                throw files[i].Damage("its range does not begin where the last one ends, or lies behind the checkpoint");
            }

            if (files[i].Range.LastTime >= forgottenBefore)
            {
                files[i].LoadFilter();
            }
        }

        lock (_gate)
        {
            Invariant.Require(KeepsAll && _given.Count + _made.Count + _files.Length == 0, "a memory is restored before its first commit");
            _files = [.. files];
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
            Invariant.Require(_files.Length > 0 && _files[0] == file, "files of outcomes are dropped from the oldest on");
            Invariant.Require(file.Range.LastTime < ForgottenBefore, "a file of outcomes inside of the idempotency window is not dropped");
            _files = _files[1..];
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
        var found = new List<RememberedCommit>(Math.Min(most, OutcomeChunk.MaxRecords));
        OutcomeFile[] files;
        lock (_gate)
        {
            after = after < _knownAfter ? _knownAfter : after;
            files = _files;
            if (files.Length == 0 || files[^1].Range.End <= after)
            {
                ReadRuns(after, most, found);
                return found;
            }
        }

        var first = Array.FindIndex(files, file => file.Range.End > after);
        for (var i = first; i < files.Length && found.Count < most; i++)
        {
            found.AddRange(files[i].ReadAfter(after).Take(most - found.Count));
        }

        return found.Count > 0 ? found : ReadAfter(files[^1].Range.End, most);
    }

    private static RememberedCommit? Find(List<OutcomeRun> runs, UInt128 key)
    {
        for (var i = runs.Count - 1; i >= 0; i--)
        {
            if (runs[i].Find(key) is { } found)
            {
                return found;
            }
        }

        return null;
    }

    private void ReadRuns(LogPosition after, int most, List<RememberedCommit> found)
    {
        var cursor = new MergedCursor(_given, _made);
        for (cursor.Seek(after); found.Count < most && cursor.Next is { } next; next.Advance())
        {
            found.Add(next.Record.Decode());
        }
    }

    private OutcomeRun Begin(List<OutcomeRun> runs, bool isGiven)
    {
        Close(runs);
        var run = new OutcomeRun(hash, isGiven);
        runs.Add(run);
        return run;
    }

    private static void Close(List<OutcomeRun> runs)
    {
        if (runs.Count > 0)
        {
            runs[^1].Close();
        }
    }

    private bool IsFull(OutcomeRun run) => !KeepsAll && (run.Count >= RecentCommits / RecentRuns || run.Bytes >= RecentBytes / RecentRuns);

    private void DropRecent()
    {
        if (!KeepsAll && _made.Count > RecentRuns + 1)
        {
            _knownAfter = _made[0].Last;
            _made.RemoveAt(0);
        }
    }

    // Runs that are not stored stay, though nobody finds anything in them as a duplicate any more.
    private void Expire()
    {
        if (!KeepsAll)
        {
            _given.RemoveAll(run => run.LastTime < ForgottenBefore);
        }

        foreach (var file in _files)
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
        foreach (var (ids, last) in _given.Select(static run => (run.Ids, run.LastTime)).Concat(_files.Select(static file => (file.Range.Given, file.Range.LastTime))))
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
