namespace Cairn.Infra.Tests.Blob;

/// <summary>The way to the service, which loses what it is told to lose and remembers all that was sent. Safe to use from many threads.</summary>
internal sealed class FaultyNetwork() : DelegatingHandler(new SocketsHttpHandler())
{
    private readonly Lock _gate = new();
    private readonly List<string> _sent = [];
    private (Func<HttpRequestMessage, bool> Matches, Func<Task>? Instead, int Times)? _fault;

    /// <summary>Method and kind of each request, such as "PUT appendblock", since the last look.</summary>
    public List<string> TakeSent()
    {
        lock (_gate)
        {
            List<string> sent = [.. _sent];
            _sent.Clear();
            return sent;
        }
    }

    /// <summary>The service does what the next such request asks; its answer never arrives.</summary>
    public void LoseAnswer(string kind, int times = 1) => Set(kind, null, times);

    /// <summary>The next such request never arrives, and nobody can tell; something else happens at that moment.</summary>
    public void LoseRequest(string kind, Func<Task>? meanwhile = null, int times = 1) => Set(kind, meanwhile ?? (() => Task.CompletedTask), times);

    /// <summary>The next such request is not sent: there is no connection.</summary>
    public void RefuseConnection(string kind) =>
        Set(kind, () => throw new HttpRequestException(HttpRequestError.ConnectionError, "connection refused"), 1);

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var fault = Next(request);
        if (fault is { Instead: { } instead })
        {
            await instead();
            throw Lost();
        }

        var response = await base.SendAsync(request, cancellationToken);
        if (fault is null)
        {
            return response;
        }

        response.Dispose();
        throw Lost();
    }

    private static HttpRequestException Lost() => new(HttpRequestError.ResponseEnded, "the connection was reset");

    private static string KindOf(HttpRequestMessage request)
    {
        var query = request.RequestUri!.Query.TrimStart('?').Split('&').FirstOrDefault(part => part.StartsWith("comp=", StringComparison.Ordinal));
        return $"{request.Method} {query?["comp=".Length..] ?? "blob"}";
    }

    private void Set(string kind, Func<Task>? instead, int times)
    {
        lock (_gate)
        {
            _fault = (request => KindOf(request) == kind, instead, times);
        }
    }

    private (Func<HttpRequestMessage, bool> Matches, Func<Task>? Instead, int Times)? Next(HttpRequestMessage request)
    {
        lock (_gate)
        {
            _sent.Add(KindOf(request));
            if (_fault is not { } fault || !fault.Matches(request))
            {
                return null;
            }

            _fault = fault.Times > 1 ? fault with { Times = fault.Times - 1 } : null;
            return fault;
        }
    }
}
