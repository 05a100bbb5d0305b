using System.Globalization;
using Cairn.Functions.Json;
using Cairn.Reconciliation;

namespace Cairn.Functions.Hosting;

/// <summary>Reads the options from the command line and the environment; the command line wins.</summary>
internal static class Settings
{
    private static readonly TimeSpan MinQueryTimeLimit = TimeSpan.FromSeconds(0.01);
    private static readonly TimeSpan MaxQueryTimeLimit = TimeSpan.FromSeconds(180);

    // Of a folder's spaces each costs a few files to look at; of a container's, requests.
    private static readonly TimeSpan FolderVisits = TimeSpan.FromHours(1), ContainerVisits = TimeSpan.FromDays(1);

    /// <param name="urls">The command line's, separated by semicolons; null: not given.</param>
    /// <param name="data">The command line's; null: not given.</param>
    /// <param name="variable">An environment variable by name; null if it is not set.</param>
    public static ServerOptions Read(string? urls, string? data, Func<string, string?> variable)
    {
        string? Value(string name) => variable(name) is { Length: > 0 } value ? value : null;

        var hostPort = Value("FUNCTIONS_CUSTOMHANDLER_PORT");
        var addresses = hostPort is null ? urls ?? Value("CAIRN_URLS") ?? Value("ASPNETCORE_URLS") ?? ServerOptions.DefaultUrl : $"http://127.0.0.1:{hostPort}";
        // What the command line says goes before the environment: a folder named there is meant, whatever account is set.
        var azure = data is null ? StorageSettings.Read(Value) : null;
        var hosts = $"{Value("CAIRN_ALLOWED_HOSTS")};{(hostPort is null ? null : Value("WEBSITE_HOSTNAME"))}";
        return new()
        {
            Urls = addresses.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries),
            DataFolder = Path.GetFullPath(data ?? Value("CAIRN_DATA") ?? "./.cairn"),
            Azure = azure,
            AzureTables = azure is null ? null : StorageSettings.ReadTables(Value, azure),
            ImportContainer = Value("CAIRN_IMPORT_CONTAINER") ?? ServerOptions.DefaultImportContainer,
            AzureQueues = azure is null ? null : StorageSettings.ReadQueues(azure, Value),
            Hub = data is null ? HubSettings.Read(Value) : null, // who applies its events must reach the data
            HubLife = HubSettings.ReadLife(Value),
            Lookups = LookupsSettings.Read(Value, azure?.ManagedIdentityClientId),
            Embedding = EmbeddingSettings.Read(Value, azure?.ManagedIdentityClientId),
            Spaces = new()
            {
                MemoryBytes = StorageSettings.Bytes("CAIRN_MEMORY", Value("CAIRN_MEMORY")) ?? DefaultMemoryBytes(),
                VisitInterval = azure is null ? FolderVisits : ContainerVisits,
            },
            ApiKey = Value("CAIRN_API_KEY"),
            Entra = IdentitySettings.Read(Value),
            RequiresKeys = Switch("CAIRN_REQUIRE_KEYS", Value("CAIRN_REQUIRE_KEYS")) ?? false,
            AutoCreate = Switch("CAIRN_AUTO_CREATE", Value("CAIRN_AUTO_CREATE")),
            AllowedHosts = hosts.Split([';', ','], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries),
            IsBehindHost = hostPort is not null,
            QueryTimeLimit = Seconds("CAIRN_QUERY_TIMEOUT", Value("CAIRN_QUERY_TIMEOUT")) ?? ServerOptions.DefaultQueryTimeLimit,
            Engine = EngineOptions.Default with
            {
                ExpiryGrace = Duration("CAIRN_EXPIRY_GRACE", Value("CAIRN_EXPIRY_GRACE")) ?? EngineOptions.Default.ExpiryGrace,
                Checkpoints = CheckpointOptions.Default with
                {
                    Retention = Duration("CAIRN_RETENTION", Value("CAIRN_RETENTION")) ?? CheckpointOptions.Default.Retention,
                },
            },
        };
    }

    // The other half is for requests, the collector's room, and spaces that are being used.
    private static long DefaultMemoryBytes() => GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 2;

    private static TimeSpan? Duration(string name, string? value)
    {
        if (value is null)
        {
            return null;
        }

        return DurationText.TryParse(value, out var duration)
            ? duration
            : throw new StartFailure($"{name} is '{value}'; it takes an ISO 8601 duration of weeks, days and smaller units, such as PT1H");
    }

    private static bool? Switch(string name, string? value) => value?.ToUpperInvariant() switch
    {
        null => null,
        "1" or "TRUE" or "ON" => true,
        "0" or "FALSE" or "OFF" => false,
        _ => throw new StartFailure($"{name} is '{value}'; it takes true or false"),
    };

    // A query ends before proxies in between lose patience (200 s and more).
    private static TimeSpan? Seconds(string name, string? value)
    {
        if (value is null)
        {
            return null;
        }

        if (!DurationText.TryParse(value, out var span) && decimal.TryParse(value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds))
        {
            span = TimeSpan.FromSeconds((double)Math.Min(seconds, int.MaxValue));
        }

        return span >= MinQueryTimeLimit && span <= MaxQueryTimeLimit
            ? span
            : throw new StartFailure($"{name} is '{value}'; it takes 0.01 to 180 seconds, as a number or as PT10S");
    }
}
