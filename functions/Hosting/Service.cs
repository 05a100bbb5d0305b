using Cairn.Functions.Hub;
using Cairn.Functions.Imports;
using Cairn.Functions.Keys;
using Cairn.Functions.Lookups;
using Cairn.Functions.Problems;
using Cairn.Functions.Queries;
using Cairn.Functions.Quotas;
using Cairn.Functions.Requests;
using Cairn.Functions.Routing;
using Cairn.Functions.Triggers;
using Cairn.Primitives;
using Cairn.Reconciliation;
using Cairn.Storage;

namespace Cairn.Functions.Hosting;

/// <summary>What the endpoints of one process share. Any thread.</summary>
internal sealed class Service(ServerOptions options, SpaceCatalog catalog, HostGuard hosts, KeyGate gate, RouteTable routes, ILogger logger) : IDisposable
{
    private readonly CancellationTokenSource _stopping = new();

    public SpaceCatalog Catalog { get; } = catalog;

    /// <summary>Where the spaces are; null: in a test without.</summary>
    public ServerStorage? Storage { get; init; }

    public HostGuard Hosts { get; } = hosts;

    /// <summary>Who may come in.</summary>
    public KeyGate Gate { get; } = gate;

    /// <summary>Tokens that are taken beside keys; null: none are.</summary>
    public TokenGate? Tokens { get; init; }

    /// <summary>What spaces may take.</summary>
    public required QuotaKeeper Quotas { get; init; }

    /// <summary>Where that stands; null: there are no tables.</summary>
    public QuotaRegistry? QuotaRecords { get; init; }

    /// <summary>Answers while spaces are not open here; null: there is no lookups index.</summary>
    public LookupsService? Lookups { get; init; }

    /// <summary>Embeds what is searched for, where a remote model serves; null: there is none.</summary>
    public IEmbedder? Embedder { get; init; }

    /// <summary>The built-in model embeds concepts and what is searched for, where no remote one serves.</summary>
    public bool HasBuiltInModel => options.Embedding.IsBuiltIn;

    /// <summary>Drops deleted spaces from the lookups index; null: there is none.</summary>
    public LookupsUpkeep? LookupsUpkeep { get; init; }

    /// <summary>Asks for checkpoints that this process may not come to write; null: it can be left to its spaces' own loops.</summary>
    public CheckpointRequests? Checkpoints { get; init; }

    /// <summary>What bursts go through; null: they go to the log.</summary>
    public HubDoor? Hub { get; init; }

    /// <summary>The life of the hub whose events are handed to this process; null: it is not known.</summary>
    public Incarnation? HubLife { get; } = options.HubLife;

    /// <summary>Commits by message that were refused; null: there are no tables.</summary>
    public RefusedCommits? Refused { get; init; }

    /// <summary>Imports that run by themselves; null: there are no tables to keep them in, or nobody would run them.</summary>
    public ServiceImports? Imports { get; set; }

    public RouteTable Routes { get; private set; } = routes;

    public ILogger Logger { get; } = logger;

    public TimeProvider Time { get; } = options.Time;

    /// <summary>Queries that are cut into slices.</summary>
    public ScanQueue Scans { get; } = new(options.Time, options.QueryTimeLimit, ScanQueue.PlacesOfMachine);

    /// <summary>Searches that run through once begun: in a queue of their own, since a scan would wait for them much longer than a turn.</summary>
    public ScanQueue Searches { get; } = new(options.Time, options.QueryTimeLimit, ScanQueue.PlacesOfMachine);

    public EncoderPool Encoders { get; } = new();

    /// <summary>The first write to a space creates it: as it was told, else alone on loopback without keys.</summary>
    public bool CreatesSpaces => options.AutoCreate ?? !Gate.Asks;

    /// <summary>New work is refused; what is under way is finished.</summary>
    public bool IsStopping => _stopping.IsCancellationRequested;

    /// <summary>Ends what only waits for something to come.</summary>
    public CancellationToken Stopping => _stopping.Token;

    /// <summary>Adds routes that only this process has, before it listens.</summary>
    public void Add(IEnumerable<Route> more) => Routes = new([.. Routes.All, .. more]);

    public void Stop() => _stopping.Cancel();

    public void Dispose()
    {
        Tokens?.Dispose();
        _stopping.Dispose();
    }

    public static ProblemException Refusal() => new(
        new Problem(ProblemKinds.Unavailable, "the process is stopping: try again, another one will answer") { RetryAfterSeconds = 1 });
}
