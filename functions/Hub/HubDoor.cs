using System.Collections.Concurrent;
using Cairn.Primitives;
using Cairn.Storage;

namespace Cairn.Functions.Hub;

/// <summary>
/// The hub before the spaces: bursts go through it, and whoever the Functions host hands its events to applies them. For each partition one lane, which all requests
/// of this process share. Any thread.
/// </summary>
internal sealed class HubDoor(IEventPublisher publisher, PartitionPins pins, IClaimStore claims, TimeProvider time, ILogger logger)
{
    private readonly ConcurrentDictionary<int, EventLane> _lanes = [];

    /// <summary>The lane of a space.</summary>
    /// <exception cref="CairnException">As <see cref="PartitionPins.FindAsync"/>.</exception>
    public async ValueTask<EventLane> LaneAsync(SpaceName space, CancellationToken cancellationToken) =>
        _lanes.GetOrAdd(await pins.FindAsync(space, cancellationToken), partition => new(partition, publisher, claims, time, logger));
}
