using System.Net;
using System.Text.Json;
using Cairn.Functions.Answers;
using Cairn.Functions.Hosting;
using Cairn.Functions.Streams;
using Cairn.Primitives;

namespace Cairn.Functions.Mcp.Stdio;

/// <summary>
/// Takes the messages of one client, a line each, to whoever serves the memory, and brings back the answers, in order. One thread.
/// If the process that serves ends, another one takes over, perhaps this one; the message is sent again under the same key, so that what it commits is committed once.
/// </summary>
internal sealed class StdioBridge(MemoryHolder holder, SpaceName space, string? key, TimeProvider time) : IDisposable
{
    // As long as a large folder may take to be opened by whoever takes over.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30), ShortestPause = TimeSpan.FromMilliseconds(20), LongestPause = TimeSpan.FromMilliseconds(500);

    private readonly GraphSubscription _subscription = new();
    private readonly HttpClient _client = new(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false }) { Timeout = TimeSpan.FromSeconds(200) };

    /// <summary>Until the client has nothing more to say.</summary>
    public async Task RunAsync(Stream input, Stream output, CancellationToken cancellationToken)
    {
        using var lines = new LineSource(input, cancellationToken);
        while (await lines.MoveNextAsync())
        {
            var message = lines.Fault is null ? BridgedMessage.Read(lines.Text) : new(default, null);
            var answer = lines.Fault is { } fault ? message.Fail(fault.Detail)
                : _subscription.TryTake(message) ? message.Acknowledge()
                : await ForwardAsync(message, cancellationToken);
            await WriteLineAsync(output, _subscription.NoticeOf(message, answer), cancellationToken);
            await WriteLineAsync(output, GraphSubscription.Announce(message, answer), cancellationToken);
            await output.FlushAsync(cancellationToken);
        }
    }

    public void Dispose() => _client.Dispose();

    private static async ValueTask WriteLineAsync(Stream output, ReadOnlyMemory<byte> message, CancellationToken cancellationToken)
    {
        if (!message.IsEmpty)
        {
            await output.WriteAsync(message, cancellationToken);
            await output.WriteAsync("\n"u8.ToArray(), cancellationToken);
        }
    }

    private async ValueTask<ReadOnlyMemory<byte>> ForwardAsync(BridgedMessage message, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        for (var pause = ShortestPause; ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            var (answer, failure) = await TryAsync(message, cancellationToken);
            if (failure is null)
            {
                return answer;
            }

            if (time.GetElapsedTime(began) > Patience)
            {
                return message.Fail(failure);
            }

            await Task.Delay(pause, time, cancellationToken);
        }
    }

    // A failure is worth another attempt.
    private async ValueTask<(ReadOnlyMemory<byte> Answer, string? Failure)> TryAsync(BridgedMessage message, CancellationToken cancellationToken)
    {
        try
        {
            if (await holder.FindAsync(cancellationToken) is not { } address)
            {
                return (default, "the memory is in use by another process, which does not say where it answers");
            }

            using var request = message.ToRequest(new(address, $"/mcp/{space}"), key);
            using var response = await _client.SendAsync(request, cancellationToken);
            var body = await response.Content.ReadAsByteArrayAsync(cancellationToken);
            return response.Content.Headers.ContentType?.MediaType != MediaTypes.Problem ? (body, null)
                : response.StatusCode == HttpStatusCode.ServiceUnavailable && !holder.IsOwn ? (default, DetailOf(body))
                : (message.Fail(Explain(response.StatusCode, DetailOf(body))), null);
        }
        catch (HttpRequestException failure)
        {
            return (default, $"the process that serves the memory does not answer: {failure.Message}");
        }
        catch (Exception failure) when (failure is StartFailure or CairnException || (failure is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return (message.Fail(failure.Message), null);
        }
    }

    private static string Explain(HttpStatusCode status, string detail) => status switch
    {
        HttpStatusCode.Unauthorized => $"the memory asks for a key, which CAIRN_API_KEY sets: {detail}",
        _ => detail,
    };

    private static string DetailOf(byte[] problem) => JsonDocument.Parse(problem).RootElement.GetProperty("detail").GetString()!;
}
