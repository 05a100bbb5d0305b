using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Cairn.Infra.EventHubs;
using Cairn.Primitives;

namespace Cairn.Functions.Hosting;

/// <summary>The hub that bursts go through.</summary>
/// <param name="Hub">Which.</param>
/// <param name="Partitions">How many it has: whoever may only send cannot ask it.</param>
internal sealed record HubOptions(EventHubOptions Hub, int Partitions);

/// <summary>
/// Reads which hub takes bursts: the one whose events the Functions host hands out, named by the same settings: a connection string in <c>CAIRN_HUB</c>, or
/// <c>CAIRN_HUB__fullyQualifiedNamespace</c> for this process's identity.
/// </summary>
internal static class HubSettings
{
    private const string Connection = "CAIRN_HUB", Namespace = "CAIRN_HUB__fullyQualifiedNamespace", Credential = "CAIRN_HUB__credential", ClientId = "CAIRN_HUB__clientId",
        Name = "CAIRN_HUB_NAME", Partitions = "CAIRN_HUB_PARTITIONS", Limit = "CAIRN_HUB_LIMIT";

    /// <summary>A text that changes when the hub is made anew, though its name stays.</summary>
    public const string LifeSetting = "CAIRN_HUB_LIFE";

    private const int MaxPartitions = 1024;

    private static readonly Dictionary<string, string> Sources = new()
    {
        [nameof(EventHubOptions.ConnectionString)] = Connection,
        [nameof(EventHubOptions.FullyQualifiedNamespace)] = Namespace,
        [nameof(EventHubOptions.HubName)] = Name,
        [nameof(EventHubOptions.MaxBatchBytes)] = Limit,
    };

    /// <summary>The hub that is set; null: none is.</summary>
    /// <param name="value">A setting by name; null if it is not set.</param>
    /// <exception cref="StartFailure">One of them cannot be read.</exception>
    public static HubOptions? Read(Func<string, string?> value)
    {
        var (connection, host) = (value(Connection), value(Namespace));
        if (connection is null && host is null)
        {
            return null;
        }

        return new(
            new()
            {
                // The Functions host takes a connection string before an identity.
                ConnectionString = connection,
                FullyQualifiedNamespace = connection is null ? host : null,
                ManagedIdentityClientId = string.Equals(value(Credential), "managedidentity", StringComparison.OrdinalIgnoreCase) ? value(ClientId) : null,
                HubName = value(Name),
                MaxBatchBytes = Bytes(value(Limit)),
            },
            Count(value(Partitions)));
    }

    /// <summary>Which life of the hub it is; null: nothing tells, and events are known again by the ids of their commits alone.</summary>
    public static Incarnation? ReadLife(Func<string, string?> value) =>
        value(LifeSetting) is { } text ? Incarnation.Read(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, Incarnation.LengthBytes)) : null;

    /// <summary>The setting that an option came from.</summary>
    public static string SourceOf(string? option) => option is not null && Sources.TryGetValue(option, out var source) ? source : Connection;

    private static int Bytes(string? text) => StorageSettings.Bytes(Limit, text) is { } bytes ? (int)Math.Min(bytes, int.MaxValue) : EventHubOptions.DefaultMaxBatchBytes;

    private static int Count(string? text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count is >= 1 and <= MaxPartitions
        ? count
        : throw new StartFailure($"{Partitions} is '{text}'; beside {Connection} it says how many partitions the hub has, 1 to {MaxPartitions}");
}
