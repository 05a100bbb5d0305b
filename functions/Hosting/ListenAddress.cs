using System.Net;
using System.Net.Sockets;

namespace Cairn.Functions.Hosting;

/// <summary>One address to listen on.</summary>
internal sealed record ListenAddress(string Host, int Port)
{
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

        return address.Scheme == "http" && !address.IsUnixPipe && !address.IsNamedPipe && address.PathBase.Length == 0
            ? new(address.Host.Trim('[', ']'), address.Port)
            : throw new StartFailure($"'{url}': only http://host:port is served here; put TLS in front of it");
    }

    public void Listen(Microsoft.AspNetCore.Server.Kestrel.Core.KestrelServerOptions kestrel)
    {
        if (IPAddress.TryParse(Host, out var address))
        {
            kestrel.Listen(address, Port);
        }
        else if (Host == "localhost" && Port != 0)
        {
            kestrel.ListenLocalhost(Port);
        }
        else if (Host == "localhost")
        {
            // A free port cannot be asked for on two addresses at once.
            kestrel.Listen(IPAddress.Loopback, Port);
        }
        else
        {
            kestrel.Listen(Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any, Port);
        }
    }
}

/// <summary>The process cannot start, for a reason that one line can tell.</summary>
internal sealed class StartFailure(string message, Exception? inner = null) : Exception(message, inner);
