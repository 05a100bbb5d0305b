using Cairn.Functions.Tests.Serving;
using Cairn.Infra.Tests.Cosmos.StandIn;

namespace Cairn.Functions.Tests.Lookups;

/// <summary>Processes of their own over one storage account and one index: what one wrote, the next one looks up before it has loaded anything.</summary>
public sealed class LookupProcessTests(AzuriteFixture azurite) : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("cairn-test-").FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Get_InAProcessThatHasJustBegun_ComesFromTheIndex()
    {
        var storage = await azurite.NewContainerAsync(_folder);
        var standIn = new CosmosStandIn(TimeProvider.System);
        await using var account = new StandInServer(standIn);

        // Without the client's own parser, as a process runs: the account is asked for plans.
        (string, string)[] settings =
        [
            ("AzureWebJobsStorage", storage.ConnectionString!), ("CAIRN_CONTAINER", storage.ContainerName), ("CAIRN_CACHE", _folder), ("CAIRN_COSMOS", account.ConnectionString),
            ("AZURE_COSMOS_USE_QUERY_PLAN_INTEROP_LINUX", "false"), ("COSMOS_DISABLE_IMDS_ACCESS", "true"),
        ];
        string expected;
        await using (var writer = await ServerProcess.StartAsync(settings))
        {
            using var put = await writer.Client.PutAsync("/v1/spaces/demo/concepts/ada", new StringContent("""{"attributes":{"born":1815}}""", null, "application/json"), Token);
            Assert.True(put.IsSuccessStatusCode, await put.Content.ReadAsStringAsync(Token));
            await Eventually.HoldsAsync(() => writer.IsProjectedAsync("demo"));
            expected = await writer.Client.GetStringAsync("/v1/spaces/demo/concepts/ada", Token);
            await writer.KillAsync();
        }

        var reads = 0;
        standIn.Refuse = operation =>
        {
            Interlocked.Add(ref reads, operation == "read" ? 1 : 0);
            return null;
        };
        await using var reader = await ServerProcess.StartAsync(settings);
        await Eventually.HoldsAsync(() => Volatile.Read(ref reads) > 0);
        using var answer = await reader.Client.GetAsync("/v1/spaces/demo/concepts/ada", Token);

        Assert.Equal(expected, await answer.Content.ReadAsStringAsync(Token));
        Assert.Equal("lookups", Assert.Single(answer.Headers.GetValues("Cairn-Source")));
    }
}
