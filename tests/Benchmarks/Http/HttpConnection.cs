using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Cairn.Benchmarks.Http;

/// <summary>One kept connection, one request at a time: a client that costs the machine as little as it can. Answers have a length, and fit its buffer.</summary>
internal sealed class HttpConnection : IDisposable
{
    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly byte[] _buffer;

    private HttpConnection(int bufferBytes) => _buffer = new byte[bufferBytes];

    /// <exception cref="SocketException">Nobody listens there.</exception>
    public static async Task<HttpConnection> OpenAsync(Uri server, int bufferBytes = 64 * 1024)
    {
        var connection = new HttpConnection(bufferBytes);
        try
        {
            await connection._socket.ConnectAsync(server.Host, server.Port);
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Asks and waits for the whole answer; the body stays until the next question.</summary>
    /// <exception cref="SocketException">The connection broke.</exception>
    /// <exception cref="InvalidDataException">The server closed it, or the answer is longer than the buffer.</exception>
    public async ValueTask<(int Status, ReadOnlyMemory<byte> Body)> AskAsync(ReadOnlyMemory<byte> request)
    {
        await _socket.SendAsync(request);
        for (var length = 0; ;)
        {
            var read = await _socket.ReceiveAsync(_buffer.AsMemory(length));
            length += read;
            if (read == 0 || length == _buffer.Length)
            {
                throw new InvalidDataException("the server closed the connection, or its answer is too long");
            }

            if (Parse(_buffer.AsSpan(0, length)) is var (status, bodyAt, end) && status > 0 && length >= end)
            {
                return (status, _buffer.AsMemory(bodyAt, end - bodyAt));
            }
        }
    }

    /// <summary>A request without a body.</summary>
    public static byte[] Get(Uri server, string path) => Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: {server.Authority}\r\n\r\n");

    /// <summary>A request with one.</summary>
    public static byte[] Send(Uri server, string method, string path, string json) => Encoding.UTF8.GetBytes(string.Create(
        CultureInfo.InvariantCulture,
        $"{method} {path} HTTP/1.1\r\nHost: {server.Authority}\r\nContent-Type: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(json)}\r\n\r\n{json}"));

    public void Dispose() => _socket.Dispose();

    // 0: the head is not whole yet.
    private static (int Status, int BodyAt, int End) Parse(ReadOnlySpan<byte> answer)
    {
        var head = answer.IndexOf("\r\n\r\n"u8);
        if (head < 0)
        {
            return default;
        }

        var at = answer[..head].IndexOf("Content-Length: "u8);
        if (at < 0)
        {
            throw new InvalidDataException("the answer has no length");
        }

        var digits = answer[(at + 16)..];
        var length = int.Parse(digits[..digits.IndexOf((byte)'\r')], CultureInfo.InvariantCulture);
        return (int.Parse(answer.Slice(9, 3), CultureInfo.InvariantCulture), head + 4, head + 4 + length);
    }
}
