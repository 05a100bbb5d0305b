using System.Globalization;
using System.Text.Json;
using Cairn.Infra.Tests.EventHubs;

namespace Cairn.Functions.Tests.Triggers;

/// <summary>A batch of events as the Functions host posts it: lists as JSON within a string, the partition as an object.</summary>
internal static class HubPayload
{
    public static string Of(string partition, IReadOnlyList<StoredEvent> events) => JsonSerializer.Serialize(new
    {
        Data = new { events = JsonSerializer.Serialize(events.Select(each => each.Text)) },
        Metadata = new Dictionary<string, object>
        {
            ["PartitionContext"] = new { FullyQualifiedNamespace = "mine.servicebus.windows.net", EventHubName = "cairn", ConsumerGroup = "$Default", PartitionId = partition, IsCheckpointingAfterInvocation = true },
            ["PartitionKeyArray"] = JsonSerializer.Serialize(events.Select(_ => (string?)null)),
            ["OffsetArray"] = JsonSerializer.Serialize(events.Select(each => $"{each.SequenceNumber}00")),
            ["SequenceNumberArray"] = JsonSerializer.Serialize(events.Select(each => each.SequenceNumber)),
            ["EnqueuedTimeUtcArray"] = JsonSerializer.Serialize(events.Select(each => each.EnqueuedAt.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture))),
            ["PropertiesArray"] = JsonSerializer.Serialize(events.Select(_ => new object())),
            ["SystemPropertiesArray"] = JsonSerializer.Serialize(events.Select(_ => new object())),
            ["sys"] = new { MethodName = "ingest-events", UtcNow = "2026-01-01T01:17:00Z", RandGuid = Guid.NewGuid() },
        },
    });
}
