using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using Cairn.Benchmarks.Reporting;

namespace Cairn.Benchmarks.Http;

/// <summary>Many open connections to a running server, of which few are busy: whether it answers all of them, and what an idle one costs it.</summary>
internal static class ConnectionsCommand
{
    private const int OpenedTogether = 100;
    private const double MaxKilobytes = 30;

    /// <returns>0: no error, and an idle connection costs no more than it may.</returns>
    public static int Run(Options options)
    {
        if (options.Rest.FirstOrDefault() is not { } address || options.Value("--pid") is not { } pid)
        {
            Console.Error.WriteLine("connections URL --pid SERVER [--idle 10000] [--busy 200] [--seconds 10]");
            return 1;
        }

        var (idle, busy, seconds) = (Number(options, "--idle", 10_000), Number(options, "--busy", 200), Number(options, "--seconds", 10));
        return RunAsync(new(address), pid, idle, busy, TimeSpan.FromSeconds(seconds)).GetAwaiter().GetResult();
    }

    private static int Number(Options options, string name, int otherwise) =>
        options.Value(name) is { } value ? int.Parse(value, CultureInfo.InvariantCulture) : otherwise;

    private static async Task<int> RunAsync(Uri target, string pid, int idle, int busy, TimeSpan time)
    {
        Console.WriteLine(Hardware.Line());
        var request = HttpConnection.Get(target, target.PathAndQuery);
        var warm = await OpenAsync(target, request, busy);
        var (_, errors) = await LoadAsync(warm.Sockets, request, TimeSpan.FromSeconds(2));
        var before = ServerMemory.Read(pid);
        var opened = await OpenAsync(target, request, idle - busy);
        var after = ServerMemory.Read(pid);
        var (answered, failed) = await LoadAsync(warm.Sockets, request, time);
        errors += warm.Errors + opened.Errors + failed;

        // Whether an idle one still answers is seen only when it is asked.
        errors += await AskAllAsync(opened.Sockets, request);
        var perConnection = (after - before).KilobytesEach(opened.Sockets.Count);
        Console.WriteLine($"connections {warm.Sockets.Count + opened.Sockets.Count}, busy {busy}, answered {answered} ({answered / time.TotalSeconds:N0}/s), errors {errors}");
        Console.WriteLine($"an idle connection: {perConnection.Pss:N1} KB PSS, {perConnection.Rss:N1} KB RSS (at most {MaxKilobytes}); server before {before}, after {after}");
        warm.Sockets.Concat(opened.Sockets).ToList().ForEach(static socket => socket.Dispose());
        return errors == 0 && perConnection.Pss <= MaxKilobytes ? 0 : 2;
    }

    /// <summary>Opens connections, each of which gets one answer.</summary>
    private static async Task<(List<HttpConnection> Sockets, long Errors)> OpenAsync(Uri target, byte[] request, int count)
    {
        var (sockets, errors) = (new List<HttpConnection>(count), 0L);
        for (var at = 0; at < count; at += OpenedTogether)
        {
            foreach (var socket in await Task.WhenAll(Enumerable.Range(0, Math.Min(OpenedTogether, count - at)).Select(_ => TryOpenAsync(target, request))))
            {
                if (socket is null)
                {
                    errors++;
                }
                else
                {
                    sockets.Add(socket);
                }
            }
        }

        return (sockets, errors);
    }

    private static async Task<HttpConnection?> TryOpenAsync(Uri target, byte[] request)
    {
        HttpConnection? socket = null;
        try
        {
            socket = await HttpConnection.OpenAsync(target);
            await AskAsync(socket, request);
            return socket;
        }
        catch (Exception e) when (e is SocketException or InvalidDataException)
        {
            Console.Error.WriteLine($"a connection failed: {e.Message}");
            socket?.Dispose();
            return null;
        }
    }

    private static async Task<(long Answered, long Errors)> LoadAsync(List<HttpConnection> sockets, byte[] request, TimeSpan time)
    {
        var (answered, errors, began) = (0L, 0L, Stopwatch.GetTimestamp());
        await Task.WhenAll(sockets.Select(socket => Task.Run(async () =>
        {
            try
            {
                while (Stopwatch.GetElapsedTime(began) < time)
                {
                    await AskAsync(socket, request);
                    Interlocked.Increment(ref answered);
                }
            }
            catch (Exception e) when (e is SocketException or InvalidDataException)
            {
                Interlocked.Increment(ref errors);
            }
        })));
        return (answered, errors);
    }

    private static async Task<long> AskAllAsync(List<HttpConnection> sockets, byte[] request)
    {
        var errors = 0L;
        foreach (var socket in sockets)
        {
            try
            {
                await AskAsync(socket, request);
            }
            catch (Exception e) when (e is SocketException or InvalidDataException)
            {
                errors++;
            }
        }

        return errors;
    }

    private static async Task AskAsync(HttpConnection connection, byte[] request)
    {
        if (await connection.AskAsync(request) is var (status, _) && status != 200)
        {
            throw new InvalidDataException($"the server answered {status}");
        }
    }
}
