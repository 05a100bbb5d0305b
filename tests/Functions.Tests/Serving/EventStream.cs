using System.Net;
using System.Text.Json;

namespace Cairn.Functions.Tests.Serving;

/// <summary>A client of server-sent events, as a browser is one: it keeps the last id that it saw whole.</summary>
internal sealed class EventStream : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly HttpResponseMessage _response;
    private readonly StreamReader _lines;

    private EventStream(HttpResponseMessage response, Stream body) => (_response, _lines) = (response, new(body));

    public static async Task<EventStream> OpenAsync(TestServer server, string space, string? lastEventId)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{space}/changes");
        request.Headers.Accept.ParseAdd("text/event-stream");
        if (lastEventId is not null)
        {
            request.Headers.Add("Last-Event-ID", lastEventId);
        }

        var response = await server.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        Assert.Equal((HttpStatusCode.OK, "text/event-stream"), (response.StatusCode, response.Content.Headers.ContentType?.ToString()));
        return new(response, await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));
    }

    /// <summary>Reads that many events: their ids and the positions of their changes.</summary>
    public async Task<List<(string Id, long Position)>> ReadAsync(int count)
    {
        var (events, id) = (new List<(string Id, long Position)>(), "");
        while (events.Count < count)
        {
            var line = await _lines.ReadLineAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(Patience, TestContext.Current.CancellationToken);
            Assert.NotNull(line);
            if (line.StartsWith("id: ", StringComparison.Ordinal))
            {
                id = line[4..];
            }
            else if (line.StartsWith("data: ", StringComparison.Ordinal))
            {
                events.Add((id, JsonDocument.Parse(line[6..]).RootElement.GetProperty("position").GetInt64()));
            }
            else
            {
                Assert.True(line.Length == 0 || line[0] == ':' || line.StartsWith("retry: ", StringComparison.Ordinal), line);
            }
        }

        return events;
    }

    /// <summary>Whether the server ends the stream.</summary>
    public async Task<bool> HasEndedAsync()
    {
        while (await _lines.ReadLineAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(Patience, TestContext.Current.CancellationToken) is { } line)
        {
            Assert.Equal("", line);
        }

        return true;
    }

    public void Dispose()
    {
        _lines.Dispose();
        _response.Dispose();
    }
}
