using System.Net;
using Cairn.Functions.Keys;
using Cairn.Functions.Tests.Serving;

namespace Cairn.Functions.Tests.Mcp;

/// <summary>Who may call, and which memory comes to be by it.</summary>
public sealed class McpAccessTests
{
    private const string Call = """{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"read_graph","arguments":{}}}""";

    [Fact]
    public async Task Call_WhenThereAreKeys_NeedsOneThatMayWriteTheSpace()
    {
        await using var server = await TestServer.StartAsync(options => options with { RequiresKeys = true, AutoCreate = true });
        async Task<string> MakeAsync(AccessScope scope, string spaces) => (await server.Service.Gate.Keys!.CreateAsync(
            "test", [SpacePattern.TryParse(spaces, out var pattern) ? pattern : throw new FormatException()], scope, null, TestContext.Current.CancellationToken)).Text;

        (await server.PostAsync("/mcp/acme-one", Call)).RequireProblem(401, "unauthenticated");
        (await server.PostAsync("/mcp/acme-one", Call, ("x-api-key", await MakeAsync(AccessScope.Read, "acme-*")))).RequireProblem(403, "forbidden");
        (await server.PostAsync("/mcp/acme-one", Call, ("x-api-key", await MakeAsync(AccessScope.Write, "other")))).RequireProblem(403, "forbidden");
        (await server.PostAsync("/mcp/acme-one", Call, ("Authorization", $"Bearer {await MakeAsync(AccessScope.Write, "acme-*")}"))).Require(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Call_WhenTheSpaceMayNotComeToBe_IsAboutAnUnknownSpace()
    {
        await using var server = await TestServer.StartAsync(options => options with { AutoCreate = false });

        (await server.PostAsync("/mcp/nowhere", Call)).RequireProblem(404, "unknown-space");
        await server.PutAsync("/v1/spaces/somewhere", "{}");
        (await server.PostAsync("/mcp/somewhere", Call)).Require(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Space_WhenOnlyAskedForTools_DoesNotComeToBe()
    {
        await using var server = await TestServer.StartAsync();

        (await server.PostAsync("/mcp/nowhere", """{"jsonrpc":"2.0","id":1,"method":"tools/list"}""")).Require(HttpStatusCode.OK);
        (await server.PostAsync("/mcp/nowhere", """{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"create_entities","arguments":{"entities":[{}]}}}""")).Require(HttpStatusCode.OK);

        Assert.Empty((await server.GetAsync("/v1/spaces"))["items"].EnumerateArray());
    }

    [Fact]
    public async Task Clients_WhenFiftyWriteAtOnce_LoseNothing()
    {
        const int Clients = 50, Rounds = 6;
        await using var server = await TestServer.StartAsync();
        var memory = new McpClient(server, "crowd");
        var (created, added) = (0, 0);
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(client => Task.Run(async () =>
        {
            for (var round = 0; round < Rounds; round++)
            {
                var entities = await memory.DoAsync("create_entities", $$"""
                    {"entities":[{"name":"shared-{{round}}","entityType":"t","observations":[]},{"name":"own-{{client}}-{{round}}","entityType":"t","observations":[]}]}
                    """);
                Interlocked.Add(ref created, entities.GetProperty("entities").GetArrayLength());
                var results = await memory.DoAsync("add_observations", $$"""{"observations":[{"entityName":"shared-{{round}}","contents":["by {{client}}","by all"]}]}""");
                Interlocked.Add(ref added, results.GetProperty("results")[0].GetProperty("addedObservations").GetArrayLength());
                await memory.DoAsync("create_relations", $$"""{"relations":[{"from":"own-{{client}}-{{round}}","to":"shared-{{round}}","relationType":"knows"}]}""");
            }
        })));

        var graph = await memory.DoAsync("read_graph", "{}");
        Assert.Equal(Rounds * (Clients + 1), graph.GetProperty("entities").GetArrayLength());
        Assert.Equal(Rounds * Clients, graph.GetProperty("relations").GetArrayLength());
        Assert.Equal((Rounds * (Clients + 1), Rounds * (Clients + 1)), (created, added));
        Assert.All(
            graph.GetProperty("entities").EnumerateArray().Where(entity => entity.GetProperty("name").GetString()!.StartsWith("shared", StringComparison.Ordinal)),
            entity => Assert.Equal(Clients + 1, entity.GetProperty("observations").GetArrayLength()));
    }
}
