using Cairn.Model;
using Cairn.Primitives;
using Cairn.Storage;

namespace Cairn.Reconciliation;

/// <summary>The spaces of one store: finds, creates, deletes, and opens each once when it is first used. Thread-safe.</summary>
/// <remarks>
/// Invariants: one creation, deletion or closing of the catalog at a time; a space that begins to open after the closing began is refused, one that
/// began before is closed with the rest; a space that somebody holds stays open (how, is argued in <see cref="OpenSpaces"/>).
/// Each call may throw Unavailable: the catalog is closed.
/// </remarks>
public sealed class SpaceCatalog : IAsyncDisposable
{
    private readonly ISpaceStore _store;
    private readonly EngineOptions _options;
    private readonly Func<SpaceName, EngineServices> _servicesOf;
    private readonly OpenSpaces _spaces;
    private readonly LeftPositions _left = new();
    private readonly SemaphoreSlim _changes = new(1);
    private readonly CancellationTokenSource _stop = new();
    private readonly IdleSpaces? _idle;
    private readonly Task _looking = Task.CompletedTask;
    private volatile bool _closed;

    /// <summary>A catalog whose spaces stay open until it is closed.</summary>
    /// <param name="store">Where the spaces live; the catalog owns it.</param>
    /// <param name="options">For every space.</param>
    /// <param name="servicesOf">Surroundings by space, so that observers can tell them apart.</param>
    public SpaceCatalog(ISpaceStore store, EngineOptions options, Func<SpaceName, EngineServices> servicesOf) =>
        (_store, _options, _servicesOf, _spaces) = (store, options, servicesOf, new(OpenAsync, _left.Leave));

    /// <summary>A catalog that closes spaces nobody uses. Its callers hold spaces while they use them (<see cref="HoldAsync"/>).</summary>
    /// <param name="store">Where the spaces live; the catalog owns it.</param>
    /// <param name="options">For every space.</param>
    /// <param name="servicesOf">Surroundings by space, so that observers can tell them apart.</param>
    /// <param name="limits">When a space is closed.</param>
    /// <param name="time">What the idle time is measured by.</param>
    public SpaceCatalog(ISpaceStore store, EngineOptions options, Func<SpaceName, EngineServices> servicesOf, CatalogOptions limits, TimeProvider time)
        : this(store, options, servicesOf)
    {
        _idle = new(this, limits, time);
        _looking = _idle.RunAsync(_stop.Token);
    }

    /// <summary>The spaces that are open in this process.</summary>
    public IEnumerable<Space> Open => _spaces.All;

    /// <summary>Figures of now.</summary>
    public CatalogStatistics GetStatistics() => new(Open.Count(), _idle?.MemoryBytes ?? Open.Sum(static space => space.MemoryBytes), _idle?.Evictions ?? 0);

    /// <summary>A space, opened if need be; null: there is none of that name. A catalog that closes idle spaces may close it once it is idle.</summary>
    /// <exception cref="CairnException">Corrupt: its log is damaged. Unavailable: the store fails.</exception>
    public async ValueTask<Space?> FindAsync(SpaceName name, CancellationToken cancellationToken)
    {
        if (_spaces.TryFind(name) is { } open)
        {
            if (!open.IsGone)
            {
                open.Use.Touch();
                return open;
            }

            await _spaces.LeaveAsync(open).ConfigureAwait(false);
        }

        RequireOpen();
        return await _spaces.FindAsync(name, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The space if it is open, held as by <see cref="HoldAsync"/>; null: it is not, whether there is one or none.</summary>
    public Space? TryHold(SpaceName name) => _spaces.TryFind(name) is { IsGone: false } space && space.Use.TryEnter() ? space : null;

    /// <summary>What is known of a space without opening it, so that it can be looked up elsewhere; null: there is none, or it is being closed right now.</summary>
    /// <returns>It, and the position that an answer about it must have reached: how far this process had come when it last closed it.</returns>
    public async ValueTask<(SpaceRecord Record, LogPosition Left)?> FindClosedAsync(SpaceName name, CancellationToken cancellationToken)
    {
        RequireOpen();
        if (_spaces.IsClosing(name) || await _store.FindAsync(name, cancellationToken).ConfigureAwait(false) is not { } record)
        {
            return null;
        }

        return (record, _left.Of(record.Incarnation));
    }

    /// <summary>Whether a space is open, or being opened, closed or deleted.</summary>
    public bool Contains(SpaceName name) => _spaces.Contains(name);

    /// <summary>As <see cref="FindAsync"/>; the space stays open until the caller has called <see cref="Space.Release"/>, once.</summary>
    public async ValueTask<Space?> HoldAsync(SpaceName name, CancellationToken cancellationToken)
    {
        // Refused is only who found it just before it began to close; the next turn waits for that.
        while (await FindAsync(name, cancellationToken).ConfigureAwait(false) is { } space)
        {
            if (space.Use.TryEnter())
            {
                return space;
            }
        }

        return null;
    }

    /// <summary>As <see cref="CreateAsync"/>; the space stays open until the caller has called <see cref="Space.Release"/>, once.</summary>
    public async ValueTask<(Space Space, bool Created)> HoldOrCreateAsync(SpaceName name, CancellationToken cancellationToken)
    {
        for (var created = false; ;)
        {
            (var space, var isNew) = await CreateAsync(name, cancellationToken).ConfigureAwait(false);
            created |= isNew;
            if (space.Use.TryEnter())
            {
                return (space, created);
            }
        }
    }

    /// <summary>A space that is created if there is none. A catalog that closes idle spaces may close it once it is idle.</summary>
    public async ValueTask<(Space Space, bool Created)> CreateAsync(SpaceName name, CancellationToken cancellationToken)
    {
        await _changes.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            RequireOpen();
            var services = _servicesOf(name);
            var wanted = new SpaceRecord(name, new(services.NewId()), Timestamp.From(services.Time.GetUtcNow()));
            var (_, created) = await _store.CreateAsync(wanted, cancellationToken).ConfigureAwait(false);

            // An opening that began before the creation finds nothing. None does that begins when it has ended.
            var space = await FindAsync(name, cancellationToken).ConfigureAwait(false) ?? await FindAsync(name, cancellationToken).ConfigureAwait(false);
            return (space ?? throw new CairnException(ErrorKind.Conflict, $"space {name} was deleted while it was being created"), created);
        }
        finally
        {
            _changes.Release();
        }
    }

    /// <summary>Deletes a space with all that it holds; false: there is none. Once its log is sealed the deletion is not cancelled.</summary>
    public async ValueTask<bool> DeleteAsync(SpaceName name, CancellationToken cancellationToken)
    {
        await _changes.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            RequireOpen();
            return await _store.FindAsync(name, cancellationToken).ConfigureAwait(false) is { } record
                && await _spaces.EndAsync(name, () => _store.DeleteAsync(record, CancellationToken.None).AsTask()).ConfigureAwait(false);
        }
        finally
        {
            _changes.Release();
        }
    }

    /// <summary>All spaces by name.</summary>
    public ValueTask<IReadOnlyList<SpaceRecord>> ListAsync(CancellationToken cancellationToken) => _store.ListAsync(cancellationToken);

    /// <summary>
    /// Does for each space what falls due with time: a checkpoint that it needs, and deleting what is no longer kept. For a process whose spaces' own loops
    /// may stand still. A space that was closed is closed again; one that fails is reported to its observer, and the others go on.
    /// </summary>
    /// <param name="first">The place of the space to begin with, in the order of names; those before it come last.</param>
    /// <param name="cancellationToken">Ends it between two spaces, or within one.</param>
    /// <returns>How many spaces there are.</returns>
    public async ValueTask<int> SweepAsync(int first, CancellationToken cancellationToken)
    {
        var records = await ListAsync(cancellationToken).ConfigureAwait(false);
        for (var i = 0; i < records.Count; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            await SweepAsync(records[(int)(((uint)first + (uint)i) % (uint)records.Count)].Name, cancellationToken).ConfigureAwait(false);
        }

        return records.Count;
    }

    /// <summary>Closes every space, each after the writes that it took, then the store.</summary>
    public async ValueTask DisposeAsync()
    {
        _closed = true;
        await _stop.CancelAsync().ConfigureAwait(false);
        await _looking.ConfigureAwait(false);
        await _changes.WaitAsync().ConfigureAwait(false);
        try
        {
            await _spaces.CloseAllAsync().ConfigureAwait(false);
            await _store.DisposeAsync().ConfigureAwait(false);
        }
        finally
        {
            _changes.Release();
        }
    }

    /// <summary>Looks for idle spaces now, without waiting for the next time.</summary>
    internal ValueTask LookAsync(CancellationToken cancellationToken) => _idle?.LookAsync(cancellationToken) ?? ValueTask.CompletedTask;

    /// <summary>Closes an open space if nobody uses it; false: somebody does.</summary>
    internal ValueTask<bool> TryCloseAsync(Space space, TimeSpan idleFor) => _spaces.TryCloseAsync(space, idleFor, _servicesOf(space.Record.Name).Observer);

    /// <summary>Opens a space that is closed, lets it delete what is no longer kept, and closes it again unless somebody came meanwhile.</summary>
    internal ValueTask VisitAsync(SpaceName name, CancellationToken cancellationToken) =>
        _spaces.Contains(name) ? ValueTask.CompletedTask : SweepAsync(name, cancellationToken);

    private async ValueTask SweepAsync(SpaceName name, CancellationToken cancellationToken)
    {
        var wasOpen = _spaces.Contains(name);
        try
        {
            if (await HoldAsync(name, cancellationToken).ConfigureAwait(false) is { } space)
            {
                try
                {
                    await space.CheckpointIfNeededAsync(cancellationToken).ConfigureAwait(false);
                    await space.TidyAsync(cancellationToken).ConfigureAwait(false);
                }
                finally
                {
                    space.Release();
                }

                if (!wasOpen)
                {
                    await TryCloseAsync(space, TimeSpan.Zero).ConfigureAwait(false);
                }
            }
        }
        catch (Exception failure) when (!_closed && (failure is not OperationCanceledException || !cancellationToken.IsCancellationRequested))
        {
            // Whatever is wrong with one space, the others are visited, and the looking goes on.
            _servicesOf(name).Observer.CheckpointFailed(failure);
        }
    }

    private async Task<Space?> OpenAsync(SpaceName name)
    {
        // Asked again, since the entry is there: a closing that began since then finds it.
        RequireOpen();
        var record = await _store.FindAsync(name, CancellationToken.None).ConfigureAwait(false);
        if (record is null)
        {
            return null;
        }

        var space = await Space.OpenAsync(record, _store, _options, _servicesOf(name), CancellationToken.None).ConfigureAwait(false);
        _left.Return(record.Incarnation);
        return space;
    }

    private void RequireOpen()
    {
        if (_closed)
        {
            throw new CairnException(ErrorKind.Unavailable, "the spaces are closed");
        }
    }
}
