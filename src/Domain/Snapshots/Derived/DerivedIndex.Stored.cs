using System.Runtime.CompilerServices;
using Cairn.Columns;
using Cairn.Formats.Segments;
using Cairn.Primitives;

namespace Cairn.Snapshots.Derived;

/// <remarks>
/// What a checkpoint has to do with it. A checkpoint holds a version of the index that is near its own state, and which rows differ: so an index that nobody reads is carried
/// from one to the next without being loaded. Chunks are added to those of the checkpoint before only where it holds the same lineage: an index that was
/// made anew numbers things otherwise.
/// Invariants: there is an <see cref="_origin"/> only while there is no <see cref="_index"/>; <see cref="_storedLineage"/> is what the newest checkpoint holds, if it was opened or
/// made here.
/// </remarks>
internal abstract partial class DerivedIndex<TView>
{
    /// <summary>Smaller ones are built again sooner than stored for their own sake.</summary>
    public const int MinStored = 20_000;

    private const int MaxRounds = 4;

    // By what is stored, which is the same while an index is only passed on.
    private readonly ConditionalWeakTable<StoredIndex, object> _lineages = [];
    private DerivedOrigin? _origin;

    // What the first change has to load of a checkpoint is loaded: until then that is left to a reader, since the writer does not wait for it.
    private bool _isLearned;

    // Where it was loaded from, until it is as some snapshot for the first time.
    private DerivedOrigin? _opened;
    private DerivedState? _written;
    private volatile object? _lineage;
    private volatile object? _storedLineage;
    private volatile int _size;

    public override bool IsWanted => _isFollowed || (_exists && !FollowsWrites) || _storedLineage is not null || Volatile.Read(ref _origin) is not null;

    public override bool IsLoaded => _exists;

    public override bool WantsStoring => _exists && _size >= MinStored && _lineage != _storedLineage && !IsCompacting;

    /// <summary>The writer's side of what a checkpoint holds; nothing of it is loaded yet.</summary>
    /// <param name="body">Its small parts.</param>
    /// <param name="chunks">The others.</param>
    /// <param name="snapshot">The checkpoint's state.</param>
    /// <param name="rows">It has no row beyond these.</param>
    /// <exception cref="CairnException">Corrupt.</exception>
    protected abstract RowIndexer<TView> Open(ReadOnlyMemory<byte> body, IChunkSections chunks, Snapshot snapshot, int rows);

    /// <summary>Writes a version.</summary>
    /// <param name="view">The version.</param>
    /// <param name="before">What of the same lineage is stored already; null: nothing.</param>
    /// <param name="output">Takes the chunks.</param>
    /// <param name="cancellationToken">Ends the writing.</param>
    protected abstract ValueTask<StoredIndex> StoreAsync(TView view, ReadOnlyMemory<byte>? before, IChunkOutput output, CancellationToken cancellationToken);

    /// <summary>The same for all versions that number things alike.</summary>
    protected abstract object LineageOf(TView view);

    /// <summary>How many rows have something in a version.</summary>
    protected abstract int SizeOf(TView view);

    public override void Restore(DerivedOrigin origin) => Volatile.Write(ref _origin, origin);

    public override async ValueTask PrepareAsync(CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref _origin) is { } origin)
        {
            await origin.Files.OpenAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    public override void Stored(DerivedOrigin? origin)
    {
        lock (_gate)
        {
            if (origin is null || !ReferenceEquals(_written, origin.State))
            {
                _storedLineage = null;
                return;
            }

            _lineages.TryGetValue(origin.State.Content, out var lineage);
            if (_index is null || (_work is null && IsIdle(origin.Snapshot) && lineage == _lineage && _compaction.IsCompletedSuccessfully))
            {
                Forget();
                _origin = origin;
            }

            _storedLineage = lineage;
        }
    }

    public override async ValueTask<DerivedState?> WriteAsync(Snapshot captured, DerivedState? before, IChunkOutput output, CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref _origin) is { } origin)
        {
            if (TryOpen(origin) is null)
            {
                Interlocked.CompareExchange(ref _origin, null, origin);
            }
            else if (ReferenceEquals(origin.State, before) && origin.Snapshot.Settings == captured.Settings
                && StaleRows(origin.Snapshot, captured, before.Stale, DerivedState.MaxStale) is { } stale)
            {
                return _written = before with { Stale = stale };
            }
        }

        await PrepareAsync(cancellationToken).ConfigureAwait(false);
        for (var round = 0; round < MaxRounds && (_exists || Volatile.Read(ref _origin) is not null); round++)
        {
            Bring(captured, cancellationToken);

            // Readers may have gone far past it by then, and go on.
            var most = round < MaxRounds - 1 ? DerivedState.MaxStale : DerivedState.MostStale;
            if (Nearest(captured) is var (at, view) && StaleRows(at, captured, [], most) is { } left)
            {
                var lineage = LineageOf(view);
                var added = before is not null && _lineages.TryGetValue(before.Content, out var stored) && stored == lineage ? before.Content.Body : (ReadOnlyMemory<byte>?)null;
                return Remember(new(Number, await StoreAsync(view, added, output, cancellationToken).ConfigureAwait(false), left), lineage);
            }
        }

        return null;
    }

    // Chunks that turn out to be damaged are not asked again: the index is made anew of the rows.
    private List<int> OpenUnderGate()
    {
        if (_origin is not { } origin)
        {
            return [];
        }

        (_origin, _opened) = (null, origin);
        _index = TryOpen(origin);
        if (_index is null)
        {
            return [];
        }

        (_at, _exists, _isLearned) = (origin.Snapshot, true, false);
        var view = _index.Publish();
        var lineage = LineageOf(view);
        _lineages.AddOrUpdate(origin.State.Content, lineage);
        Note(view);
        _storedLineage = lineage;
        if (origin.State.Stale.Count == 0)
        {
            _at.Keep(this, view);
        }

        return [.. origin.State.Stale];
    }

    // Null: its small parts are damaged, or of a later version.
    private RowIndexer<TView>? TryOpen(DerivedOrigin origin)
    {
        try
        {
            var rows = Math.Max(origin.Snapshot.ConceptRows, origin.State.Stale is [.., var last] ? last + 1 : 0);
            return Open(origin.State.Content.Body, new CheckedChunks(origin.Files, () => origin.Snapshot.Shared.Replace(this)), origin.Snapshot, rows);
        }
        catch (CairnException failure) when (failure.Kind == ErrorKind.Corrupt)
        {
            return null;
        }
    }

    private void Note(TView view) => (_lineage, _size) = (LineageOf(view), SizeOf(view));

    private DerivedState Remember(DerivedState written, object lineage)
    {
        _lineages.Add(written.Content, lineage);
        return _written = written;
    }

    // Nobody reads it by that.
    private void Bring(Snapshot captured, CancellationToken cancellationToken)
    {
        while (StepOn(captured, isRead: false, out _) is null)
        {
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    // Null: none fits.
    private (Snapshot At, TView View)? Nearest(Snapshot captured)
    {
        lock (_gate)
        {
            var at = captured.View(this) is null ? _at : captured;
            return at?.View(this) is { } view && (at.Settings == captured.Settings || _index?.Fits(captured.Settings) == true) ? (at, view) : null;
        }
    }

    // The rows that differ between two states, one of which is the later; null: too many.
    private List<int>? StaleRows(Snapshot at, Snapshot captured, IReadOnlyList<int> before, int most)
    {
        if (at == captured)
        {
            return [.. before];
        }

        var columns = NewIndexer(captured);
        var changes = at.Position <= captured.Position
            ? new ChangedRows(at, captured, columns.Columns, columns.ReadsAttributes)
            : new ChangedRows(captured, at, columns.Columns, columns.ReadsAttributes);
        var rows = new SortedSet<int>(before);
        for (var group = changes.Next(0); group < changes.Groups; group = changes.Next(group + 1))
        {
            foreach (var row in new RowBits(changes.Of(group, out _)))
            {
                rows.Add((group * Page.Rows) + row);
            }

            if (rows.Count > most)
            {
                return null;
            }
        }

        return [.. rows];
    }

    private sealed class CheckedChunks(IChunkSections chunks, Action damaged) : IChunkSections
    {
        public IChunkSource<T> Chunks<T>(SectionId section, int length, Func<byte[], T> decode)
            where T : class => new Source<T>(chunks.Chunks(section, length, decode), damaged);

        private sealed class Source<T>(IChunkSource<T> source, Action damaged) : IChunkSource<T>
            where T : class
        {
            public int Length => source.Length;

            public T Load(int number)
            {
                try
                {
                    return source.Load(number);
                }
                catch (CairnException failure) when (failure.Kind == ErrorKind.Corrupt)
                {
                    damaged();
                    throw;
                }
            }
        }
    }
}
