using Azure;
using Azure.Core;
using Azure.Core.Pipeline;

namespace Cairn.Infra.Blob;

/// <summary>Sees every request on its way: counts it, and knows whether the service answers. Safe to use from many threads.</summary>
internal sealed class AzureRequests : HttpPipelinePolicy
{
    private volatile string? _failure;

    /// <summary>Why the last request got no answer, or no access; null: it got one. An answer of "busy" is one.</summary>
    public string? Failure => _failure;

    public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        Count(message.Request);
        try
        {
            ProcessNext(message, pipeline);
            Answered(message.Response);
        }
        catch (Exception failure) when (AzureFailure.Is(failure, message.CancellationToken))
        {
            _failure = failure.Message;
            throw;
        }
    }

    public override async ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        Count(message.Request);
        try
        {
            await ProcessNextAsync(message, pipeline).ConfigureAwait(false);
            Answered(message.Response);
        }
        catch (Exception failure) when (AzureFailure.Is(failure, message.CancellationToken))
        {
            _failure = failure.Message;
            throw;
        }
    }

    private void Answered(Response response) => _failure = response.Status is 401 or 403 ? $"it gives no access ({response.Status})" : null;

    private static void Count(Request request) =>
        AzureInstruments.Requests.Add(1, new KeyValuePair<string, object?>("operation", OperationOf(request.Method, request.Uri.Query)));

    // Appends and other writes are billed alike, reads at a tenth, deletions at nothing; lists are billed as writes.
    private static string OperationOf(RequestMethod method, string query) => method == RequestMethod.Delete ? "delete"
        : method == RequestMethod.Head ? "head"
        : method == RequestMethod.Get ? (query.Contains("comp=list", StringComparison.Ordinal) ? "list" : "read")
        : query.Contains("comp=appendblock", StringComparison.Ordinal) ? "append"
        : "write";
}
