using System.Net.Http.Headers;

namespace Cairn.Infra.Tests.Cosmos.StandIn;

/// <summary>Leads a client in this process to a stand-in, without sockets.</summary>
internal sealed class StandInHandler(CosmosStandIn standIn) : HttpMessageHandler
{
    private const string Address = "https://stand-in.invalid/";

    /// <summary>Where the client believes the account to be.</summary>
    public static string ConnectionString => $"AccountEndpoint={Address};AccountKey={CosmosStandIn.Key}";

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var body = request.Content is null ? [] : await request.Content.ReadAsByteArrayAsync(cancellationToken);
        var answer = await standIn.AnswerAsync(request.Method.Method, request.RequestUri!.AbsolutePath, name => Header(request, name), body, Address);
        var response = new HttpResponseMessage(answer.Status) { RequestMessage = request, Content = new ByteArrayContent(answer.Body) };
        response.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        foreach (var (name, value) in answer.Headers())
        {
            response.Headers.TryAddWithoutValidation(name, value);
        }

        return response;
    }

    private static string? Header(HttpRequestMessage request, string name) =>
        request.Headers.TryGetValues(name, out var values) ? string.Join(',', values)
        : request.Content?.Headers.TryGetValues(name, out values) is true ? string.Join(',', values)
        : null;
}
