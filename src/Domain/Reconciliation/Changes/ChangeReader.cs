using Cairn.Primitives;

namespace Cairn.Reconciliation.Changes;

/// <summary>
/// Follows the changes of a space at its own pace: committed commits only, each once, in the order of the log. One caller at a time; dispose it. It
/// holds a position and nothing else, so one that is slow costs nobody anything.
/// </summary>
public sealed class ChangeReader : IDisposable
{
    private readonly ChangeFeed _feed;
    private bool _disposed;

    internal ChangeReader(ChangeFeed feed, LogPosition after)
    {
        (_feed, Position) = (feed, after);
        feed.Enter();
    }

    /// <summary>Where it goes on: all changes up to here were given. Kept by the caller, it is where another reader can begin, also after a restart.</summary>
    public LogPosition Position { get; private set; }

    /// <summary>The next changes, without waiting for more.</summary>
    /// <param name="most">At least 1. Fewer are given where they are large: 256 KiB is reason to stop.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>Empty: there is none yet.</returns>
    /// <exception cref="CairnException">
    /// NotFound (not-retained): some of them are no longer there. Invalid (wrong-cursor): it began at a position where no frame ends. Corrupt,
    /// Unavailable: they cannot be read.
    /// </exception>
    public async ValueTask<IReadOnlyList<Change>> ReadAsync(int most, CancellationToken cancellationToken)
    {
        if (Position == LogPosition.Zero)
        {
            Position = await _feed.OldestAsync(cancellationToken).ConfigureAwait(false);
        }

        while (true)
        {
            var page = await _feed.ReadAsync(Position, most, cancellationToken).ConfigureAwait(false);
            var isEnd = page.Through <= Position;
            Position = page.Through > Position ? page.Through : Position;
            if (page.Items.Count > 0 || isEnd)
            {
                return page.Items;
            }
        }
    }

    /// <summary>Waits until something is behind <see cref="Position"/>, which may turn out to be no change.</summary>
    /// <param name="wait">At least zero, or <see cref="Timeout.InfiniteTimeSpan"/>.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>False: nothing came within the wait.</returns>
    /// <exception cref="CairnException">NotFound: the space is closed.</exception>
    public Task<bool> WaitAsync(TimeSpan wait, CancellationToken cancellationToken) => _feed.WaitAsync(new(Position.Value + 1), wait, cancellationToken);

    /// <summary>Ends it.</summary>
    public void Dispose()
    {
        if (!_disposed)
        {
            _disposed = true;
            _feed.Leave();
        }
    }
}
