using Cairn.Infra.Blob;
using Cairn.Infra.Local;
using Cairn.Infra.Table;
using Cairn.Primitives;
using Cairn.Storage;

namespace Cairn.Functions.Hosting;

/// <summary>Where one process keeps its spaces: a folder, or a container of Azure Blob Storage. The only place that knows both. Any thread.</summary>
internal sealed class ServerStorage
{
    private readonly LocalSpaceStore? _local;
    private readonly AzureSpaceStore? _azure;

    private ServerStorage(ISpaceStore store, ITableStore? tables, string description) =>
        (Store, Tables, Description, _local, _azure) = (store, tables, description, store as LocalSpaceStore, store as AzureSpaceStore);

    public ISpaceStore Store { get; }

    /// <summary>Where keys and quotas are; null: the account has no table service.</summary>
    public ITableStore? Tables { get; }

    /// <summary>Where files wait to be imported; null: nowhere.</summary>
    public IImportFiles? ImportFiles { get; private init; }

    /// <summary>Nobody else has the data while this process lives.</summary>
    public bool IsSole => _local is not null;

    /// <summary>In words, for people.</summary>
    public string Description { get; }

    /// <summary>The container, if that is where the data is.</summary>
    public AzureSpaceStore? Azure => _azure;

    /// <summary>Why the storage service does not answer right now; null: it does, or there is none.</summary>
    public string? Failure => _azure?.Failure;

    /// <summary>Opens what the options name. A service that does not answer is no failure: it may answer later.</summary>
    /// <exception cref="StartFailure">A setting is wrong, which is named.</exception>
    /// <exception cref="CairnException">The folder is held by another process, or cannot be used.</exception>
    public static ServerStorage Open(ServerOptions options) =>
        options.Store is { } given ? new(given, options.Tables, "in a store that was given") { ImportFiles = options.ImportFiles }
        : options.Azure is { } azure ? OpenAzure(azure, options)
        : new(LocalSpaceStore.Open(options.DataFolder), OpenTables(options), options.DataFolder)
        {
            ImportFiles = LocalImportFiles.Open(options.DataFolder, options.Time),
        };

    /// <summary>Opens what the options name for keys and quotas. It needs no hold of the data folder: commands use it while a server runs.</summary>
    /// <returns>Null: the account has no table service.</returns>
    /// <exception cref="StartFailure">A setting is wrong, which is named.</exception>
    public static ITableStore? OpenTables(ServerOptions options)
    {
        if (options.Azure is null)
        {
            return LocalTableStore.Open(options.DataFolder, options.Time);
        }

        try
        {
            return options.AzureTables is { } tables ? AzureTableStore.Open(tables) : null;
        }
        catch (CairnException failure) when (failure.Kind == ErrorKind.Invalid)
        {
            throw new StartFailure($"{StorageSettings.SourceOf(failure.Field)}: {failure.Message}", failure);
        }
    }

    /// <summary>Tells other processes of this machine where this one listens.</summary>
    public void SetAddress(string address) => _local?.SetAddress(address);

    private static AzureImportFiles OpenImports(AzureStorageOptions azure, ServerOptions options)
    {
        try
        {
            return AzureImportFiles.Open(azure with { ContainerName = options.ImportContainer }, options.Time);
        }
        catch (CairnException failure) when (failure.Kind == ErrorKind.Invalid)
        {
            throw new StartFailure($"CAIRN_IMPORT_CONTAINER: {failure.Message}", failure);
        }
    }

    private static ServerStorage OpenAzure(AzureStorageOptions azure, ServerOptions options)
    {
        try
        {
            var store = AzureSpaceStore.Open(azure, options.Time);
            Directory.CreateDirectory(azure.CacheFolder);
            return new(store, OpenTables(options), store.Address.GetLeftPart(UriPartial.Path)) { ImportFiles = OpenImports(azure, options) };
        }
        catch (CairnException failure) when (failure.Kind == ErrorKind.Invalid)
        {
            throw new StartFailure($"{StorageSettings.SourceOf(failure.Field)}: {failure.Message}", failure);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new StartFailure($"CAIRN_CACHE: no folder for copies of blobs can be made at {azure.CacheFolder} ({failure.Message})", failure);
        }
    }
}
