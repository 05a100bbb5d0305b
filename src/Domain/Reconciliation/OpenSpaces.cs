using System.Collections.Concurrent;
using Cairn.Diagnostics;
using Cairn.Primitives;

namespace Cairn.Reconciliation;

/// <summary>The spaces that are open, each opened once, by whoever asks first. Thread-safe.</summary>
/// <remarks>
/// Invariants: while a space is deleted or closed its entry is the end of that, so that its log cannot be opened meanwhile.
/// An idle space is closed in two steps: first its entry becomes the closing's end, so that whoever asks from here on waits, and then asks again; then
/// it is closed if nobody is in (<see cref="SpaceUse"/>), else it stays, and the end is the open space. Who found it before the first step is in before
/// the second, and it stays, or is refused, and asks again. So nobody who is in sees it closed, and no log is opened before a closing let it go.
/// </remarks>
/// <param name="open">Opens a space; null: there is none of that name.</param>
/// <param name="closed">Hears of a space that was closed because nobody used it, before whoever asks next opens it again.</param>
internal sealed class OpenSpaces(Func<SpaceName, Task<Space?>> open, Action<Space> closed)
{
    private readonly ConcurrentDictionary<SpaceName, Lazy<Task<Space?>>> _entries = new();

    /// <summary>Those that are open right now.</summary>
    public IEnumerable<Space> All => _entries.Values.Select(OpenOf).OfType<Space>();

    /// <summary>It is open, or being opened, closed or deleted.</summary>
    public bool Contains(SpaceName name) => _entries.ContainsKey(name);

    /// <summary>It is being closed because nobody used it.</summary>
    public bool IsClosing(SpaceName name) => _entries.TryGetValue(name, out var entry) && entry is Closing;

    /// <summary>The space if it is open.</summary>
    public Space? TryFind(SpaceName name) => _entries.TryGetValue(name, out var entry) ? OpenOf(entry) : null;

    /// <summary>The space, opened if need be; null: there is none.</summary>
    public async ValueTask<Space?> FindAsync(SpaceName name, CancellationToken cancellationToken)
    {
        // Each further turn has waited for the end of a closing, and a space that was just opened is not closed soon.
        while (true)
        {
            var entry = _entries.GetOrAdd(name, static (key, spaces) => new(() => spaces.OpenAsync(key)), this);
            var space = await OpenedAsync(name, entry, cancellationToken).ConfigureAwait(false);
            if (space is not null || entry is not Closing)
            {
                return space;
            }
        }
    }

    /// <summary>Closes an open space if nobody is in.</summary>
    /// <returns>False: somebody is, or it is being closed or deleted already.</returns>
    public async ValueTask<bool> TryCloseAsync(Space space, TimeSpan idleFor, IEngineObserver observer)
    {
        var (name, closing) = (space.Record.Name, new Closing());
        if (!_entries.TryGetValue(name, out var entry) || OpenOf(entry) != space || !_entries.TryUpdate(name, closing, entry))
        {
            return false;
        }

        if (!space.Use.TryClose())
        {
            closing.End(space);
            return false;
        }

        try
        {
            await CloseAsync(space).ConfigureAwait(false);
            observer.Evicted(idleFor, space.Use.MemoryBytes);
        }
        catch (Exception failure)
        {
            // Its writes are in the log all the same; whoever asks next opens it anew, or is told why that fails.
            observer.Stopped(failure);
        }
        finally
        {
            closed(space);
            _entries.TryRemove(new(name, closing));
            closing.End(null);
        }

        return true;
    }

    /// <summary>Closes a space that another process deleted, and perhaps created again.</summary>
    public async ValueTask LeaveAsync(Space gone)
    {
        if (_entries.TryGetValue(gone.Record.Name, out var entry) && OpenOf(entry) == gone && _entries.TryRemove(new(gone.Record.Name, entry)))
        {
            await CloseAsync(gone).ConfigureAwait(false);
        }
    }

    /// <summary>Seals a space and deletes it. One at a time.</summary>
    public async Task<bool> EndAsync(SpaceName name, Func<Task<bool>> delete)
    {
        // Whoever asks for the space from here on waits for its end.
        var end = new TaskCompletionSource<Space?>(TaskCreationOptions.RunContinuationsAsynchronously);
        var ending = new KeyValuePair<SpaceName, Lazy<Task<Space?>>>(name, new(end.Task));
        var entry = Exchange(ending);
        try
        {
            // Opened for it if need be: a process elsewhere that has it open stops at the seal.
            await CloseAsync(() => LastAsync(name, entry), SealAsync).ConfigureAwait(false);
            var deleted = await delete().ConfigureAwait(false);
            _entries.TryRemove(ending);
            end.SetResult(null);
            return deleted;
        }
        catch (Exception failure)
        {
            _entries.TryRemove(ending);
            end.SetException(failure);
            _ = end.Task.Exception;
            throw;
        }
    }

    /// <summary>Closes all, each after the writes that it took. None begins to open meanwhile.</summary>
    public async Task CloseAllAsync()
    {
        foreach (var entry in _entries.ToArray())
        {
            await CloseAsync(() => entry.Value.Value, CloseAsync).ConfigureAwait(false);
            _entries.TryRemove(entry);
        }
    }

    private static Space? OpenOf(Lazy<Task<Space?>> entry) =>
        entry.IsValueCreated && entry.Value.IsCompletedSuccessfully ? entry.Value.Result : null;

    // Opening goes on when the first caller goes away: others may wait for it, and it is wanted again soon.
    private async ValueTask<Space?> OpenedAsync(SpaceName name, Lazy<Task<Space?>> entry, CancellationToken cancellationToken)
    {
        try
        {
            var space = await entry.Value.WaitAsync(cancellationToken).ConfigureAwait(false);
            if (space is null)
            {
                _entries.TryRemove(new(name, entry));
            }

            return space;
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            _entries.TryRemove(new(name, entry));
            throw;
        }
    }

    private async Task<Space?> OpenAsync(SpaceName name)
    {
        var space = await open(name).ConfigureAwait(false);
        EngineInstruments.OpenSpaces.Add(space is null ? 0 : 1);
        return space;
    }

    private static ValueTask CloseAsync(Space space)
    {
        EngineInstruments.OpenSpaces.Add(-1);
        return space.DisposeAsync();
    }

    private static ValueTask SealAsync(Space space)
    {
        EngineInstruments.OpenSpaces.Add(-1);
        return space.SealAsync();
    }

    private async Task<Space?> LastAsync(SpaceName name, Lazy<Task<Space?>>? entry) =>
        entry is not null && await entry.Value.ConfigureAwait(false) is { } space ? space
            : entry is null or Closing ? await OpenAsync(name).ConfigureAwait(false)
            : null;

    private static async Task CloseAsync(Func<Task<Space?>> find, Func<Space, ValueTask> close)
    {
        try
        {
            if (await find().ConfigureAwait(false) is { } space)
            {
                await close(space).ConfigureAwait(false);
            }
        }
        catch (CairnException)
        {
            // It never opened, and whoever asked for it was told why; or its log took no seal: then the store refuses whoever writes to what is deleted.
        }
    }

    private Lazy<Task<Space?>>? Exchange(KeyValuePair<SpaceName, Lazy<Task<Space?>>> ending)
    {
        while (!_entries.TryAdd(ending.Key, ending.Value))
        {
            if (_entries.TryGetValue(ending.Key, out var entry) && _entries.TryUpdate(ending.Key, ending.Value, entry))
            {
                return entry;
            }
        }

        return null;
    }

    /// <summary>The end of a closing: null when the space is closed, after which it may be asked for again; the space if it stays.</summary>
    private sealed class Closing : Lazy<Task<Space?>>
    {
        private readonly TaskCompletionSource<Space?> _end;

        public Closing()
            : this(new(TaskCreationOptions.RunContinuationsAsynchronously))
        {
        }

        private Closing(TaskCompletionSource<Space?> end)
            : base(end.Task) => _end = end;

        public void End(Space? open) => _end.SetResult(open);
    }
}
