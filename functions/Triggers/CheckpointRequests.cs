using System.Collections.Concurrent;
using Cairn.Primitives;
using Cairn.Reconciliation;
using Cairn.Storage;

namespace Cairn.Functions.Triggers;

/// <summary>
/// Asks for checkpoints by message: behind the Functions host this process may stand still from its last answer on, long before the space's own loop writes
/// the checkpoint that is due. The message wakes a process, this one or another. Any thread.
/// </summary>
/// <remarks>Invariants: for a space one message each <see cref="Interval"/> at most; at most <see cref="MaxUnderWay"/> are being sent, others are left out.</remarks>
internal sealed partial class CheckpointRequests(IMessageQueue queue, TimeProvider time, ILogger logger) : IAsyncDisposable
{
    private const int MaxUnderWay = 8;
    private const int MaxRemembered = 10_000;

    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(2);

    // A process that goes on running writes it itself by then, and the message finds nothing to do.
    private static readonly TimeSpan Delay = TimeSpan.FromSeconds(45);

    private readonly ConcurrentDictionary<SpaceName, long> _askedAt = new();
    private readonly SemaphoreSlim _room = new(MaxUnderWay);

    /// <summary>Looks at a space that was used, and asks if it needs a checkpoint. A few reads of memory, nearly always.</summary>
    public void Note(Space space)
    {
        if (space.NeedsCheckpoint && !space.IsGone && IsDue(space.Record.Name) && _room.Wait(0))
        {
            _ = SendAsync(space.Record.Name);
        }
    }

    /// <summary>Waits for what is being sent.</summary>
    public async ValueTask DisposeAsync()
    {
        for (var i = 0; i < MaxUnderWay; i++)
        {
            await _room.WaitAsync();
        }
    }

    private bool IsDue(SpaceName space)
    {
        var now = time.GetTimestamp();
        if (_askedAt.TryGetValue(space, out var at))
        {
            return time.GetElapsedTime(at, now) >= Interval && _askedAt.TryUpdate(space, now, at);
        }

        if (_askedAt.Count >= MaxRemembered)
        {
            _askedAt.Clear();
        }

        return _askedAt.TryAdd(space, now);
    }

    private async Task SendAsync(SpaceName space)
    {
        try
        {
            await queue.SendAsync(ReconcileQueue.Write(space), Delay, CancellationToken.None);
        }
        catch (CairnException failure)
        {
            // The next write asks again after the interval, and the sweep looks at every space.
            LogNotSent(logger, space, failure.Message);
        }
        finally
        {
            _room.Release();
        }
    }

    [LoggerMessage(47, LogLevel.Warning, "space {Space}: a checkpoint could not be asked for: {Reason}")]
    private static partial void LogNotSent(ILogger logger, SpaceName space, string reason);
}
