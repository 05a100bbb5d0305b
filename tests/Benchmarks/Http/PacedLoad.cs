using System.Diagnostics;

namespace Cairn.Benchmarks.Http;

/// <summary>Some connections that together send so many requests a second, evenly, each at the time at which it is due or, where one is slow, right after it.</summary>
internal static class PacedLoad
{
    /// <param name="server">Its address.</param>
    /// <param name="rate">Requests a second of all connections; 0: as fast as they are answered.</param>
    /// <param name="connections">How many.</param>
    /// <param name="request">The next request of a connection.</param>
    /// <param name="window">Where an answer is noted.</param>
    /// <param name="answered">Hears what each request of a connection brought.</param>
    /// <param name="end">Ends it.</param>
    public static Task RunAsync(
        Uri server, int rate, int connections, Func<int, byte[]> request, Func<LoadWindow> window, Action<int, int>? answered, CancellationToken end) =>
        Task.WhenAll(Enumerable.Range(0, connections).Select(index => Task.Run(() => RunOneAsync(server, rate, connections, index, request, window, answered, end), CancellationToken.None)));

    private static async Task RunOneAsync(
        Uri server, int rate, int connections, int index, Func<int, byte[]> request, Func<LoadWindow> window, Action<int, int>? answered, CancellationToken end)
    {
        HttpConnection? connection = null;
        var (began, interval) = (Stopwatch.GetTimestamp(), rate == 0 ? TimeSpan.Zero : TimeSpan.FromSeconds((double)connections / rate));
        for (var i = 0L; !end.IsCancellationRequested; i++)
        {
            var due = (interval * i) + (interval * index / connections);
            if (due - Stopwatch.GetElapsedTime(began) is { TotalMilliseconds: >= 1 } early)
            {
                await Task.Delay(early, CancellationToken.None);
            }

            var since = rate == 0 ? Stopwatch.GetTimestamp() : began + (long)(due.TotalSeconds * Stopwatch.Frequency);
            var status = 0;
            try
            {
                connection ??= await HttpConnection.OpenAsync(server);
                (status, _) = await connection.AskAsync(request(index));
            }
            catch (Exception e) when (e is System.Net.Sockets.SocketException or InvalidDataException)
            {
                Console.Error.WriteLine($"a connection broke: {e.Message}");
                connection?.Dispose();
                connection = null;
            }

            window().Note(status, since);
            answered?.Invoke(index, status);
        }

        connection?.Dispose();
    }
}
