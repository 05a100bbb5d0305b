using System.Net;
using Cairn.Infra.Blob;
using Cairn.Infra.Tests.Azurite;

namespace Cairn.Infra.Tests.Blob;

/// <summary>A storage service that gives every request the same answer, once the store is open.</summary>
internal sealed class FakeService : HttpMessageHandler
{
    private bool _open;

    public HttpStatusCode Status { get; init; } = HttpStatusCode.OK;

    public string? ErrorCode { get; init; }

    public string? RetryAfter { get; init; }

    public DateTimeOffset? Date { get; init; }

    public int Requests { get; private set; }

    public async Task<AzureSpaceStore> OpenAsync(TimeProvider? time = null)
    {
        var options = new AzureStorageOptions { ConnectionString = "UseDevelopmentStorage=true", CacheFolder = Path.GetTempPath() };
        var transport = new global::Azure.Core.Pipeline.HttpClientTransport(new HttpClient(this));
        var store = await AzureSpaceStore.OpenAsync(options, time ?? TimeProvider.System, transport, TestContext.Current.CancellationToken);
        _open = true;
        return store;
    }

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        Requests++;
        var answer = new HttpResponseMessage(_open ? Status : HttpStatusCode.Created) { RequestMessage = request, Content = new ByteArrayContent([]) };
        answer.Headers.Date = Date;
        Add(answer, "ETag", "\"1\"");
        Add(answer, "x-ms-error-code", ErrorCode);
        Add(answer, "Retry-After", RetryAfter);
        return Task.FromResult(answer);
    }

    private static void Add(HttpResponseMessage answer, string name, string? value)
    {
        if (value is not null)
            answer.Headers.TryAddWithoutValidation(name, value);
    }
}
