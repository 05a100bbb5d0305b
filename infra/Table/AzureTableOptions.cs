using Azure.Core;
using Azure.Identity;

namespace Cairn.Infra.Table;

/// <summary>Which table service holds the records, and whose they are.</summary>
public sealed record AzureTableOptions
{
    // One for the process: each asks for tokens of its own.
    private static readonly Lazy<TokenCredential> Identity = new(() => new DefaultAzureCredential());

    /// <summary>A connection string that names a table service (<see cref="TableConnection.NamesTables"/>). Of this and an address exactly one is set.</summary>
    public string? ConnectionString { get; init; }

    /// <summary>The address of a table service that this process's own identity may use, such as <c>https://mine.table.core.windows.net</c>.</summary>
    public Uri? ServiceUri { get; init; }

    /// <summary>The client id of the managed identity to use with an address; null: whatever identity there is.</summary>
    public string? ManagedIdentityClientId { get; init; }

    /// <summary>Whose records they are: the name of the container that holds the spaces. Several share one table.</summary>
    public required string Owner { get; init; }

    internal TokenCredential Credential() => ManagedIdentityClientId is null
        ? Identity.Value
        : new DefaultAzureCredential(new DefaultAzureCredentialOptions { ManagedIdentityClientId = ManagedIdentityClientId });
}
