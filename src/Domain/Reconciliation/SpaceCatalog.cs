using System.Collections.Concurrent;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Storage;

namespace Cairn.Reconciliation;

/// <summary>The spaces of one store: finds, creates, deletes, and opens each once when it is first used. Thread-safe.</summary>
/// <remarks>
/// Invariants: one creation, deletion or closing at a time; while a space is deleted its entry is the deletion's end, so that its log
/// cannot be opened meanwhile; a space that begins to open after the closing began is refused, one that began before is closed with the rest.
/// Each call may throw Unavailable: the catalog is closed.
/// </remarks>
/// <param name="store">Where the spaces live; the catalog owns it.</param>
/// <param name="options">For every space.</param>
/// <param name="servicesOf">Surroundings by space, so that observers can tell them apart.</param>
public sealed class SpaceCatalog(ISpaceStore store, EngineOptions options, Func<SpaceName, EngineServices> servicesOf) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<SpaceName, Lazy<Task<Space?>>> _open = new();
    private readonly SemaphoreSlim _changes = new(1);
    private volatile bool _closed;

    /// <summary>The spaces that are open in this process.</summary>
    public IEnumerable<Space> Open => _open.Values
        .Where(static entry => entry.IsValueCreated && entry.Value.IsCompletedSuccessfully)
        .Select(static entry => entry.Value.Result)
        .OfType<Space>();

    /// <summary>A space, opened if need be; null: there is none of that name.</summary>
    /// <exception cref="CairnException">Corrupt: its log is damaged. Unavailable: the store fails.</exception>
    public async ValueTask<Space?> FindAsync(SpaceName name, CancellationToken cancellationToken)
    {
        if (_open.TryGetValue(name, out var entry) && entry.IsValueCreated && entry.Value.IsCompletedSuccessfully && entry.Value.Result is { } open)
        {
            if (!open.IsGone)
            {
                return open;
            }

            await LeaveAsync(name, entry, open).ConfigureAwait(false);
        }

        RequireOpen();

        // Opening goes on when the first caller goes away: others may wait for it, and it is wanted again soon.
        entry = _open.GetOrAdd(name, static (key, catalog) => new(() => catalog.OpenAsync(key)), this);
        try
        {
            var space = await entry.Value.WaitAsync(cancellationToken).ConfigureAwait(false);
            if (space is null)
            {
                _open.TryRemove(new(name, entry));
            }

            return space;
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            _open.TryRemove(new(name, entry));
            throw;
        }
    }

    /// <summary>A space that is created if there is none.</summary>
    public async ValueTask<(Space Space, bool Created)> CreateAsync(SpaceName name, CancellationToken cancellationToken)
    {
        await _changes.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            RequireOpen();
            var services = servicesOf(name);
            var wanted = new SpaceRecord(name, new(services.NewId()), Timestamp.From(services.Time.GetUtcNow()));
            var (_, created) = await store.CreateAsync(wanted, cancellationToken).ConfigureAwait(false);
            var space = await FindAsync(name, cancellationToken).ConfigureAwait(false);
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
            return await store.FindAsync(name, cancellationToken).ConfigureAwait(false) is { } record && await DeleteAsync(record).ConfigureAwait(false);
        }
        finally
        {
            _changes.Release();
        }
    }

    /// <summary>All spaces by name.</summary>
    public ValueTask<IReadOnlyList<SpaceRecord>> ListAsync(CancellationToken cancellationToken) => store.ListAsync(cancellationToken);

    /// <summary>Closes every space, each after the writes that it took, then the store.</summary>
    public async ValueTask DisposeAsync()
    {
        _closed = true;
        await _changes.WaitAsync().ConfigureAwait(false);
        try
        {
            foreach (var entry in _open.ToArray())
            {
                await CloseAsync(entry.Value, static space => space.DisposeAsync()).ConfigureAwait(false);
                _open.TryRemove(entry);
            }

            await store.DisposeAsync().ConfigureAwait(false);
        }
        finally
        {
            _changes.Release();
        }
    }

    // Another process deleted it, and perhaps created it again.
    private async ValueTask LeaveAsync(SpaceName name, Lazy<Task<Space?>> entry, Space gone)
    {
        if (_open.TryRemove(new(name, entry)))
        {
            await gone.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async Task<Space?> OpenAsync(SpaceName name)
    {
        // Asked again, since the entry is there: a closing that began since then finds it.
        RequireOpen();
        var record = await store.FindAsync(name, CancellationToken.None).ConfigureAwait(false);
        return record is null ? null : await Space.OpenAsync(record, store, options, servicesOf(name), CancellationToken.None).ConfigureAwait(false);
    }

    private async Task<bool> DeleteAsync(SpaceRecord record)
    {
        // Whoever asks for the space from here on waits for its end.
        var end = new TaskCompletionSource<Space?>(TaskCreationOptions.RunContinuationsAsynchronously);
        var ending = new KeyValuePair<SpaceName, Lazy<Task<Space?>>>(record.Name, new(end.Task));
        var entry = Exchange(ending) ?? new(() => OpenAsync(record.Name));
        try
        {
            // Opened for it if need be: a process elsewhere that has it open stops at the seal.
            await CloseAsync(entry, static space => space.SealAsync()).ConfigureAwait(false);
            var deleted = await store.DeleteAsync(record, CancellationToken.None).ConfigureAwait(false);
            _open.TryRemove(ending);
            end.SetResult(null);
            return deleted;
        }
        catch (Exception failure)
        {
            _open.TryRemove(ending);
            end.SetException(failure);
            _ = end.Task.Exception;
            throw;
        }
    }

    private Lazy<Task<Space?>>? Exchange(KeyValuePair<SpaceName, Lazy<Task<Space?>>> ending)
    {
        while (!_open.TryAdd(ending.Key, ending.Value))
        {
            if (_open.TryGetValue(ending.Key, out var entry) && _open.TryUpdate(ending.Key, ending.Value, entry))
            {
                return entry;
            }
        }

        return null;
    }

    private static async Task CloseAsync(Lazy<Task<Space?>>? entry, Func<Space, ValueTask> close)
    {
        try
        {
            if (entry is not null && await entry.Value.ConfigureAwait(false) is { } space)
            {
                await close(space).ConfigureAwait(false);
            }
        }
        catch (CairnException)
        {
            // It never opened, and whoever asked for it was told why; or its log took no seal: then the store refuses whoever writes to what is deleted.
        }
    }

    private void RequireOpen()
    {
        if (_closed)
        {
            throw new CairnException(ErrorKind.Unavailable, "the spaces are closed");
        }
    }
}
