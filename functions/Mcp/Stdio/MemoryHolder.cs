using Cairn.Functions.Hosting;
using Cairn.Infra.Local;
using Cairn.Primitives;

namespace Cairn.Functions.Mcp.Stdio;

/// <summary>
/// Who serves the data: this process, if nobody else has it, else whoever does. One thread.
/// Invariant: once this process serves, it does so until it is disposed.
/// </summary>
internal sealed class MemoryHolder(ServerOptions options) : IAsyncDisposable
{
    private CairnServer? _own;

    /// <summary>This process serves it.</summary>
    public bool IsOwn => _own is not null;

    /// <summary>Where it is served. Another process may end at any moment, and so this one begins to serve where it finds the data free.</summary>
    /// <returns>Null: another process has the data, and does not say yet where it answers.</returns>
    /// <exception cref="StartFailure">A setting is wrong.</exception>
    /// <exception cref="CairnException">The data cannot be used.</exception>
    public async ValueTask<Uri?> FindAsync(CancellationToken cancellationToken)
    {
        try
        {
            _own ??= await CairnServer.StartAsync(options, cancellationToken);
            return new(_own.Addresses[0]);
        }
        catch (CairnException held) when (held.Kind == ErrorKind.Conflict)
        {
            return LocalSpaceStore.FindHolder(options.DataFolder) is { Address.Length: > 0 } holder ? Reach(holder.Address) : null;
        }
    }

    public ValueTask DisposeAsync() => _own?.DisposeAsync() ?? default;

    // Who listens on every address answers on this machine's own.
    private static Uri Reach(string address)
    {
        var url = new UriBuilder(address);
        url.Host = url.Host is "0.0.0.0" or "[::]" ? "127.0.0.1" : url.Host;
        return url.Uri;
    }
}
