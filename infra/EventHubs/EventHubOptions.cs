using Azure.Core;
using Azure.Identity;

namespace Cairn.Infra.EventHubs;

/// <summary>Which hub takes the events.</summary>
public sealed record EventHubOptions
{
    /// <summary>What a hub of the tier Standard takes in one request.</summary>
    public const int DefaultMaxBatchBytes = 1_000_000;

    /// <summary>Least and most that a batch may be limited to: the tier Basic takes 256 KB, a dedicated cluster 20 MB.</summary>
    public const int LeastMaxBatchBytes = 200_000, MostMaxBatchBytes = 20_000_000;

    // One for the process: each asks for tokens of its own.
    private static readonly Lazy<TokenCredential> Identity = new(() => new DefaultAzureCredential());

    /// <summary>A connection string of a namespace or a hub, with a rule that may send. Of this and a namespace exactly one is set.</summary>
    public string? ConnectionString { get; init; }

    /// <summary>The host name of a namespace that this process's own identity may send to, such as <c>mine.servicebus.windows.net</c>.</summary>
    public string? FullyQualifiedNamespace { get; init; }

    /// <summary>The client id of the managed identity to use with a namespace; null: whatever identity there is.</summary>
    public string? ManagedIdentityClientId { get; init; }

    /// <summary>The hub's name; null: the connection string has it.</summary>
    public string? HubName { get; init; }

    /// <summary>Bytes of a request at most.</summary>
    public int MaxBatchBytes { get; init; } = DefaultMaxBatchBytes;

    internal TokenCredential Credential() => ManagedIdentityClientId is null
        ? Identity.Value
        : new DefaultAzureCredential(new DefaultAzureCredentialOptions { ManagedIdentityClientId = ManagedIdentityClientId });
}
