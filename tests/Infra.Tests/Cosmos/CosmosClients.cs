namespace Cairn.Infra.Tests.Cosmos;

/// <summary>How the Cosmos client is set up in tests, before the first one is made.</summary>
internal static class CosmosClients
{
    public static void Prepare()
    {
        // Queries are parsed by the library that comes with the client, and it does not look around for what machine this is.
        Environment.SetEnvironmentVariable("AZURE_COSMOS_USE_QUERY_PLAN_INTEROP_LINUX", "true");
        Environment.SetEnvironmentVariable("COSMOS_DISABLE_IMDS_ACCESS", "true");
    }
}
