using Cairn.Functions.Requests;
using Cairn.Functions.Routing;
using Cairn.Reconciliation;

namespace Cairn.Functions.Hosting;

/// <summary>What the endpoints of one process share. Any thread.</summary>
internal sealed class Service(ServerOptions options, SpaceCatalog catalog, Access access, RouteTable routes, ILogger logger)
{
    private volatile bool _isStopping;

    public SpaceCatalog Catalog { get; } = catalog;

    public Access Access { get; } = access;

    public RouteTable Routes { get; } = routes;

    public ILogger Logger { get; } = logger;

    public TimeProvider Time { get; } = options.Time;

    public EncoderPool Encoders { get; } = new();

    /// <summary>The first write to a space creates it.</summary>
    public bool CreatesSpaces { get; init; }

    /// <summary>New work is refused; what is under way is finished.</summary>
    public bool IsStopping => _isStopping;

    public void Stop() => _isStopping = true;
}
