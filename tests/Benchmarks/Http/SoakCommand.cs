using System.Diagnostics;
using System.Globalization;
using System.Text;
using Cairn.Benchmarks.Reporting;

namespace Cairn.Benchmarks.Http;

/// <summary>
/// A running server under a steady load of single writes and reads for minutes: whether it refuses or fails, whether its memory stays flat, and whether all that it
/// acknowledged is there at the end. Client and server share the machine.
/// </summary>
internal sealed class SoakCommand
{
    private const int Connections = 64, Spaces = 4, IdsPerConnection = 500;

    // Memory may grow until all ids are there and pools are warm, and by this share after that.
    private const double MaxGrowth = 1.15;

    private readonly Uri _server;
    private readonly string _pid;
    private readonly string _run = Guid.NewGuid().ToString("N")[..8];
    private readonly long[][] _acknowledged = [.. Enumerable.Range(0, Connections).Select(static _ => new long[IdsPerConnection])];
    private readonly long[] _sent = new long[Connections];
    private LoadWindow _writes = new(), _reads = new();

    private SoakCommand(Uri server, string pid) => (_server, _pid) = (server, pid);

    /// <returns>0: no error but 429, memory flat, everything acknowledged is there.</returns>
    public static async Task<int> RunAsync(Options options)
    {
        if (options.Rest.FirstOrDefault() is not { } address || options.Value("--pid") is not { } pid)
        {
            Console.Error.WriteLine("soak URL --pid SERVER [--writes 2000] [--reads 2000] [--seconds 600] [--every 30]");
            return 1;
        }

        int Number(string name, int otherwise) => options.Value(name) is { } value ? int.Parse(value, CultureInfo.InvariantCulture) : otherwise;
        Console.WriteLine(Hardware.Line());
        return await new SoakCommand(new(address), pid).RunAsync(
            Number("--writes", 2_000), Number("--reads", 2_000), TimeSpan.FromSeconds(Number("--seconds", 600)), TimeSpan.FromSeconds(Number("--every", 30)));
    }

    private async Task<int> RunAsync(int writes, int reads, TimeSpan time, TimeSpan every)
    {
        await CreateAsync();
        using var end = new CancellationTokenSource();
        var writing = PacedLoad.RunAsync(_server, writes, Connections, NextWrite, () => Volatile.Read(ref _writes), Written, end.Token);
        var reading = PacedLoad.RunAsync(_server, reads, Connections, NextRead, () => Volatile.Read(ref _reads), null, end.Token);
        var rows = new List<string[]>();
        var (failed, memory) = (0L, new List<double>());
        for (var began = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(began) < time;)
        {
            await Task.Delay(every);
            var (written, read) = (Interlocked.Exchange(ref _writes, new()), Interlocked.Exchange(ref _reads, new()));

            // What was noted a moment ago is in it.
            await Task.Delay(TimeSpan.FromMilliseconds(50));
            failed += written.Failed + read.Failed;
            memory.Add(ServerMemory.Read(_pid).Rss / 1024);
            rows.Add(Row(Stopwatch.GetElapsedTime(began), every, written, read, memory[^1]));
            Console.WriteLine(string.Join("  ", rows[^1]));
        }

        await end.CancelAsync();
        await Task.WhenAll(writing, reading);
        Console.WriteLine();
        FigureTable.PrintRows(Console.Out, ["s", "writes/s", "429", "p50 ms", "p99 ms", "reads/s", "429", "p50 ms", "p99 ms", "errors", "RSS MB"], rows);
        var (acknowledged, missing) = await VerifyAsync();
        var (settled, last) = (memory.Skip(memory.Count / 4).First(), memory[^1]);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"errors {failed}; {acknowledged:N0} concepts, of which {missing} are not as last acknowledged; memory after a quarter of the time {settled:N0} MB, at the end {last:N0} MB"));
        return failed == 0 && missing == 0 && last <= settled * MaxGrowth ? 0 : 2;
    }

    private async Task CreateAsync()
    {
        using var connection = await HttpConnection.OpenAsync(_server);
        for (var space = 0; space < Spaces; space++)
        {
            await connection.AskAsync(HttpConnection.Send(_server, "PUT", SpaceOf(space), "{}"));
        }
    }

    private static string[] Row(TimeSpan at, TimeSpan every, LoadWindow written, LoadWindow read, double memory)
    {
        string Text(double value) => value.ToString("N1", CultureInfo.InvariantCulture);
        string Rate(LoadWindow window) => (window.Answered / every.TotalSeconds).ToString("N0", CultureInfo.InvariantCulture);
        string Quantile(LoadWindow window, double share) => window.Answered == 0 ? "" : Text(window.Samples().Microseconds(share) / 1000);
        return
        [
            Text(at.TotalSeconds), Rate(written), $"{written.Refused}", Quantile(written, .5), Quantile(written, .99),
            Rate(read), $"{read.Refused}", Quantile(read, .5), Quantile(read, .99), $"{written.Failed + read.Failed}", Text(memory),
        ];
    }

    // A connection writes to ids of its own, one after the other, so that the last it was told of is what must be there.
    private byte[] NextWrite(int connection)
    {
        var number = ++_sent[connection];
        return HttpConnection.Send(
            _server,
            "PUT",
            PathOf(connection, (int)(number % IdsPerConnection)),
            $$$"""{"labels":["fact"],"content":"What the agent {{{connection}}} learned in its round {{{number}}}, in a few words more than it takes.","attributes":{"n":{{{number}}}}}""");
    }

    private void Written(int connection, int status)
    {
        if (status is 200 or 201)
        {
            _acknowledged[connection][_sent[connection] % IdsPerConnection] = _sent[connection];
        }
    }

    // One of twenty is a lookup by an attribute, the others by id.
    private byte[] NextRead(int connection)
    {
        var (space, at) = (Random.Shared.Next(Connections), Random.Shared.Next(IdsPerConnection));
        return HttpConnection.Get(_server, Random.Shared.Next(20) == 0
            ? $"{SpaceOf(space)}/concepts?where=n%3D{Math.Max(1, Volatile.Read(ref _sent[space]) - at)}&limit=10"
            : Volatile.Read(ref _acknowledged[space][at]) == 0 ? $"{SpaceOf(space)}/stats" : PathOf(space, at));
    }

    private async Task<(int Concepts, int Missing)> VerifyAsync()
    {
        var (concepts, missing) = (0, 0);
        using var connection = await HttpConnection.OpenAsync(_server);
        for (var writer = 0; writer < Connections; writer++)
        {
            for (var at = 0; at < IdsPerConnection; at++)
            {
                if (_acknowledged[writer][at] is var number && number > 0)
                {
                    var (status, body) = await connection.AskAsync(HttpConnection.Get(_server, PathOf(writer, at)));
                    concepts++;
                    missing += status == 200 && NumberOf(body.Span) >= number ? 0 : 1;
                }
            }
        }

        return (concepts, missing);
    }

    // A write that was not acknowledged may be there as well.
    private static long NumberOf(ReadOnlySpan<byte> concept)
    {
        var at = concept.IndexOf("\"n\":"u8) + 4;
        return at < 4 ? -1 : long.Parse(Encoding.ASCII.GetString(concept[at..(at + concept[at..].IndexOfAnyExceptInRange((byte)'0', (byte)'9'))]), CultureInfo.InvariantCulture);
    }

    private string SpaceOf(int connection) => $"/v1/spaces/soak-{_run}-{connection % Spaces}";

    private string PathOf(int connection, int at) => $"{SpaceOf(connection)}/concepts/c{connection}-{at}";
}
