using System.Collections.Concurrent;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Storage;

namespace Cairn.Reconciliation;

/// <summary>The spaces of one store: finds, creates, deletes, and opens each once when it is first used. Thread-safe.</summary>
/// <param name="store">Where the spaces live; the catalog owns it.</param>
/// <param name="options">For every space.</param>
/// <param name="servicesOf">Surroundings by space, so that observers can tell them apart.</param>
public sealed class SpaceCatalog(ISpaceStore store, EngineOptions options, Func<SpaceName, EngineServices> servicesOf) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<SpaceName, Lazy<Task<Space?>>> _open = new();
    private readonly SemaphoreSlim _changes = new(1);
    private bool _closed;

    /// <summary>The spaces that are open in this process.</summary>
    public IEnumerable<Space> Open => _open.Values
        .Where(static entry => entry.IsValueCreated && entry.Value.IsCompletedSuccessfully)
        .Select(static entry => entry.Value.Result)
        .OfType<Space>();

    /// <summary>A space, opened if need be; null: there is none of that name.</summary>
    /// <exception cref="CairnException">Corrupt: its log is damaged. Unavailable: the catalog is closing, or the store fails.</exception>
    public async ValueTask<Space?> FindAsync(SpaceName name, CancellationToken cancellationToken)
    {
        if (_open.TryGetValue(name, out var entry) && entry.IsValueCreated && entry.Value.IsCompletedSuccessfully && entry.Value.Result is { } open)
        {
            return open;
        }

        ObjectDisposedException.ThrowIf(_closed, this);

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

    /// <summary>Deletes a space with all that it holds; false: there is none.</summary>
    public async ValueTask<bool> DeleteAsync(SpaceName name, CancellationToken cancellationToken)
    {
        await _changes.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (await store.FindAsync(name, cancellationToken).ConfigureAwait(false) is not { } record)
            {
                return false;
            }

            await CloseAsync(name, static space => space.SealAsync()).ConfigureAwait(false);
            return await store.DeleteAsync(record, cancellationToken).ConfigureAwait(false);
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
        foreach (var name in _open.Keys)
        {
            await CloseAsync(name, static space => space.DisposeAsync()).ConfigureAwait(false);
        }

        await store.DisposeAsync().ConfigureAwait(false);
        _changes.Dispose();
    }

    private async Task<Space?> OpenAsync(SpaceName name)
    {
        var record = await store.FindAsync(name, CancellationToken.None).ConfigureAwait(false);
        return record is null ? null : await Space.OpenAsync(record, store, options, servicesOf(name), CancellationToken.None).ConfigureAwait(false);
    }

    private async Task CloseAsync(SpaceName name, Func<Space, ValueTask> close)
    {
        if (!_open.TryGetValue(name, out var entry) || !entry.IsValueCreated)
        {
            return;
        }

        try
        {
            if (await entry.Value.ConfigureAwait(false) is { } space)
            {
                await close(space).ConfigureAwait(false);
            }
        }
        catch (CairnException)
        {
            // It never opened, and whoever asked for it was told why.
        }

        _open.TryRemove(new(name, entry));
    }
}
