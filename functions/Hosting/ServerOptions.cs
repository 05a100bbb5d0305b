using Cairn.Infra.Blob;
using Cairn.Infra.Cosmos;
using Cairn.Infra.Identity;
using Cairn.Infra.Queue;
using Cairn.Infra.Table;
using Cairn.Primitives;
using Cairn.Reconciliation;
using Cairn.Storage;
using Cairn.Storage.Lookups;

namespace Cairn.Functions.Hosting;

/// <summary>How one process serves. Immutable.</summary>
internal sealed record ServerOptions
{
    /// <summary>Where it listens if nothing else is said.</summary>
    public const string DefaultUrl = "http://127.0.0.1:7411";

    public const string DefaultImportContainer = "imports";

    public static readonly TimeSpan DefaultQueryTimeLimit = TimeSpan.FromSeconds(10);

    /// <summary>Addresses, such as <c>http://127.0.0.1:7411</c>; port 0 takes a free one.</summary>
    public IReadOnlyList<string> Urls { get; init; } = [DefaultUrl];

    /// <summary>Folder of the data; made if it is not there.</summary>
    public string DataFolder { get; init; } = "./.cairn";

    /// <summary>Its table service, for keys and quotas; null: it has none, or there is no account.</summary>
    public AzureTableOptions? AzureTables { get; init; }

    /// <summary>The storage account that holds the data instead of the folder; null: none.</summary>
    public AzureStorageOptions? Azure { get; init; }

    /// <summary>The container of the account where files wait to be imported.</summary>
    public string ImportContainer { get; init; } = DefaultImportContainer;

    /// <summary>The account whose queues are read, the same one; null: none.</summary>
    public AzureQueueOptions? AzureQueues { get; init; }

    /// <summary>The hub that bursts go through; null: they go to the log.</summary>
    public HubOptions? Hub { get; init; }

    /// <summary>The life of the hub whose events are handed to this process; null: it is not known.</summary>
    public Incarnation? HubLife { get; init; }

    /// <summary>When spaces that nobody uses are closed.</summary>
    public CatalogOptions Spaces { get; init; } = CatalogOptions.KeepsAll;

    /// <summary>A key that may do everything; null: none. Others are made while the service runs.</summary>
    public string? ApiKey { get; init; }

    /// <summary>Whose tokens of Entra ID are taken beside keys; null: nobody's.</summary>
    public EntraOptions? Entra { get; init; }

    /// <summary>Every route but health asks for a key, also alone on loopback before there is any.</summary>
    public bool RequiresKeys { get; init; }

    /// <summary>The first write to a space creates it; null: alone on loopback without keys.</summary>
    public bool? AutoCreate { get; init; }

    /// <summary>Host names beyond those of loopback that may stand in Host and Origin; <c>*</c> allows any.</summary>
    public IReadOnlyList<string> AllowedHosts { get; init; } = [];

    /// <summary>The Functions host forwards to this process: every call comes over loopback, which then gives no rights.</summary>
    public bool IsBehindHost { get; init; }

    /// <summary>How long one query may take, the waiting for others included.</summary>
    public TimeSpan QueryTimeLimit { get; init; } = DefaultQueryTimeLimit;

    public TimeProvider Time { get; init; } = TimeProvider.System;

    public EngineOptions Engine { get; init; } = EngineOptions.Default;

    /// <summary>For tests: where the data is instead of the folder.</summary>
    public ISpaceStore? Store { get; init; }

    /// <summary>For tests: where keys and quotas are, if <see cref="Store"/> is given; null: nowhere.</summary>
    public ITableStore? Tables { get; init; }

    /// <summary>For tests: where files wait to be imported, if <see cref="Store"/> is given; null: nowhere.</summary>
    public IImportFiles? ImportFiles { get; init; }

    /// <summary>For tests: queues instead of those of the account.</summary>
    public ServerQueues? Queues { get; init; }

    /// <summary>For tests: what the look for Entra's keys goes through.</summary>
    public HttpMessageHandler? EntraNetwork { get; init; }

    /// <summary>The Cosmos DB account that holds the lookups index; null: there is none.</summary>
    public CosmosLookupsOptions? Lookups { get; init; }

    /// <summary>For tests: the lookups index instead of that account's.</summary>
    public ILookupsIndex? LookupsIndex { get; init; }

    /// <summary>How concepts without a vector get one.</summary>
    public ServerEmbedding Embedding { get; init; } = ServerEmbedding.BuiltIn;

    /// <summary>For tests: the remote model instead of that one.</summary>
    public IEmbedder? Embedder { get; init; }

    /// <summary>For tests: false leaves a space closed that was looked up.</summary>
    public bool LoadsLookedUp { get; init; } = true;

    /// <summary>Standard output belongs to somebody else.</summary>
    public bool LogsToStandardError { get; init; }

    /// <summary>For tests: less on the console.</summary>
    public bool IsQuiet { get; init; }
}
