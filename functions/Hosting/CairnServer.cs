using System.Net.Sockets;
using System.Security.Cryptography;
using Cairn.Functions.Answers;
using Cairn.Functions.Endpoints;
using Cairn.Functions.Imports;
using Cairn.Functions.Keys;
using Cairn.Functions.Lookups;
using Cairn.Functions.Quotas;
using Cairn.Functions.Telemetry;
using Cairn.Functions.Triggers;
using Cairn.Infra.Identity;
using Cairn.Primitives;
using Cairn.Reconciliation;
using Cairn.Storage;
using Cairn.Storage.Lookups;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Logging.Console;

namespace Cairn.Functions.Hosting;

/// <summary>One running process: the store, the spaces, and the server before them. Disposing finishes what is under way, then closes the log.</summary>
internal sealed class CairnServer : IAsyncDisposable
{
    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(30);

    private readonly WebApplication _app;
    private readonly StorageUpkeep? _upkeep;
    private readonly ILookupsIndex? _lookups;
    private readonly IEmbedder? _embedder;
    private readonly ServiceMeter _meter;
    private TriggerPolling? _polling;

    private CairnServer(WebApplication app, Service service, StorageUpkeep? upkeep, ILookupsIndex? lookups, IEmbedder? embedder) =>
        (_app, Service, _upkeep, _lookups, _embedder, _meter) = (app, service, upkeep, lookups, embedder, new(service.Catalog));

    public Service Service { get; }

    /// <summary>Where it listens, with the ports that were taken.</summary>
    public IReadOnlyList<string> Addresses => [.. _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses];

    /// <summary>Opens the store and listens.</summary>
    /// <exception cref="StartFailure">It cannot; the message says why.</exception>
    public static async Task<CairnServer> StartAsync(ServerOptions options, CancellationToken cancellationToken)
    {
        var addresses = options.Urls.Select(ListenAddress.Parse).ToArray();
        var isLoopback = addresses.All(address => address.IsLoopback);
        var app = BuildApp(options, addresses);
        var tokens = OpenTokens(options);
        var storage = ServerStorage.Open(options);
        var gate = new KeyGate(options, isLoopback, storage.Tables is null ? null : new(storage.Tables, options.Time), tokens, app.Logger);
        var quotas = storage.Tables is null ? null : new QuotaRegistry(storage.Tables);
        var queues = ServerQueues.Open(options);
        var hub = ServerHub.Open(options, storage.Tables, queues, app.Logger);
        var lookups = LookupsSettings.Open(options);
        var embedder = EmbeddingSettings.Open(options);
        var catalog = new SpaceCatalog(
            storage.Store,
            options.Engine,
            name => new(options.Time, NewId, new SpaceObserver(name, app.Logger, options.Time)) { Lookups = lookups, Embedder = embedder },
            options.Spaces,
            options.Time);
        var service = new Service(options, catalog, new HostGuard(options, isLoopback), gate, RouteList.Table, app.Logger)
        {
            Storage = storage,
            Tokens = tokens,
            Quotas = new(quotas, options.Time, app.Logger),
            QuotaRecords = quotas,
            Hub = hub,
            Refused = storage.Tables is null || queues is null ? null : new(storage.Tables),
            Embedder = embedder,
            Lookups = lookups is null ? null : new(lookups, catalog, options.Time, app.Logger, options.LoadsLookedUp),
            LookupsUpkeep = lookups is null ? null : new(lookups, catalog, options.Time, app.Logger),
            Checkpoints = options.IsBehindHost && queues is not null ? new(queues.Reconcile, options.Time, app.Logger) : null,
        };
        var server = new CairnServer(app, service, storage.Azure is { } azure ? new(azure, options.Time, app.Logger) : null, lookups, embedder);
        try
        {
            await RequireKeyAsync(options, isLoopback, gate, cancellationToken);
            service.Imports = OpenImports(options, service, queues);
            if (options.IsBehindHost && queues is not null)
            {
                service.Add(TriggerRoutes.Of(new(service, queues)));
            }

            await server.ListenAsync(cancellationToken);
            storage.SetAddress(server.Addresses[0]);
            server._polling = options.IsBehindHost || queues is null ? null : new(service, queues);
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }

        return server;
    }

    /// <summary>Until the process is asked to stop and has finished its open work.</summary>
    public Task WaitForShutdownAsync(CancellationToken cancellationToken) => _app.WaitForShutdownAsync(cancellationToken);

    /// <summary>Refuses new work, and waits for what is open.</summary>
    public async Task StopAsync()
    {
        Service.Stop();
        await _app.StopAsync(CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        if (_polling is not null)
        {
            await _polling.DisposeAsync();
        }

        if (Service.Imports is { } imports)
        {
            await imports.DisposeAsync();
        }

        await _app.DisposeAsync();
        if (_upkeep is not null)
        {
            await _upkeep.DisposeAsync();
        }

        if (Service.Checkpoints is { } requests)
        {
            await requests.DisposeAsync();
        }

        if (Service.LookupsUpkeep is { } lookups)
        {
            await lookups.DisposeAsync();
        }

        _meter.Dispose();
        await Service.Catalog.DisposeAsync();
        (_embedder as IDisposable)?.Dispose();
        if (_lookups is not null)
        {
            await _lookups.DisposeAsync();
        }

        if (Service.Storage?.Tables is { } tables)
        {
            await tables.DisposeAsync();
        }

        Service.Dispose();
    }

    // Keys that nobody has yet leave a service that nobody can use, and no hint at what is missing.
    private static async ValueTask RequireKeyAsync(ServerOptions options, bool isLoopback, KeyGate gate, CancellationToken cancellationToken)
    {
        var mayHaveKeys = await gate.MayHaveKeysAsync(cancellationToken);
        if (!isLoopback && options is { ApiKey: null, RequiresKeys: false, Entra: null } && !mayHaveKeys)
        {
            throw new StartFailure(
                $"{string.Join(", ", options.Urls)} can be reached from other machines: set CAIRN_API_KEY first, make a key with 'keys create', or listen on 127.0.0.1");
        }
    }

    // Behind the host an import is run by a message, elsewhere by a loop.
    private static ServiceImports? OpenImports(ServerOptions options, Service service, ServerQueues? queues) =>
        service.Storage is not { Tables: { } tables, ImportFiles: { } files } storage || (options.IsBehindHost && queues is null)
            ? null
            : new(new(service, files, new(tables, options.Time), storage.IsSole), service, options.IsBehindHost ? queues!.Import : null);

    private static TokenGate? OpenTokens(ServerOptions options)
    {
        try
        {
            return options.Entra is null ? null : new(EntraTokens.Open(options.Entra, options.Time, options.EntraNetwork), options.Time);
        }
        catch (CairnException failure) when (failure.Kind == ErrorKind.Invalid)
        {
            throw new StartFailure($"{IdentitySettings.SourceOf(failure.Field)}: {failure.Message}", failure);
        }
    }

    private static WebApplication BuildApp(ServerOptions options, ListenAddress[] addresses)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;

            // Routes that hold a body whole have their own limit, which counts decompressed bytes; the others take any length.
            kestrel.Limits.MaxRequestBodySize = null;

            // Two ids, a type, a key and a cursor, each at its longest and percent-encoded, make 12 KiB.
            kestrel.Limits.MaxRequestLineSize = 32 * 1024;
            Array.ForEach(addresses, address => address.Listen(kestrel));
        });
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = ShutdownTimeout);
        builder.Services.AddResponseCompression(compression =>
        {
            compression.EnableForHttps = true;
            compression.MimeTypes = [MediaTypes.Json, MediaTypes.Problem, MediaTypes.NdJson];
        });
        if (!options.IsQuiet)
        {
            builder.Logging.AddSimpleConsole(console => console.SingleLine = true);
            builder.Services.Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = options.LogsToStandardError ? LogLevel.Trace : LogLevel.None);

            // Why it does not start is told in one line, by whoever starts it. The host would make an activity of its own for each request
            // as soon as anything of it can be logged; failures are logged by the dispatcher, with the caller's trace.
            builder.Logging.AddFilter("Microsoft", LogLevel.Warning)
                .AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None)
                .AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);
        }

        return builder.Build();
    }

    private static UInt128 NewId()
    {
        Span<byte> bytes = stackalloc byte[Incarnation.LengthBytes];
        RandomNumberGenerator.Fill(bytes);
        return Incarnation.Read(bytes).Value;
    }

    private async Task ListenAsync(CancellationToken cancellationToken)
    {
        _app.Lifetime.ApplicationStopping.Register(Service.Stop);
        _app.UseResponseCompression();
        _app.Run(new Dispatcher(Service).InvokeAsync);
        try
        {
            await _app.StartAsync(cancellationToken);
        }
        catch (IOException e) when (e.InnerException is AddressInUseException)
        {
            throw new StartFailure($"{e.Message.TrimEnd('.')}; --urls chooses another", e);
        }
        catch (SocketException e)
        {
            throw new StartFailure($"cannot listen: {e.Message}", e);
        }
    }
}
