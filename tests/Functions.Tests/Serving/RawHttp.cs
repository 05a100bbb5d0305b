using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Cairn.Functions.Tests.Serving;

/// <summary>Requests as bytes, for targets that a client library would tidy up.</summary>
internal static class RawHttp
{
    public static async Task<Reply> SendAsync(Uri address, string method, string target, string body = "", string headers = "", string? host = null)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(address.Host, address.Port, TestContext.Current.CancellationToken);
        var text = $"{method} {target} HTTP/1.1\r\nHost: {host ?? address.Authority}\r\nConnection: close\r\n{headers}"
            + (body.Length > 0 ? $"Content-Type: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n" : "") + $"\r\n{body}";
        await using var stream = client.GetStream();
        await stream.WriteAsync(Encoding.UTF8.GetBytes(text), TestContext.Current.CancellationToken);
        using var answer = new MemoryStream();
        await stream.CopyToAsync(answer, TestContext.Current.CancellationToken);
        return Parse(answer.ToArray());
    }

    private static Reply Parse(byte[] answer)
    {
        var head = answer.AsSpan().IndexOf("\r\n\r\n"u8);
        var lines = Encoding.ASCII.GetString(answer, 0, head).Split("\r\n");
        var headers = lines.Skip(1).Select(line => line.Split(": ", 2)).ToDictionary(pair => pair[0], pair => pair[1], StringComparer.OrdinalIgnoreCase);
        return new((HttpStatusCode)int.Parse(lines[0].Split(' ')[1]), headers, answer[(head + 4)..]);
    }
}
