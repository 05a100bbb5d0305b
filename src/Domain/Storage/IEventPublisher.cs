namespace Cairn.Storage;

/// <summary>
/// Adds events to partitions, each an ordered log that others read: this process does not. Safe to use from many threads and by many processes.
/// </summary>
public interface IEventPublisher
{
    /// <summary>Begins a batch for a partition, numbered from 0.</summary>
    IEventBatch NewBatch(int partition);

    /// <summary>Publishes a batch; all of it is durable when this returns, in its order. Events may be there twice: one whose answer is lost is sent again.</summary>
    /// <param name="batch">Of this publisher, with at least one event.</param>
    /// <param name="cancellationToken">Ends the waiting; the events may be published all the same.</param>
    /// <exception cref="Primitives.CairnException">
    /// Throttled, Unavailable: none of it was published. Unknown: any of it may have been. Invalid (<c>too-large</c>): the service takes less than a batch may hold.
    /// </exception>
    ValueTask PublishAsync(IEventBatch batch, CancellationToken cancellationToken);
}

/// <summary>Events that go in one request. Not thread-safe.</summary>
public interface IEventBatch
{
    /// <summary>Events in it.</summary>
    int Count { get; }

    /// <summary>Adds an event if there is room. An empty batch that has none never will: the event is too large for the service.</summary>
    /// <param name="text">UTF-8, copied.</param>
    bool TryAdd(ReadOnlySpan<byte> text);
}
