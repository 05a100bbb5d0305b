using Cairn.Primitives;

namespace Cairn.Snapshots.Derived;

/// <summary>
/// The life of a derived index. A reader who finds no view of his snapshot makes one, in slices: from nothing, or from what differs between the snapshot that the index
/// is as and his own. Readers who want one at the same time do so in turns, and one goes on where another has left. Once there, the writer keeps it current.
/// Invariants: <see cref="_index"/> is as <see cref="_at"/> if no work is under way, else as no snapshot until that has ended; a view that a snapshot carries is exact for it.
/// </summary>
/// <remarks>
/// There is no hand-over between those who build and the writer: whoever holds the gate compares the snapshot that the index is as with the one it shall be as, and
/// pages that both share need no look. So nothing is collected while a build lasts, and a publish that finds the gate taken leaves it at that: the next one
/// compares over both. A snapshot may therefore be passed over and carry no view; <see cref="Step"/> says what its readers may do.
/// The writer follows as long as the index is read: after <see cref="FollowedRows"/> rows without a reader, or a publish of more than <see cref="RowsPerPublish"/>
/// (an import), the next reader has to catch up. After <see cref="KeptFor"/> without one it is given up, or, if a checkpoint holds it, let go when the next one does:
/// it holds the pages of an old snapshot.
/// </remarks>
internal abstract partial class DerivedIndex<TView> : DerivedIndex
    where TView : class
{
    /// <summary>Rows that the writer brings along for one publish: a few milliseconds.</summary>
    public const int RowsPerPublish = 256;

    /// <summary>Rows that it brings along before a reader has to show up.</summary>
    public const int FollowedRows = 16 * 1024;

    /// <summary>Bytes of values after which a slice ends: about a millisecond.</summary>
    public const int BytesPerSlice = 16 * 1024;

    /// <summary>How long it is kept that nobody reads, by the log clock.</summary>
    public static readonly TimeSpan KeptFor = TimeSpan.FromHours(1);

    private const int BytesPerPublish = 256 * 1024;
    private const int CompactionRounds = 8;
    private readonly Lock _gate = new();
    private RowIndexer<TView>? _index;
    private Snapshot? _at;
    private CatchUp<TView>? _work;
    private volatile Task _compaction = Task.CompletedTask;
    private volatile bool _exists;
    private volatile bool _isFollowed;
    private volatile int _unread;
    private volatile bool _wasRead;
    private Timestamp _left;
    private long _bytes;

    public override long Bytes
    {
        get
        {
            if (_exists && _gate.TryEnter())
            {
                _bytes = _index?.Bytes ?? 0;
                _gate.Exit();
            }

            return Volatile.Read(ref _bytes);
        }
    }

    /// <summary>A smaller copy is being made.</summary>
    public bool IsCompacting => !_compaction.IsCompleted;

    /// <summary>The writer may bring it along: what that takes for a row is less than the row's own commit takes.</summary>
    protected virtual bool FollowsWrites => true;

    /// <summary>An empty index for the settings of a snapshot.</summary>
    public abstract RowIndexer<TView> NewIndexer(Snapshot snapshot);

    /// <summary>Does the next slice of what a reader lacks; any number of threads.</summary>
    /// <param name="wanted">The reader's snapshot.</param>
    /// <param name="rows">How many rows it went past.</param>
    /// <returns>
    /// Null: there is more to do. Else a view of the snapshot; or of a later one, if the index has gone past it, for it never goes back: whoever must read that very snapshot
    /// then makes an index of his own.
    /// </returns>
    public DerivedReading<TView>? Step(Snapshot wanted, out int rows)
    {
        if (_unread != 0 || !_wasRead)
        {
            (_unread, _wasRead) = (0, true);
        }

        return StepOn(wanted, isRead: true, out rows);
    }

    private DerivedReading<TView>? StepOn(Snapshot wanted, bool isRead, out int rows)
    {
        rows = 0;
        if (wanted.View(this) is { } view)
        {
            return new(wanted, view);
        }

        lock (_gate)
        {
            if (wanted.View(this) is { } made)
            {
                return new(wanted, made);
            }

            if (_work is null && _at?.Position > wanted.Position && _at.View(this) is { } later)
            {
                return new(_at, later);
            }

            return StepUnderGate(wanted, isRead, ref rows);
        }
    }

    public override void Follow(Snapshot next)
    {
        if (!_exists || !_gate.TryEnter())
        {
            return;
        }

        try
        {
            if (_isFollowed)
            {
                FollowUnderGate(next);
            }
            else if (_wasRead)
            {
                // By readers of a snapshot that carries the view: the log clock may have stood still for long.
                (_left, _wasRead) = (next.LogClock, false);
            }
            else if (IsIdle(next) && _storedLineage is null)
            {
                Forget();
            }
        }
        finally
        {
            _gate.Exit();
        }
    }

    public override void Build(Snapshot snapshot, CancellationToken cancellationToken)
    {
        while (Step(snapshot, out _) is null)
        {
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    private DerivedReading<TView>? StepUnderGate(Snapshot wanted, bool isRead, ref int rows)
    {
        var compaction = _compaction;
        if (compaction.IsFaulted)
        {
            Forget();
            _compaction = Task.CompletedTask;
            compaction.GetAwaiter().GetResult();
        }

        try
        {
            _work ??= Begin(wanted);
            var before = _work.Visited;
            var goesOn = _work.Step(int.MaxValue, BytesPerSlice);
            rows = _work.Visited - before;
            _left = isRead ? wanted.LogClock : _left;
            if (goesOn)
            {
                return null;
            }
        }
        catch (Exception failure)
        {
            // Half a row may be in it. What a checkpoint has is still whole; if it could not be reached, it may be later.
            var origin = failure is CairnException { Kind: ErrorKind.Unavailable } ? _opened : null;
            Forget();
            _origin = origin;
            throw;
        }

        _isLearned |= _work.Updated > 0;
        var reading = End();
        _isFollowed = isRead && FollowsWrites && _isLearned && reading is not null;
        return reading?.Snapshot == wanted ? reading : null;
    }

    private void FollowUnderGate(Snapshot next)
    {
        (_isFollowed, _wasRead) = (false, false);
        _left = next.LogClock;

        // What has failed is the next reader's to see, not the writer's.
        if (_work is not null || _compaction.IsFaulted || !_index!.Fits(next.Settings) || _unread > FollowedRows)
        {
            return;
        }

        try
        {
            _work = new(_index, _at, next, []);
            if (_work.Step(RowsPerPublish, BytesPerPublish))
            {
                return;
            }
        }
        catch (CairnException)
        {
            // The writer goes on without it. A reader makes it anew, and is told what is wrong if that lasts.
            Forget();
            return;
        }

        _unread += _work.Updated;
        _isFollowed = End() is not null;
    }

    private CatchUp<TView> Begin(Snapshot wanted)
    {
        var stale = _index is null ? OpenUnderGate() : [];

        // A checkpoint may have it as a later snapshot than that of a reader who began before: it does not go back to his.
        var target = _at?.Position > wanted.Position ? _at : wanted;
        if (_index is null || !_index.Fits(target.Settings))
        {
            (_index, _at, _exists, _isLearned, stale) = (NewIndexer(target), null, true, true, []);
        }

        return new(_index, _at, target, stale);
    }

    private bool IsIdle(Snapshot now) =>
        !_isFollowed && !_wasRead && now.LogClock.Microseconds - _left.Microseconds > KeptFor.Ticks / TimeSpan.TicksPerMicrosecond;

    // Null: by what it was told, it is not the index that the snapshot needs any more; the next reader makes another.
    private DerivedReading<TView>? End()
    {
        var target = _work!.Target;
        (_at, _work, _opened) = (target, null, null);
        if (!_index!.Fits(target.Settings))
        {
            return null;
        }

        var view = _index.Publish();
        target.Keep(this, view);
        Note(view);
        if (_compaction.IsCompletedSuccessfully && _index.Compaction(view) is { } compact)
        {
            var index = _index;
            _compaction = Task.Run(() =>
            {
                for (var (smaller, at, round) = (compact(), target, 0); TryReplace(index, smaller, at, isLast: ++round == CompactionRounds) is { } reached; at = reached)
                {
                    CatchUp(smaller, at, reached);
                }
            });
        }

        return new(target, view);
    }

    private static void CatchUp(RowIndexer<TView> index, Snapshot from, Snapshot target)
    {
        var work = new CatchUp<TView>(index, from, target, []);
        while (work.Step(int.MaxValue, BytesPerSlice))
        {
        }
    }

    // Null: it is over. Else where the index is by now: nothing may be written for hours, and who reads that snapshot shall have the better view, so it is brought there first.
    // In the last round it is left to the next reader to catch up.
    private Snapshot? TryReplace(RowIndexer<TView> index, RowIndexer<TView> smaller, Snapshot at, bool isLast)
    {
        lock (_gate)
        {
            if (!ReferenceEquals(_index, index))
            {
                return null;
            }

            if (_at != at && !isLast)
            {
                return _at;
            }

            (_index, _at, _work) = (smaller, at, null);
            var view = smaller.Publish();
            at.Keep(this, view);
            Note(view);
            return null;
        }
    }

    private void Forget()
    {
        (_index, _at, _work, _opened, _bytes) = (null, null, null, null, 0);
        (_exists, _isFollowed, _lineage, _size) = (false, false, null, 0);
    }
}
