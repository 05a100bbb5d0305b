using System.Text.Json.Nodes;
using Cairn.Functions.Tests.Serving;

namespace Cairn.Functions.Tests.Mcp.Clients;

/// <summary>Clients that others wrote use a memory, over HTTP and over standard input and output. They check for themselves that structured answers are of their schema.</summary>
public sealed class ClientTests : IDisposable
{
    private static readonly ClientStep[] Steps =
    [
        new("initialize"),
        new("tools/list"),
        new("tools/call", "create_entities", """{"entities":[{"name":"Ada","entityType":"person","observations":["knew = Babbage"]},{"name":"Engine","entityType":"machine","observations":[]}]}"""),
        new("tools/call", "add_observations", """{"observations":[{"entityName":"Ada","contents":["knew = Babbage","wrote the first program 😀"]}]}"""),
        new("tools/call", "create_relations", """{"relations":[{"from":"Ada","to":"Engine","relationType":"programmed"}]}"""),
        new("tools/call", "search_nodes", """{"query":"PROGRAM"}"""),
        new("tools/call", "recall", """{"query":"program"}"""),
        new("tools/call", "read_graph"),
        new("tools/call", "add_observations", """{"observations":[{"entityName":"Nobody","contents":["x"]}]}"""),
        new("resources/list"),
        new("resources/read", "memory://knowledge-graph"),
        new("resources/read", "memory://other"),
    ];

    private readonly string _folder = Directory.CreateTempSubdirectory("cairn-test-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("C#", true)]
    [InlineData("C#", false)]
    [InlineData("C# 2025-06-18", true)]
    [InlineData("C# 2025-06-18", false)]
    [InlineData("npm SDK", true)]
    [InlineData("npm SDK", false)]
    [InlineData("inspector", true)]
    [InlineData("inspector", false)]
    public async Task Client_WhenItUsesAMemory_UnderstandsEachAnswer(string client, bool overHttp)
    {
        await using var server = overHttp ? await TestServer.StartAsync(options => options with { DataFolder = _folder }) : null;

        // The inspector takes no address over HTTP but one that ends so.
        var target = new ClientTarget(server is null ? null : new(server.Address, "/mcp/mcp"), _folder);
        var results = await RunAsync(client, target);

        Assert.Equal(Steps.Length, results.Count);
        if (results[0] is { } handshake)
        {
            Assert.Equal("cairn", Text(handshake["name"]));
            Assert.NotEmpty(Text(handshake["instructions"]));
            Assert.NotNull(handshake["capabilities"]!["tools"]);
            Assert.NotNull(handshake["capabilities"]!["resources"]);
        }

        Assert.Contains(results[1]!["tools"]!.AsArray(), tool => Text(tool!["name"]) == "recall");
        Assert.Equal(["Ada", "Engine"], Names(results[2], "entities"));
        Assert.Equal("wrote the first program 😀", Text(Assert.Single(Structured(results[3])["results"]![0]!["addedObservations"]!.AsArray())));
        Assert.Equal("programmed", Text(Structured(results[4])["relations"]![0]!["relationType"]));
        Assert.Equal(["Ada"], Names(results[5], "entities"));
        Assert.Equal(["Ada"], Names(results[6], "memories"));
        Assert.Equal(["Ada", "Engine"], Names(results[7], "entities"));
        Assert.True(results[8]!["isError"]!.GetValue<bool>());
        Assert.Equal("Entity with name Nobody not found", Text(results[8]!["content"]![0]!["text"]));
        Assert.Equal("memory://knowledge-graph", Text(results[9]!["resources"]![0]!["uri"]));
        Assert.True(JsonNode.DeepEquals(Structured(results[7]), JsonNode.Parse(Text(results[10]!["contents"]![0]!["text"]))));
        Assert.Contains("memory://other not found", Text(results[11]!["error"]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Clients_WhenSixteenWriteAtOnce_LoseNothing()
    {
        const int Clients = 16, Each = 10;
        await using var server = await TestServer.StartAsync();
        var target = new ClientTarget(new(server.Address, "/mcp/crowd"), _folder);
        ClientStep[] Writes(int client) =>
        [
            new("tools/call", "create_entities", """{"entities":[{"name":"shared","entityType":"t","observations":[]}]}"""),
            .. Enumerable.Range(0, Each).Select(i => new ClientStep("tools/call", "add_observations", $$"""{"observations":[{"entityName":"shared","contents":["{{client}}-{{i}}"]}]}""")),
            .. Enumerable.Range(0, Each).Select(i => new ClientStep("tools/call", "create_relations", $$"""{"relations":[{"from":"shared","to":"{{client}}-{{i}}","relationType":"has"}]}""")),
        ];

        var written = await Task.WhenAll(Enumerable.Range(0, Clients).Select(client => CSharpClient.RunAsync(target, client % 2 == 0 ? null : "2025-06-18", Writes(client))));

        Assert.All(written.SelectMany(results => results), result => Assert.NotNull(Structured(result)));
        Assert.Equal(1, written.Sum(results => Names(results[0], "entities").Count()));
        var graph = Structured((await CSharpClient.RunAsync(target, null, [new("tools/call", "read_graph")]))[0]);
        Assert.Equal(Clients * Each, graph["entities"]![0]!["observations"]!.AsArray().Count);
        Assert.Equal(Clients * Each, graph["relations"]!.AsArray().Count);
    }

    private static Task<JsonArray> RunAsync(string client, ClientTarget target) => client switch
    {
        "npm SDK" => NodeClients.RunSdkAsync(target, Steps),
        "inspector" => NodeClients.RunInspectorAsync(target, Steps),
        _ => CSharpClient.RunAsync(target, client.Split(' ').ElementAtOrDefault(1), Steps),
    };

    private static JsonNode Structured(JsonNode? result)
    {
        Assert.False(result!["isError"]?.GetValue<bool>() ?? false, result.ToJsonString());
        return result["structuredContent"] ?? throw new InvalidOperationException(result.ToJsonString());
    }

    private static IEnumerable<string> Names(JsonNode? result, string member) => Structured(result)[member]!.AsArray().Select(entity => Text(entity!["name"]));

    private static string Text(JsonNode? node) => node!.GetValue<string>();
}
