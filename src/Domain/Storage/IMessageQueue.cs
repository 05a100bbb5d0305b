namespace Cairn.Storage;

/// <summary>A message that one reader holds until its visibility runs out.</summary>
/// <param name="Id">The queue's own name for it, the same at each delivery; visible ASCII characters.</param>
/// <param name="Text">What was sent, as it was sent.</param>
/// <param name="InsertedAt">When the queue took it.</param>
/// <param name="DeliveryCount">How often it was given out, this time included.</param>
/// <param name="Receipt">Proves the hold; a renewal gives another one.</param>
public sealed record HeldMessage(string Id, string Text, DateTimeOffset InsertedAt, long DeliveryCount, string Receipt);

/// <summary>
/// A queue that gives each message at least once: to one reader at a time, and again if it is not deleted before its visibility runs out. In no order.
/// Safe to use from many threads and by many processes.
/// </summary>
/// <remarks>Every call may throw Unavailable (no answer, or no access) and Throttled.</remarks>
public interface IMessageQueue
{
    /// <summary>The most messages that one <see cref="ReceiveAsync"/> gives.</summary>
    const int MaxReceived = 32;

    /// <summary>Adds a message; it is durable when this returns. One whose answer was lost may be there twice.</summary>
    /// <param name="text">XML characters, at most 64 KiB of UTF-8.</param>
    /// <param name="delay">How long nobody sees it.</param>
    /// <param name="cancellationToken">Ends the waiting; the message may be there all the same.</param>
    ValueTask SendAsync(string text, TimeSpan delay, CancellationToken cancellationToken);

    /// <summary>Takes hold of messages for a time; none if nothing is visible.</summary>
    /// <param name="max">1 to <see cref="MaxReceived"/>.</param>
    /// <param name="visibility">How long nobody else gets them.</param>
    /// <param name="cancellationToken">Ends the waiting; what was taken meanwhile comes again after its visibility.</param>
    ValueTask<IReadOnlyList<HeldMessage>> ReceiveAsync(int max, TimeSpan visibility, CancellationToken cancellationToken);

    /// <summary>Holds a message from now on for a time; zero gives it back. Null: it is no longer held by this receipt.</summary>
    ValueTask<HeldMessage?> RenewAsync(HeldMessage message, TimeSpan visibility, CancellationToken cancellationToken);

    /// <summary>Deletes a message; false: it is no longer held by this receipt, and may come again.</summary>
    ValueTask<bool> DeleteAsync(HeldMessage message, CancellationToken cancellationToken);
}
