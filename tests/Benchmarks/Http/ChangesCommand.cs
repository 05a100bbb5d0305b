using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using Cairn.Benchmarks.Reporting;

namespace Cairn.Benchmarks.Http;

/// <summary>How long it is from the beginning of a write until each subscriber of a running server has its event. Client and server share the machine.</summary>
internal static class ChangesCommand
{
    private const string Marker = "\"sentAt\":";
    private const int OpenedTogether = 50;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <returns>0: every subscriber got every event, p99 within its target.</returns>
    public static async Task<int> RunAsync(Options options)
    {
        if (options.Rest.FirstOrDefault() is not { } address)
        {
            Console.Error.WriteLine("changes URL [--subscribers 1000] [--rate 20] [--seconds 10]");
            return 1;
        }

        using var client = new HttpClient { BaseAddress = new(address), Timeout = Timeout.InfiniteTimeSpan };
        var (subscribers, rate, seconds) = (Number(options, "--subscribers", 1_000), Number(options, "--rate", 20), Number(options, "--seconds", 10));
        Console.WriteLine(Hardware.Line());
        var figures = new List<Figure>();
        foreach (var count in new[] { 1, subscribers }.Distinct())
        {
            figures.AddRange(await MeasureAsync(client, count, rate, rate * seconds).ConfigureAwait(false));
        }

        Console.WriteLine();
        return FigureTable.Print(Console.Out, figures) ? 0 : 2;
    }

    private static int Number(Options options, string name, int otherwise) =>
        options.Value(name) is { } value ? int.Parse(value, CultureInfo.InvariantCulture) : otherwise;

    private static async Task<Figure[]> MeasureAsync(HttpClient client, int subscribers, int rate, int commits)
    {
        var space = $"/v1/spaces/changes-{Guid.NewGuid():N}";
        await PutAsync(client, space, "settings", 0).ConfigureAwait(false);
        var since = await CursorAsync(client, space).ConfigureAwait(false);
        var (latencies, following) = (new ConcurrentBag<long>(), new List<Task>());
        using var end = new CancellationTokenSource();
        for (var at = 0; at < subscribers; at += OpenedTogether)
        {
            var opened = Enumerable.Range(0, Math.Min(OpenedTogether, subscribers - at)).Select(_ => OpenAsync(client, space, since));
            following.AddRange((await Task.WhenAll(opened).ConfigureAwait(false)).Select(lines => Task.Run(() => FollowAsync(lines, commits, latencies, end.Token))));
        }

        await WriteAsync(client, space, rate, commits).ConfigureAwait(false);
        end.CancelAfter(Patience);
        await Task.WhenAll(following).ConfigureAwait(false);
        var samples = new Samples(latencies.Count);
        foreach (var latency in latencies)
        {
            samples.Add(latency);
        }

        var note = $"{rate} writes a second, {latencies.Count:N0} of {subscribers * (long)commits:N0} events";
        return
        [
            new($"write to event, {subscribers:N0} subscribers, p50", samples.Microseconds(.5), Unit.Microseconds, Target.None, note),
            new($"write to event, {subscribers:N0} subscribers, p99", samples.Microseconds(.99), Unit.Microseconds, subscribers == 1 ? new(20_000, 5_000) : Target.None),
        ];
    }

    private static async Task WriteAsync(HttpClient client, string space, int rate, int commits)
    {
        var began = Stopwatch.GetTimestamp();
        for (var i = 0; i < commits; i++)
        {
            var due = TimeSpan.FromSeconds((double)i / rate) - Stopwatch.GetElapsedTime(began);
            await Task.Delay(due > TimeSpan.Zero ? due : TimeSpan.Zero).ConfigureAwait(false);
            await PutAsync(client, space, $"c{i % 100}", Stopwatch.GetTimestamp()).ConfigureAwait(false);
        }
    }

    private static async Task PutAsync(HttpClient client, string space, string id, long sentAt)
    {
        using var body = new StringContent($$$"""{"attributes":{"sentAt":{{{sentAt}}}}}""", Encoding.UTF8, "application/json");
        using var answer = await client.PutAsync(new Uri($"{space}/concepts/{id}", UriKind.Relative), body).ConfigureAwait(false);
        answer.EnsureSuccessStatusCode();
    }

    private static async Task<string> CursorAsync(HttpClient client, string space)
    {
        using var page = System.Text.Json.JsonDocument.Parse(await client.GetStringAsync(new Uri($"{space}/changes", UriKind.Relative)).ConfigureAwait(false));
        return page.RootElement.GetProperty("next").GetString()!;
    }

    private static async Task<StreamReader> OpenAsync(HttpClient client, string space, string since)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{space}/changes?since={since}");
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/event-stream"));
        var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead).ConfigureAwait(false);
        answer.EnsureSuccessStatusCode();
        return new(await answer.Content.ReadAsStreamAsync().ConfigureAwait(false));
    }

    private static async Task FollowAsync(StreamReader lines, int commits, ConcurrentBag<long> latencies, CancellationToken end)
    {
        using (lines)
        {
            try
            {
                for (var seen = 0; seen < commits && await lines.ReadLineAsync(end).ConfigureAwait(false) is { } line;)
                {
                    var at = line.IndexOf(Marker, StringComparison.Ordinal);
                    if (at >= 0)
                    {
                        var digits = line.AsSpan(at + Marker.Length);
                        var sentAt = long.Parse(digits[..digits.IndexOfAny(',', '}')], CultureInfo.InvariantCulture);
                        latencies.Add((Stopwatch.GetTimestamp() - sentAt) * 1_000_000_000 / Stopwatch.Frequency);
                        seen++;
                    }
                }
            }
            catch (OperationCanceledException)
            {
                // What is missing shows in the count.
            }
        }
    }
}
