using System.Diagnostics.Metrics;
using Azure.Core;
using Azure.Core.Pipeline;

namespace Cairn.Infra.Queue;

/// <summary>Counts what is sent to the queue service, repetitions included.</summary>
internal sealed class QueueRequests : HttpPipelineSynchronousPolicy
{
    private static readonly Meter Meter = new("Cairn.Infra.Queue");

    private static readonly Counter<long> Requests =
        Meter.CreateCounter<long>("cairn.queue.requests", "{request}", "Requests sent, repetitions included, by what they do (operation).");

    public override void OnSendingRequest(HttpMessage message) =>
        Requests.Add(1, new KeyValuePair<string, object?>("operation", OperationOf(message.Request.Method, message.Request.Uri.Path)));

    // All of them are billed alike. A queue itself has no "/messages" behind its name.
    private static string OperationOf(RequestMethod method, string path) => !path.Contains("/messages", StringComparison.Ordinal) ? "create"
        : method == RequestMethod.Get ? "receive"
        : method == RequestMethod.Post ? "send"
        : method == RequestMethod.Delete ? "delete"
        : "renew";
}
