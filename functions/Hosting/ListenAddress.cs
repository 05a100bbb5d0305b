using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Cairn.Functions.Hosting;

/// <summary>One address to listen on.</summary>
/// <param name="Host">A name or an IP address.</param>
/// <param name="Port">0 takes a free one.</param>
/// <param name="IsHttp2">Without TLS a client cannot ask which version is spoken: such an address speaks HTTP/2 alone, for clients that know.</param>
internal sealed record ListenAddress(string Host, int Port, bool IsHttp2)
{
    private const string Http2Scheme = "h2c";

    /// <summary>Reached from this machine only.</summary>
    public bool IsLoopback => Host == "localhost" || (IPAddress.TryParse(Host, out var address) && IPAddress.IsLoopback(address));

    public static ListenAddress Parse(string url)
    {
        BindingAddress address;
        try
        {
            address = BindingAddress.Parse(url);
        }
        catch (FormatException)
        {
            throw new StartFailure($"'{url}' is no address; one looks like {ServerOptions.DefaultUrl}");
        }

        return address.Scheme is "http" or Http2Scheme && !address.IsUnixPipe && !address.IsNamedPipe && address.PathBase.Length == 0
            ? new(address.Host.Trim('[', ']'), address.Port, address.Scheme == Http2Scheme)
            : throw new StartFailure($"'{url}': only http://host:port, and {Http2Scheme}://host:port for HTTP/2, are served here; put TLS in front of it");
    }

    public void Listen(KestrelServerOptions kestrel)
    {
        if (IPAddress.TryParse(Host, out var address))
        {
            kestrel.Listen(address, Port, Speak);
        }
        else if (Host == "localhost" && Port != 0)
        {
            kestrel.ListenLocalhost(Port, Speak);
        }
        else if (Host == "localhost")
        {
            // A free port cannot be asked for on two addresses at once.
            kestrel.Listen(IPAddress.Loopback, Port, Speak);
        }
        else
        {
            kestrel.Listen(Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any, Port, Speak);
        }
    }

    private void Speak(ListenOptions listen) => listen.Protocols = IsHttp2 ? HttpProtocols.Http2 : HttpProtocols.Http1;
}

/// <summary>The process cannot start, for a reason that one line can tell.</summary>
internal sealed class StartFailure(string message, Exception? inner = null) : Exception(message, inner);
