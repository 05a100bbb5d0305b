using Cairn.Infra.Cosmos;
using Cairn.Primitives;
using Cairn.Storage.Lookups;

namespace Cairn.Functions.Hosting;

/// <summary>
/// Reads where the lookups index is: <c>CAIRN_COSMOS</c>, the address of a Cosmos DB account for this process's identity, or a connection string with a key; without it there is
/// none. Database and container have names of their own.
/// </summary>
internal static class LookupsSettings
{
    public const string Account = "CAIRN_COSMOS";
    private const string Database = "CAIRN_COSMOS_DATABASE", Container = "CAIRN_COSMOS_CONTAINER";

    /// <summary>What is set; null: nothing is.</summary>
    /// <param name="value">A setting by name; null if it is not set.</param>
    /// <param name="managedIdentityClientId">Of the identity that the storage account is used with.</param>
    public static CosmosLookupsOptions? Read(Func<string, string?> value, string? managedIdentityClientId)
    {
        if (value(Account) is not { } account)
        {
            return null;
        }

        var isConnection = account.Contains('=', StringComparison.Ordinal);
        var names = new CosmosLookupsOptions();
        return new()
        {
            ConnectionString = isConnection ? account : null,
            Endpoint = isConnection ? null : Uri.TryCreate(account, UriKind.Absolute, out var address) ? address : throw new StartFailure(
                $"{Account} is '{account}'; it takes the address of a Cosmos DB account, such as https://mine.documents.azure.com, or a connection string"),
            ManagedIdentityClientId = managedIdentityClientId,
            DatabaseName = value(Database) ?? names.DatabaseName,
            ContainerName = value(Container) ?? names.ContainerName,
        };
    }

    /// <summary>Opens what the options name; null: nothing.</summary>
    /// <exception cref="StartFailure">It is wrong.</exception>
    public static ILookupsIndex? Open(ServerOptions options)
    {
        try
        {
            return options.LookupsIndex ?? (options.Lookups is { } cosmos ? CosmosLookupsIndex.Open(cosmos, options.Time) : null);
        }
        catch (CairnException failure) when (failure.Kind == ErrorKind.Invalid)
        {
            throw new StartFailure($"{Account}: {failure.Message}", failure);
        }
    }
}
