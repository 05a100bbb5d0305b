using Cairn.Primitives;
using Cairn.Storage;

namespace Cairn.Functions.Hub;

/// <summary>
/// Publishes events to one partition in the order in which they come. What comes while a batch is on its way goes with the next, whoever sends it: so batches grow
/// with the load, and a lone event waits for nothing. Any thread; who adds bounds what waits.
/// </summary>
/// <remarks>
/// Invariants: one batch is on its way; the next is not sent before it is known what became of it, or given up; when one fails, all that wait fail with it, since
/// the hub does not take them now either.
/// </remarks>
internal sealed partial class EventLane(int partition, IEventPublisher publisher, IClaimStore claims, TimeProvider time, ILogger logger)
{
    private readonly Lock _gate = new();
    private readonly Queue<OutgoingEvent> _waiting = new();
    private bool _isPublishing;

    /// <summary>Sends an event; completes when the hub has it.</summary>
    /// <exception cref="CairnException">As <see cref="IEventPublisher.PublishAsync"/>.</exception>
    public Task PublishAsync(OutgoingEvent next)
    {
        lock (_gate)
        {
            _waiting.Enqueue(next);
            if (!_isPublishing)
            {
                _isPublishing = true;
                _ = Task.Run(RunAsync);
            }
        }

        return next.Published;
    }

    private async Task RunAsync()
    {
        while (TryPeek() is not null)
        {
            var taken = new List<OutgoingEvent>();
            try
            {
                var batch = publisher.NewBatch(partition);
                await FillAsync(batch, taken);
                await publisher.PublishAsync(batch, CancellationToken.None);
                taken.ForEach(each => each.SetPublished());
            }
            catch (Exception failure)
            {
                taken.ForEach(each => each.SetFailed(failure));
                LogNotPublished(logger, partition, taken.Count, failure.Message);
                FailWaiting(failure);
            }
        }
    }

    // Null: nothing waits, and nobody publishes any more.
    private OutgoingEvent? TryPeek()
    {
        lock (_gate)
        {
            _isPublishing = _waiting.TryPeek(out var next);
            return next;
        }
    }

    private async ValueTask FillAsync(IEventBatch batch, List<OutgoingEvent> taken)
    {
        while (TryPeekNext() is { } next)
        {
            if (!batch.TryAdd(next.Text ?? await ClaimAsync(next)))
            {
                Invariant.Require(batch.Count > 0, "an empty batch has room for any event");
                return;
            }

            taken.Add(next);
            lock (_gate)
            {
                _waiting.Dequeue();
            }
        }
    }

    private OutgoingEvent? TryPeekNext()
    {
        lock (_gate)
        {
            return _waiting.TryPeek(out var next) ? next : null;
        }
    }

    // Before its event, so that whoever reads that finds it. One whose event is not published stays.
    private async ValueTask<byte[]> ClaimAsync(OutgoingEvent next)
    {
        var claim = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"hub/{time.GetUtcNow():yyyy-MM-dd}/{Guid.NewGuid():N}");
        await claims.WriteAsync(claim, next.Commit, CancellationToken.None);
        return next.SetClaim(claim);
    }

    private void FailWaiting(Exception failure)
    {
        lock (_gate)
        {
            while (_waiting.TryDequeue(out var each))
            {
                each.SetFailed(failure);
            }
        }
    }

    [LoggerMessage(48, LogLevel.Warning, "partition {Partition}: {Count} events could not be published: {Reason}")]
    private static partial void LogNotPublished(ILogger logger, int partition, int count, string reason);
}
