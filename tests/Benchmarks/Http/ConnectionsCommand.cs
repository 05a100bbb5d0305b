using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
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
        var request = Encoding.ASCII.GetBytes($"GET {target.PathAndQuery} HTTP/1.1\r\nHost: {target.Authority}\r\n\r\n");
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
    private static async Task<(List<Socket> Sockets, long Errors)> OpenAsync(Uri target, byte[] request, int count)
    {
        var (sockets, errors) = (new List<Socket>(count), 0L);
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

    private static async Task<Socket?> TryOpenAsync(Uri target, byte[] request)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(target.Host, target.Port);
            await AskAsync(socket, request, new byte[16 * 1024]);
            return socket;
        }
        catch (Exception e) when (e is SocketException or InvalidDataException)
        {
            Console.Error.WriteLine($"a connection failed: {e.Message}");
            socket.Dispose();
            return null;
        }
    }

    private static async Task<(long Answered, long Errors)> LoadAsync(List<Socket> sockets, byte[] request, TimeSpan time)
    {
        var (answered, errors, began) = (0L, 0L, Stopwatch.GetTimestamp());
        await Task.WhenAll(sockets.Select(socket => Task.Run(async () =>
        {
            var buffer = new byte[16 * 1024];
            try
            {
                while (Stopwatch.GetElapsedTime(began) < time)
                {
                    await AskAsync(socket, request, buffer);
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

    private static async Task<long> AskAllAsync(List<Socket> sockets, byte[] request)
    {
        var (errors, buffer) = (0L, new byte[16 * 1024]);
        foreach (var socket in sockets)
        {
            try
            {
                await AskAsync(socket, request, buffer);
            }
            catch (Exception e) when (e is SocketException or InvalidDataException)
            {
                errors++;
            }
        }

        return errors;
    }

    // Answers of one read or a few, with a length: all that is asked for here.
    private static async Task AskAsync(Socket socket, byte[] request, byte[] buffer)
    {
        await socket.SendAsync(request);
        for (var length = 0; ;)
        {
            var read = await socket.ReceiveAsync(buffer.AsMemory(length));
            length += read;
            if (read == 0 || length == buffer.Length)
            {
                throw new InvalidDataException("the server closed the connection, or its answer is too long");
            }

            if (AnswerBytes(buffer.AsSpan(0, length)) is var whole and > 0 && length >= whole)
            {
                return;
            }
        }
    }

    private static int AnswerBytes(ReadOnlySpan<byte> answer)
    {
        var head = answer.IndexOf("\r\n\r\n"u8);
        if (head < 0)
        {
            return 0;
        }

        var at = answer.IndexOf("Content-Length: "u8);
        var digits = answer[(at + 16)..];
        return answer.StartsWith("HTTP/1.1 200"u8) && at > 0
            ? head + 4 + int.Parse(digits[..digits.IndexOf((byte)'\r')], CultureInfo.InvariantCulture)
            : throw new InvalidDataException($"the server answered {Encoding.ASCII.GetString(answer[..Math.Min(answer.Length, 12)])}");
    }
}
