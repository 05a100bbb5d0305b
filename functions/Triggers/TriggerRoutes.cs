using System.Security.Cryptography;
using Cairn.Functions.Answers;
using Cairn.Functions.Hosting;
using Cairn.Functions.Problems;
using Cairn.Functions.Routing;

namespace Cairn.Functions.Triggers;

/// <summary>
/// What the Functions host posts to: <c>/{function}</c>, on the same port as everything else. They are routes only behind the host. A caller never comes
/// here: no function of the app has an HTTP route with such a name, and whatever the host forwards for a caller has a mark of it (<see cref="RequireHost"/>).
/// </summary>
internal static class TriggerRoutes
{
    // The host names each invocation of a trigger so, and each request that it forwards by the other; it overwrites what a caller sent.
    private const string InvocationHeader = "X-Azure-Functions-InvocationId", ForwardedHeader = "x-ms-invocation-id";

    public static Route[] Of(TriggerHandlers handlers) =>
    [
        At(IngestQueue.Function, call => IngestQueueAsync(call, handlers)),
        At(EventIngest.Function, call => IngestEventsAsync(call, handlers)),
        At(ReconcileQueue.Function, call => ReconcileAsync(call, handlers)),
        At(ImportQueue.Function, call => ImportAsync(call, handlers)),
        At(SpaceSweep.Function, call => SweepAsync(call, handlers)),
    ];

    private static Route At(string function, Func<Call, Task> handle) => new("POST", $"/{function}", call =>
    {
        RequireHost(call);
        return handle(call);
    })
    { IsOpen = true };

    private static void RequireHost(Call call)
    {
        var headers = call.Request.Headers;
        if (headers.ContainsKey(ForwardedHeader) || !headers.ContainsKey(InvocationHeader))
        {
            throw ProblemException.Of(ProblemKinds.UnknownRoute, "there is nothing at this path; /openapi.json lists what there is");
        }

        if (call.Service.IsStopping)
        {
            throw Service.Refusal();
        }
    }

    private static async Task IngestQueueAsync(Call call, TriggerHandlers handlers)
    {
        using var payload = await HostPayload.ReadAsync(call);
        await AnswerAsync(call, await handlers.Messages.TakeAsync(DeliveryOf(call, payload, IngestQueue.Function)));
    }

    private static async Task ReconcileAsync(Call call, TriggerHandlers handlers)
    {
        using var payload = await HostPayload.ReadAsync(call);
        await AnswerAsync(call, await handlers.Reconciling.TakeAsync(DeliveryOf(call, payload, ReconcileQueue.Function)));
    }

    private static async Task ImportAsync(Call call, TriggerHandlers handlers)
    {
        using var payload = await HostPayload.ReadAsync(call);
        await AnswerAsync(call, await handlers.Imports.TakeAsync(DeliveryOf(call, payload, ImportQueue.Function)));
    }

    private static async Task SweepAsync(Call call, TriggerHandlers handlers)
    {
        var count = await handlers.Sweep.RunAsync(call.Aborted);
        await AnswerAsync(call, "swept", $"{count} spaces");
    }

    private static async Task IngestEventsAsync(Call call, TriggerHandlers handlers)
    {
        using var payload = await HostPayload.ReadAsync(call);
        var verdicts = await handlers.Events.TakeAsync(EventsOf(call, payload));
        var worst = verdicts.Contains(Verdict.Later) ? Verdict.Later : Verdict.Applied;
        await AnswerAsync(call, worst, $"{verdicts.Length} events: {string.Join(", ", verdicts.CountBy(TriggerInstruments.Word).Select(each => $"{each.Value} {each.Key}"))}");
    }

    private static Delivery DeliveryOf(Call call, HostPayload payload, string function)
    {
        var id = payload.Metadata("Id") ?? throw ProblemException.Of(ProblemKinds.Invalid, "the payload of the Functions host has no Id of a message");
        var count = long.TryParse(payload.Metadata("DequeueCount"), out var times) ? times : 1;
        return new(function, id, payload.Text("message"), HostPayload.TimeOf(payload.Metadata("InsertionTime"), "InsertionTime"), count);
    }

    // An event's number counts within its partition, for as long as the hub is the same one; the time makes up for a hub that was made anew.
    private static List<Delivery> EventsOf(Call call, HostPayload payload)
    {
        var texts = payload.Texts("events");
        var (numbers, times) = (payload.MetadataList("SequenceNumberArray"), payload.MetadataList("EnqueuedTimeUtcArray"));
        if (numbers.Count != texts.Count || times.Count != texts.Count)
        {
            throw ProblemException.Of(ProblemKinds.Invalid, "the payload of the Functions host has not one SequenceNumber and EnqueuedTimeUtc for each event");
        }

        var hub = $"{payload.Metadata("PartitionContext", "FullyQualifiedNamespace")}/{payload.Metadata("PartitionContext", "EventHubName")}";
        var partition = payload.Metadata("PartitionContext", "PartitionId")
            ?? throw ProblemException.Of(ProblemKinds.Invalid, "the payload of the Functions host has no PartitionContext.PartitionId");
        var life = uint.TryParse(partition, out var number) ? call.Service.HubLife : null;
        var source = Convert.ToHexStringLower(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes($"{hub}/{partition}")).AsSpan(0, 12));
        return [.. texts.Select((text, i) =>
        {
            var sentAt = HostPayload.TimeOf(times[i], "EnqueuedTimeUtc");
            return new Delivery(EventIngest.Function, $"eh-{source}-{numbers[i]}-{sentAt.ToUnixTimeMilliseconds():x}", text, sentAt)
            {
                Origin = life is { } hub && long.TryParse(numbers[i], out var place) ? new(hub, number, place) : null,
            };
        })];
    }

    // The host takes any status but 2xx for a failure, and hands the message out again.
    private static Task AnswerAsync(Call call, Verdict verdict, string? log = null) => verdict == Verdict.Later
        ? throw new ProblemException(new Problem(ProblemKinds.Unavailable, "it could not be applied now; it must be delivered again") { RetryAfterSeconds = 1 })
        : AnswerAsync(call, TriggerInstruments.Word(verdict), log);

    // An empty Outputs, or none as ReturnValue, is a warning to the host; what no binding is named for it ignores.
    private static async Task AnswerAsync(Call call, string outcome, string? log)
    {
        using var answer = JsonAnswer.Rent();
        answer.Json.WriteStartObject();
        answer.Json.WriteStartObject("Outputs"u8);
        answer.Json.WriteString("outcome"u8, outcome);
        answer.Json.WriteEndObject();
        answer.Json.WriteStartArray("Logs"u8);
        if (log is not null)
        {
            answer.Json.WriteStringValue(log);
        }

        answer.Json.WriteEndArray();
        answer.Json.WriteString("ReturnValue"u8, outcome);
        answer.Json.WriteEndObject();
        await answer.SendAsync(call.Response, StatusCodes.Status200OK, call.Aborted);
    }
}
