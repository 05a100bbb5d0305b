using System.Threading.Channels;
using Cairn.Primitives;

namespace Cairn.Reconciliation;

/// <summary>
/// Commits waiting for the next append, with the limits on all that is taken and not yet visible. Thread-safe.
/// Invariant: what was taken stays counted until it is visible or has failed.
/// </summary>
internal sealed class WriteQueue(EngineOptions options)
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);
    private readonly Channel<PendingWrite> _channel = Channel.CreateUnbounded<PendingWrite>();
    private readonly Lock _takes = new();
    private TaskCompletionSource _room = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _operations;
    private long _bytes;
    private long _throttled;
    private long _dropped;
    private int _waiting;

    /// <summary>Operations taken and not yet visible.</summary>
    public long Operations => Volatile.Read(ref _operations);

    /// <summary>Writes that were refused.</summary>
    public long Throttled => Volatile.Read(ref _throttled);

    /// <summary>Operations forgotten under <see cref="OverflowPolicy.DropOldest"/>.</summary>
    public long Dropped => Volatile.Read(ref _dropped);

    /// <summary>Takes a write.</summary>
    /// <exception cref="CairnException">Throttled: there is too much already. Unavailable: the space is closing.</exception>
    public async ValueTask AddAsync(PendingWrite write, CancellationToken cancellationToken)
    {
        if (IsFull)
        {
            await OverflowAsync(cancellationToken).ConfigureAwait(false);
        }

        if (!TryEnqueue(write))
        {
            throw Closing();
        }
    }

    /// <summary>Takes a write of the space's own if there is room for it; false: there is none, or the space is closing. Nothing else gives way to it.</summary>
    public bool TryAdd(PendingWrite write) => !IsFull && TryEnqueue(write);

    /// <summary>There is something to take.</summary>
    public bool HasWrites => _channel.Reader.Count > 0;

    /// <summary>How much there is to take.</summary>
    public int Count => _channel.Reader.Count;

    /// <summary>Takes the writes of the next append: commits up to a number of bytes, or one thing that is no commit.</summary>
    public void Gather(List<PendingWrite> writes, int maxBytes)
    {
        lock (_takes)
        {
            var bytes = 0;
            while (_channel.Reader.TryPeek(out var next) && (writes.Count == 0 || (next.Commit is not null && bytes + next.Bytes <= maxBytes)))
            {
                _channel.Reader.TryRead(out _);
                writes.Add(next);
                bytes += next.Bytes;
                if (next.Commit is null)
                {
                    return;
                }
            }
        }
    }

    /// <summary>Stops counting a write: it is visible, or it failed.</summary>
    public void Release(PendingWrite write)
    {
        Interlocked.Add(ref _operations, -write.Operations);
        Interlocked.Add(ref _bytes, -write.Bytes);
        if (Volatile.Read(ref _waiting) > 0)
        {
            Interlocked.Exchange(ref _room, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
        }
    }

    /// <summary>The refusal of a write for which a limit leaves no room; counts it.</summary>
    public CairnException Throttle(string message, string field, long limit, long actual)
    {
        Interlocked.Increment(ref _throttled);
        return new(ErrorKind.Throttled, message) { Field = field, Limit = limit, Actual = actual, RetryAfter = RetryAfter };
    }

    /// <summary>Takes no more; what is there is still handed out.</summary>
    public void Close() => _channel.Writer.TryComplete();

    private bool IsFull => Volatile.Read(ref _operations) >= options.MaxUnappliedOperations || Volatile.Read(ref _bytes) >= options.MaxUnappliedBytes;

    private bool TryEnqueue(PendingWrite write)
    {
        Interlocked.Add(ref _operations, write.Operations);
        Interlocked.Add(ref _bytes, write.Bytes);
        if (_channel.Writer.TryWrite(write))
        {
            return true;
        }

        Release(write);
        return false;
    }

    private static CairnException Closing() => new(ErrorKind.Unavailable, "the space is closing") { RetryAfter = RetryAfter };

    private async ValueTask OverflowAsync(CancellationToken cancellationToken)
    {
        switch (options.Overflow)
        {
            case OverflowPolicy.Wait:
                await WaitForRoomAsync(cancellationToken).ConfigureAwait(false);
                return;
            case OverflowPolicy.DropOldest when TryDropOldest():
                return;
            default:
                throw Throttle("too much was written that is not applied yet", "unapplied", options.MaxUnappliedOperations, Operations);
        }
    }

    private async ValueTask WaitForRoomAsync(CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _waiting);
        try
        {
            while (true)
            {
                // Taken before the look: room made in between has either completed it or is seen by the look.
                var room = Volatile.Read(ref _room).Task;
                if (!IsFull)
                {
                    return;
                }

                await room.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    // Commits that are answered with an outcome are never dropped; one that stands at the head of the queue stops the dropping.
    private bool TryDropOldest()
    {
        lock (_takes)
        {
            while (IsFull && _channel.Reader.TryPeek(out var oldest) && !oldest.AwaitsOutcome)
            {
                _channel.Reader.TryRead(out _);
                Interlocked.Add(ref _dropped, oldest.Operations);
                Release(oldest);
                oldest.Fail(new CairnException(ErrorKind.Throttled, "dropped: newer commits took its place"));
            }

            return !IsFull;
        }
    }
}
