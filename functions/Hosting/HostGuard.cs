using Cairn.Functions.Problems;

namespace Cairn.Functions.Hosting;

/// <summary>
/// Under which names it is called. A page in a browser can make a name of its own resolve to a loopback address, so on loopback only loopback names pass in Host and Origin.
/// Any thread.
/// </summary>
internal sealed class HostGuard
{
    private readonly bool _anyHost;
    private readonly HashSet<string> _hosts = new(StringComparer.OrdinalIgnoreCase);
    private volatile string? _lastHost;

    public HostGuard(ServerOptions options, bool isLoopback)
    {
        _hosts.UnionWith(["localhost", "127.0.0.1", "[::1]"]);
        _hosts.UnionWith(options.AllowedHosts);
        _anyHost = _hosts.Contains("*") || (!isLoopback && options.AllowedHosts.Count == 0);
    }

    /// <exception cref="ProblemException">forbidden: the Host or the Origin is not one of ours.</exception>
    public void RequireHost(HttpRequest request)
    {
        if (_anyHost)
        {
            return;
        }

        RequireName(request.Host);

        foreach (var origin in request.Headers.Origin)
        {
            if (!Uri.TryCreate(origin, UriKind.Absolute, out var uri) || !_hosts.Contains(uri.Host))
            {
                throw ProblemException.Parameter("Origin", "pages of this origin may not call here", ProblemKinds.Forbidden);
            }
        }
    }

    // A client says the same in each request, port and all: the last that passed passes again.
    private void RequireName(HostString host)
    {
        if (host.HasValue && host.Value == _lastHost)
        {
            return;
        }

        if (!_hosts.Contains(host.Host))
        {
            throw ProblemException.Parameter("Host", "this name is not served here; CAIRN_ALLOWED_HOSTS adds names", ProblemKinds.Forbidden);
        }

        _lastHost = host.Value;
    }
}
