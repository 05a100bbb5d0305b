using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Reconciliation;
using Cairn.Reconciliation.Changes;
using Cairn.Snapshots;

namespace Cairn.Embedded;

/// <summary>One memory graph of an open <see cref="EmbeddedMemory"/>, which closes it. Thread-safe; reads never wait for writes.</summary>
public sealed class EmbeddedSpace
{
    private const int RandomIdBytes = 16;
    private const int ChangesAtOnce = 256;
    private readonly Space _space;

    internal EmbeddedSpace(Space space) => _space = space;

    /// <summary>Its name.</summary>
    public string Name => _space.Record.Name.ToString();

    /// <summary>Begins a commit: operations that apply all or not at all.</summary>
    /// <param name="id">
    /// 1 to 128 visible ASCII characters, the caller's: sent again within the idempotency window, also after a crash, the commit is
    /// applied once and answers its first outcome. Null: a random one, not remembered.
    /// </param>
    /// <param name="meta">Who tells it and why, kept with the commit.</param>
    /// <exception cref="CairnException">Invalid: the id or the meta.</exception>
    public CommitBuilder NewCommit(string? id = null, CommitMeta? meta = null) =>
        new(_space, id ?? RandomNumberGenerator.GetHexString(2 * RandomIdBytes, lowercase: true), id is not null, meta);

    /// <summary>Commits: when it returns, the commit is on disk, decided, and seen by every later <see cref="Read"/>.</summary>
    /// <param name="commit">From <see cref="NewCommit"/> of this space. It may be sent again, as the same commit.</param>
    /// <param name="cancellationToken">Ends the waiting, not the commit.</param>
    /// <returns>Committed, or rejected (a precondition or an operation's policy; nothing of it applied).</returns>
    /// <exception cref="CairnException">
    /// Throttled, Unavailable: nothing happened. Unknown: it may have been written; send it again if its id is yours, or ask
    /// <see cref="FindCommit"/>. Corrupt: the space takes no more writes until it is opened again.
    /// </exception>
    public ValueTask<CommitOutcome> CommitAsync(CommitBuilder commit, CancellationToken cancellationToken) =>
        _space.CommitAsync(commit.Encode(_space), cancellationToken);

    /// <summary>The door for bursts: when it returns, the commit is on disk; readers see it within the options' interval.</summary>
    /// <returns>Where it ends in the log: what <see cref="WaitForAsync"/> takes.</returns>
    /// <exception cref="CairnException">
    /// As <see cref="CommitAsync"/>; with <see cref="OverflowPolicy.DropOldest"/>, Throttled also if it was dropped for newer ones.
    /// </exception>
    public ValueTask<LogPosition> IngestAsync(CommitBuilder commit, CancellationToken cancellationToken) =>
        _space.IngestAsync(commit.Encode(_space), cancellationToken);

    /// <summary>Waits until readers see the log up to a position.</summary>
    /// <exception cref="CairnException">Unavailable (not-yet-visible): not within <paramref name="wait"/>.</exception>
    public ValueTask WaitForAsync(LogPosition position, TimeSpan wait, CancellationToken cancellationToken) =>
        _space.WaitForAsync(position, wait, cancellationToken);

    /// <summary>The outcome of a commit by its id, for as long as it is remembered; null: not seen.</summary>
    public CommitOutcome? FindCommit(string commitId) => _space.FindCommit(Encoding.UTF8.GetBytes(commitId));

    /// <summary>
    /// Follows the commits behind a position as they become visible: committed ones only, each once, in order. Ends when it is cancelled. A reader that is
    /// slow costs nobody anything; where it got to is the position of the last change, also for the next start of the program.
    /// </summary>
    /// <param name="after">Behind this position; <see cref="LogPosition.Zero"/>: all that are retained.</param>
    /// <param name="cancellationToken">Ends it, with OperationCanceledException.</param>
    /// <exception cref="CairnException">NotFound: some of them are no longer there, or the memory was closed.</exception>
    public async IAsyncEnumerable<Change> ChangesAsync(LogPosition after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var reader = _space.ReadChanges(after);
        while (true)
        {
            foreach (var change in await reader.ReadAsync(ChangesAtOnce, cancellationToken).ConfigureAwait(false))
            {
                yield return change;
            }

            await reader.WaitAsync(Timeout.InfiniteTimeSpan, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Looks at the newest snapshot. Take one look per question: all that it answers is of one moment.</summary>
    public MemoryView Read() => new(_space.Current, _space.Now());

    /// <summary>
    /// Looks at what the memory knew at an earlier position: that of a commit's outcome, of a change, or of a view. An earlier state is loaded from the disk,
    /// beside the newest, and kept for some minutes; writes and other reads notice nothing.
    /// </summary>
    /// <param name="position">A position inside a commit is that before it.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>Its <see cref="MemoryView.Now"/> is the log's time there.</returns>
    /// <exception cref="CairnException">
    /// Invalid: readers do not see the position yet. NotFound (not-retained): it is older than what is kept; names the oldest position. Throttled: many
    /// others are being loaded. Corrupt, Unavailable: the files.
    /// </exception>
    public async ValueTask<MemoryView> ReadAsOfAsync(LogPosition position, CancellationToken cancellationToken) =>
        ViewOf(await _space.AsOfAsync(position, Timeout.InfiniteTimeSpan, cancellationToken).ConfigureAwait(false));

    /// <summary>Looks at what the memory knew at an earlier time, as the clock of the writers went.</summary>
    /// <exception cref="CairnException">As for a position; Invalid: the time is not over.</exception>
    public async ValueTask<MemoryView> ReadAsOfAsync(DateTimeOffset time, CancellationToken cancellationToken) =>
        ViewOf(await _space.AsOfAsync(Timestamp.From(time), Timeout.InfiniteTimeSpan, cancellationToken).ConfigureAwait(false));

    /// <summary>The newest snapshot as the engine has it, for scans that shall allocate nothing.</summary>
    public Snapshot Current => _space.Current;

    /// <summary>The settings of the space.</summary>
    public SpaceSettings Settings => _space.Current.Settings;

    /// <summary>Changes settings, such as the half-life of strength.</summary>
    /// <returns>The settings after it.</returns>
    public ValueTask<SpaceSettings> ConfigureAsync(Func<SpaceSettings, SpaceSettings> change, CancellationToken cancellationToken) =>
        _space.ConfigureAsync(change, cancellationToken);

    /// <summary>Figures of now: written, pending, dropped, throttled, sizes and ages.</summary>
    public SpaceStatistics GetStatistics() => _space.GetStatistics();

    private static MemoryView ViewOf(Snapshot earlier) => new(earlier, earlier.LogClock);
}
