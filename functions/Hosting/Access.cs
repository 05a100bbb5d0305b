using System.Security.Cryptography;
using System.Text;
using Cairn.Functions.Problems;

namespace Cairn.Functions.Hosting;

/// <summary>
/// Who may call. A page in a browser can make a name of its own resolve to a loopback address, so on loopback only loopback names pass in Host and Origin.
/// With a key, every route but health asks for it. Any thread.
/// </summary>
internal sealed class Access
{
    private readonly byte[]? _keyHash;
    private readonly bool _anyHost;
    private readonly bool _refusesAll;
    private readonly HashSet<string> _hosts = new(StringComparer.OrdinalIgnoreCase);
    private volatile string? _lastHost;

    public Access(ServerOptions options, bool isLoopback)
    {
        _keyHash = options.ApiKey is { } key ? Hash(key) : null;
        _refusesAll = options.IsBehindHost && _keyHash is null;
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

    /// <exception cref="ProblemException">unauthenticated.</exception>
    public void RequireKey(HttpRequest request)
    {
        if (_refusesAll)
        {
            throw ProblemException.Of(ProblemKinds.Unauthenticated, "behind the Functions host a key is needed, and CAIRN_API_KEY sets none");
        }

        if (_keyHash is not null && !IsKey(Offered(request)))
        {
            throw ProblemException.Of(ProblemKinds.Unauthenticated, "send the key as 'Authorization: Bearer …' or 'x-api-key: …'");
        }
    }

    // Both sides are hashed first, so that the comparison takes the same time for any length.
    private bool IsKey(string? offered) => offered is not null && CryptographicOperations.FixedTimeEquals(Hash(offered), _keyHash);

    private static string? Offered(HttpRequest request)
    {
        const string Scheme = "Bearer ";
        if (request.Headers.TryGetValue("x-api-key", out var key))
        {
            return key;
        }

        var authorization = request.Headers.Authorization.ToString();
        return authorization.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) ? authorization[Scheme.Length..].Trim() : null;
    }

    private static byte[] Hash(string key) => SHA256.HashData(Encoding.UTF8.GetBytes(key));
}
