using Cairn.Formats;
using Cairn.Functions.Problems;
using Cairn.Functions.Quotas;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Reconciliation;

namespace Cairn.Functions.Streams;

/// <summary>How one item of a stream fared.</summary>
/// <param name="Number">Its line.</param>
/// <param name="Commit">What it became; good until the callback returns.</param>
/// <param name="Position">Covers it; zero if it failed, or went to the hub.</param>
/// <param name="Outcome">Known if the pipeline awaits outcomes, or if the item only repeats.</param>
/// <param name="Failure">Why it was not kept; null if it was.</param>
internal readonly record struct Settled(long Number, EncodedCommit Commit, LogPosition Position, CommitOutcome? Outcome, CairnException? Failure);

/// <summary>
/// Sends commits of a stream to the log, or to the hub, many under way at once and in order. When the space has too much to apply it waits, and so does the client behind
/// the connection; only a stream that has not begun is refused outright. One thread.
/// </summary>
/// <param name="space">Where they go.</param>
/// <param name="quota">What does not fit it is not kept; null: all does.</param>
/// <param name="awaitsOutcome">Through the interactive door; else through the burst door.</param>
/// <param name="settle">Hears of each in the order of the stream.</param>
/// <param name="time">For waiting.</param>
/// <param name="cancellationToken">The client went away.</param>
internal sealed class CommitPipeline(Space space, SpaceQuota? quota, bool awaitsOutcome, Action<Settled> settle, TimeProvider time, CancellationToken cancellationToken)
{
    private const int MaxUnderWay = 4096;
    private const long MaxBytesUnderWay = 16 * 1024 * 1024;

    // Past this, the space does not get ahead with what it has.
    private static readonly TimeSpan MaxStall = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    /// <summary>Where commits go instead of the space's log; null: there.</summary>
    public Func<EncodedCommit, Task>? Publish { get; init; }

    /// <summary>All fail behind the first one that is not kept; null: each stands for itself.</summary>
    public WriteChain? Chain { get; init; }

    private readonly Queue<(long Number, EncodedCommit Commit, Task<(LogPosition, CommitOutcome?)> Task)> _underWay = new();
    private long _bytesUnderWay;
    private bool _hasBegun;
    private bool _hasStalled;

    /// <summary>Takes the next commit; waits while too many are under way.</summary>
    /// <exception cref="ProblemException">throttled, and it would have been the first.</exception>
    public async ValueTask AddAsync(long number, EncodedCommit commit)
    {
        while (_underWay.TryPeek(out var oldest) && (oldest.Task.IsCompleted || _underWay.Count >= MaxUnderWay || _bytesUnderWay >= MaxBytesUnderWay))
        {
            await SettleOldestAsync();
        }

        // What only repeats takes its turn behind those that it follows, without holding up those that follow it. Of an event the log notes the place all the same.
        var task = !commit.HasOrigin && space.TryRepeat(commit) is { } first ? Task.FromResult((first.Position, (CommitOutcome?)first)) : await StartAsync(commit);
        _underWay.Enqueue((number, commit, task));
        _bytesUnderWay += commit.LengthBytes;
    }

    /// <summary>Waits for all that is under way.</summary>
    public async ValueTask DrainAsync()
    {
        while (_underWay.Count > 0)
        {
            await SettleOldestAsync();
        }
    }

    // A refusal for want of room comes at once and keeps nothing, so that trying again keeps the order.
    private async ValueTask<Task<(LogPosition Position, CommitOutcome? Outcome)>> StartAsync(EncodedCommit commit)
    {
        for (var since = time.GetTimestamp(); ;)
        {
            var task = AppendAsync(commit);
            var full = task.IsFaulted ? task.Exception.InnerException as CairnException : null;
            if (full is not { Kind: ErrorKind.Throttled } || _hasStalled)
            {
                _hasBegun = true;
                BreakIfFull(full);
                return task;
            }

            // Nothing was taken yet, so that the whole request can be sent again.
            _hasStalled = time.GetElapsedTime(since) > MaxStall;
            await (_hasBegun ? DrainAsync() : throw new ProblemException(ProblemMap.Of(full)));
            await Task.Delay(Pause, time, cancellationToken);
        }
    }

    private void BreakIfFull(CairnException? full)
    {
        if (full is { Kind: ErrorKind.Throttled })
        {
            Chain?.Break();
        }
    }

    private async Task<(LogPosition Position, CommitOutcome? Outcome)> AppendAsync(EncodedCommit commit)
    {
        if (Room.Refusal(quota, space, commit) is { } refusal)
        {
            throw refusal;
        }

        if (Publish is { } publish)
        {
            await publish(commit);
            return default;
        }

        if (!awaitsOutcome)
        {
            return (await space.IngestAsync(commit, cancellationToken), null);
        }

        var outcome = Chain is null ? await space.CommitAsync(commit, cancellationToken) : await space.CommitAsync(commit, Chain, cancellationToken);
        return (outcome.Position, outcome);
    }

    private async ValueTask SettleOldestAsync()
    {
        var (number, commit, task) = _underWay.Dequeue();
        _bytesUnderWay -= commit.LengthBytes;
        try
        {
            var (position, outcome) = await task;
            settle(new(number, commit, position, outcome, null));
            commit.Return();
        }
        catch (CairnException e)
        {
            settle(new(number, commit, LogPosition.Zero, null, e));
        }
    }
}
