using System.Diagnostics;
using System.Globalization;
using System.Text;
using Cairn.Benchmarks.Reporting;

namespace Cairn.Benchmarks.Http;

/// <summary>
/// What one space's readers feel of a burst into another space of the same process: point reads at a steady rate, alone, beside a flood of writes, and beside scans.
/// Client and server share the machine, so a part of what they feel is the client's own work.
/// </summary>
internal static class FairnessCommand
{
    private const int Rate = 500, ReadConnections = 8, BurstConnections = 16, ScanConnections = 8, Concepts = 20_000;
    private static readonly TimeSpan Warm = TimeSpan.FromSeconds(2);

    public static async Task<int> RunAsync(Options options)
    {
        if (options.Rest.FirstOrDefault() is not { } address)
        {
            Console.Error.WriteLine("fairness URL [--seconds 5] [--rounds 3]");
            return 1;
        }

        int Number(string name, int otherwise) => options.Value(name) is { } value ? int.Parse(value, CultureInfo.InvariantCulture) : otherwise;
        Console.WriteLine(Hardware.Line());
        var server = new Uri(address);
        var (quiet, loud) = ($"/v1/spaces/quiet-{Guid.NewGuid():N}", $"/v1/spaces/loud-{Guid.NewGuid():N}");
        await FillAsync(server, quiet);
        await FillAsync(server, loud);
        var (time, alone, writes, scans) = (TimeSpan.FromSeconds(Number("--seconds", 5)), new List<Reads>(), new List<Reads>(), new List<Reads>());
        for (var round = 0; round < Number("--rounds", 3); round++)
        {
            alone.Add(await MeasureAsync(server, quiet, time, null, 0));
            writes.Add(await MeasureAsync(server, quiet, time, _ => BatchOf(server, loud), BurstConnections));
            scans.Add(await MeasureAsync(server, quiet, time, _ => HttpConnection.Get(server, $"{loud}/concepts?where=content%20LIKE%20%27%25nothing%25%27&count=true"), ScanConnections));
        }

        Console.WriteLine();
        FigureTable.PrintRows(Console.Out, ["reads of a quiet space", "answered/s", "p50 ms", "p99 ms", "the other's requests/s"], [Row("alone", alone), Row("beside a burst of writes", writes), Row("beside scans", scans)]);
        return alone.Concat(writes).Concat(scans).Sum(static reads => reads.Failed) == 0 ? 0 : 2;
    }

    private sealed record Reads(double PerSecond, double P50, double P99, double OthersPerSecond, long Failed);

    private static async Task<Reads> MeasureAsync(Uri server, string space, TimeSpan time, Func<int, byte[]>? burst, int connections)
    {
        using var end = new CancellationTokenSource();
        var (reads, others) = (new LoadWindow(), new LoadWindow());
        var bursting = burst is null ? Task.CompletedTask : PacedLoad.RunAsync(server, 0, connections, burst, () => others, null, end.Token);
        var reading = PacedLoad.RunAsync(
            server, Rate, ReadConnections, _ => HttpConnection.Get(server, $"{space}/concepts/c{Random.Shared.Next(Concepts)}"), () => Volatile.Read(ref reads), null, end.Token);
        await Task.Delay(Warm);
        Volatile.Write(ref reads, new());
        var (began, othersBefore) = (Stopwatch.GetTimestamp(), others.Answered);
        await Task.Delay(time);
        var measured = Interlocked.Exchange(ref reads, new());
        var seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        var othersAnswered = others.Answered - othersBefore;
        await end.CancelAsync();
        await Task.WhenAll(bursting, reading);
        var samples = measured.Samples();
        return new(measured.Answered / seconds, samples.Microseconds(.5) / 1000, samples.Microseconds(.99) / 1000, othersAnswered / seconds, measured.Failed + others.Failed);
    }

    private static string[] Row(string name, List<Reads> rounds)
    {
        string Median(Func<Reads, double> of, string format) => Samples.Median(rounds.Select(of)).ToString(format, CultureInfo.InvariantCulture);
        return [name, Median(static reads => reads.PerSecond, "N0"), Median(static reads => reads.P50, "N2"), Median(static reads => reads.P99, "N2"), Median(static reads => reads.OthersPerSecond, "N0")];
    }

    private static async Task FillAsync(Uri server, string space)
    {
        using var connection = await HttpConnection.OpenAsync(server);
        for (var at = 0; at < Concepts; at += 1_000)
        {
            var (status, body) = await connection.AskAsync(CommitOf(server, space, Enumerable.Range(at, 1_000)));
            if (status != 200)
            {
                throw new InvalidDataException(Encoding.UTF8.GetString(body.Span));
            }
        }
    }

    private static byte[] BatchOf(Uri server, string space) => CommitOf(server, space, Enumerable.Range(Random.Shared.Next(Concepts - 100), 100));

    private static byte[] CommitOf(Uri server, string space, IEnumerable<int> ids) => HttpConnection.Send(
        server,
        "POST",
        $"{space}/commits",
        $$"""{"operations":[{{string.Join(',', ids.Select(OperationOf))}}]}""");

    private static string OperationOf(int id) =>
        $$$"""{"op":"put","concept":{"id":"c{{{id}}}","content":"What there is to say of number {{{id}}}, in some more words.","attributes":{"n":{{{id}}}}}""" + "}";
}
