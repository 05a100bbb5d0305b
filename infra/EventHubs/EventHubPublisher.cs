using Azure.Core.Pipeline;
using Cairn.Primitives;
using Cairn.Storage;

namespace Cairn.Infra.EventHubs;

/// <summary>A hub of Azure Event Hubs, by its HTTPS interface. See ADR 0028.</summary>
public sealed class EventHubPublisher : IEventPublisher
{
    private readonly HubRequests _requests;
    private readonly int _maxBatchBytes;

    private EventHubPublisher(EventHubOptions options, TimeProvider time, HttpPipelineTransport? transport)
    {
        if (options.MaxBatchBytes is < EventHubOptions.LeastMaxBatchBytes or > EventHubOptions.MostMaxBatchBytes)
        {
            throw CairnException.Invalid(
                nameof(options.MaxBatchBytes), $"a batch has {EventHubOptions.LeastMaxBatchBytes} to {EventHubOptions.MostMaxBatchBytes} bytes, and not {options.MaxBatchBytes}");
        }

        var connection = HubConnection.Of(options, time);
        (Address, _maxBatchBytes, _requests) = (connection.Address, options.MaxBatchBytes, new(connection, time, transport));
    }

    /// <summary>The hub's address.</summary>
    public Uri Address { get; }

    /// <summary>Names a hub, and asks nothing of it yet.</summary>
    /// <exception cref="CairnException">Invalid: the options name none; the message says what is wrong.</exception>
    public static EventHubPublisher Open(EventHubOptions options, TimeProvider time) => Open(options, time, null);

    /// <inheritdoc/>
    public IEventBatch NewBatch(int partition) => new HubBatch(partition, _maxBatchBytes);

    /// <inheritdoc/>
    public async ValueTask PublishAsync(IEventBatch batch, CancellationToken cancellationToken)
    {
        var events = (HubBatch)batch;
        Invariant.Require(events.Count > 0, "a batch has at least one event");
        await PublishAsync(events, 0, events.Count, cancellationToken).ConfigureAwait(false);
        HubInstruments.Events.Add(events.Count);
    }

    internal static EventHubPublisher Open(EventHubOptions options, TimeProvider time, HttpPipelineTransport? transport)
    {
        ArgumentNullException.ThrowIfNull(options);
        return new(options, time, transport);
    }

    // A hub that takes less than it was said to gets halves, down to single events.
    private async ValueTask PublishAsync(HubBatch batch, int first, int count, CancellationToken cancellationToken)
    {
        if (await _requests.PostAsync(batch.Partition, batch.Body(first, count), cancellationToken).ConfigureAwait(false))
        {
            return;
        }

        if (count == 1)
        {
            throw new CairnException(ErrorKind.Invalid, $"an event is too large for {Address}, which takes less than {_maxBatchBytes} bytes") { Problem = "too-large" };
        }

        var half = count / 2;
        await PublishAsync(batch, first, half, cancellationToken).ConfigureAwait(false);
        try
        {
            await PublishAsync(batch, first + half, count - half, cancellationToken).ConfigureAwait(false);
        }
        catch (CairnException failure)
        {
            throw HubFailure.Unknown($"some events were published and others may not be: {failure.Message}", failure);
        }
    }
}
