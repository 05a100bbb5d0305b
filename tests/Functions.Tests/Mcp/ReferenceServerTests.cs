using System.Text.Json;
using System.Text.Json.Nodes;
using Cairn.Functions.Tests.Mcp.Clients;
using Cairn.Infra.Tests.Azurite;

namespace Cairn.Functions.Tests.Mcp;

/// <summary>The reference memory server and Cairn side by side: the same calls, and the same answers to the letter.</summary>
public sealed class ReferenceServerTests : IDisposable
{
    private const string InvalidArguments = "MCP error -32602: Input validation error: Invalid arguments for tool";

    private static readonly NpmPackage Package = new("@modelcontextprotocol/server-memory", "2026.8.31", "dist/index.js");

    private readonly string _folder = Directory.CreateTempSubdirectory("cairn-test-").FullName;

    private static readonly (string Tool, string Arguments)[] Calls =
    [
        ("read_graph", "{}"),
        ("create_entities", """{"entities":[{"name":"Ada","entityType":"person","observations":["wrote \"it\"","first\nline \u001f\t\\ 😀 é \u007f \u2028"]},{"name":"Babbage","entityType":"person","observations":[]},{"name":"Engine","entityType":"Machine","observations":["steam"]}]}"""),
        ("create_entities", """{"entities":[{"name":"Ada","entityType":"other","observations":["x"]},{"name":"ada","entityType":"","observations":["lower"],"more":1}]}"""),
        ("create_entities", """{"entities":[]}"""),
        ("create_relations", """{"relations":[{"from":"Ada","to":"Babbage","relationType":"worked_with"},{"from":"Babbage","to":"Engine","relationType":"designed"},{"from":"Engine","to":"Nowhere","relationType":"stands_in"},{"from":"Ada","to":"Ada","relationType":"is"}]}"""),
        ("create_relations", """{"relations":[{"from":"Ada","to":"Babbage","relationType":"worked_with"},{"from":"Ada","to":"Babbage","relationType":"knew"}]}"""),
        ("add_observations", """{"observations":[{"entityName":"Ada","contents":["steam","wrote \"it\"","more"]},{"entityName":"Babbage","contents":[]}]}"""),
        ("create_entities", """{"entities":[{"name":"twice","entityType":"t","observations":["a"]},{"name":"twice","entityType":"u","observations":["b","b"]},{"name":"Ada","entityType":"t","observations":[]}]}"""),
        ("delete_entities", """{"entityNames":["twice"]}"""),
        ("create_relations", """{"relations":[{"from":"Ada","to":"Engine","relationType":"twice"},{"from":"Ada","to":"Babbage","relationType":"knew"},{"from":"Ada","to":"Engine","relationType":"twice"}]}"""),
        ("delete_relations", """{"relations":[{"from":"Ada","to":"Engine","relationType":"twice"}]}"""),
        ("add_observations", """{"observations":[{"entityName":"Ada","contents":["twice","twice"]},{"entityName":"Ada","contents":["twice"]}]}"""),
        ("delete_observations", """{"deletions":[{"entityName":"Ada","observations":["twice"]}]}"""),
        ("add_observations", """{"observations":[{"entityName":"Ada","contents":["lost"]},{"entityName":"Nobody","contents":["x"]}]}"""),
        ("add_observations", """{"observations":[{"entityName":"Nowhere","contents":["x"]}]}"""),
        ("read_graph", "{}"),
        ("search_nodes", """{"query":"STEAM"}"""),
        ("search_nodes", """{"query":"machine"}"""),
        ("search_nodes", """{"query":"É"}"""),
        ("search_nodes", """{"query":"a b"}"""),
        ("search_nodes", """{"query":""}"""),
        ("search_nodes", """{"query":"nowhere"}"""),
        ("open_nodes", """{"names":["Engine","Ada","Ada","Nobody"]}"""),
        ("open_nodes", """{"names":["ADA"]}"""),
        ("open_nodes", """{"names":["Nowhere"]}"""),
        ("open_nodes", """{"names":[]}"""),
        ("delete_observations", """{"deletions":[{"entityName":"Ada","observations":["more","nothing"]},{"entityName":"Nobody","observations":["x"]}]}"""),
        ("delete_relations", """{"relations":[{"from":"Ada","to":"Babbage","relationType":"knew"},{"from":"Ada","to":"Babbage","relationType":"nothing"}]}"""),
        ("delete_entities", """{"entityNames":["Babbage","Nobody"]}"""),
        ("read_graph", "{}"),
        ("delete_entities", """{"entityNames":["Nowhere"]}"""),
        ("read_graph", """{"unknown":1}"""),
        ("no_such_tool", "{}"),
        ("create_entities", "{}"),
        ("create_entities", """{"entities":[{"name":"bad","entityType":"t"}]}"""),
        ("create_entities", """{"entities":[{"name":1,"entityType":"t","observations":[]}]}"""),
        ("create_relations", """{"relations":"x"}"""),
        ("add_observations", """{"observations":[{"entityName":"Ada","contents":"x"}]}"""),
        ("delete_entities", """{"entityNames":[1]}"""),
        ("search_nodes", "{}"),
        ("open_nodes", """{"names":null}"""),
        ("read_graph", "{}"),
    ];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Calls_WhenMadeToBoth_AreAnsweredAlike()
    {
        await using var reference = await StartReferenceAsync();
        await using var cairn = StdioClient.Start(Path.Combine(_folder, "data"));
        await reference.InitializeAsync();
        await cairn.InitializeAsync();

        foreach (var (tool, arguments) in Calls)
        {
            var (expected, actual) = (await reference.CallAsync(tool, arguments), await cairn.CallAsync(tool, arguments));
            Assert.True(JsonNode.DeepEquals(Told(expected), Told(actual)), $"{tool} {arguments}\nreference: {expected.GetRawText()}\ncairn:     {actual.GetRawText()}");
        }

        var uri = """{"uri":"memory://knowledge-graph"}""";
        var (their, our) = (Contents(await reference.SendAsync("resources/read", uri)), Contents(await cairn.SendAsync("resources/read", uri)));
        Assert.True(JsonElement.DeepEquals(their, our), $"{their}\n{our}");
    }

    [Fact]
    public async Task Subscriber_WhenItChangesTheGraph_IsToldAlike()
    {
        await using var reference = await StartReferenceAsync();
        await using var cairn = StdioClient.Start(Path.Combine(_folder, "data"));

        var (theirs, ours) = (await SubscribeAsync(reference), await SubscribeAsync(cairn));

        Assert.Equal(theirs.Length, ours.Length);
        Assert.All(theirs.Zip(ours), pair => Assert.True(JsonElement.DeepEquals(pair.First, pair.Second), $"{pair.First}\n{pair.Second}"));
        Assert.Equal(2, ours.Skip(1).Count(message => message.TryGetProperty("method", out _)));
    }

    // Says what comes in, in order.
    private static async Task<JsonElement[]> SubscribeAsync(StdioClient client)
    {
        const string Uri = """{"uri":"memory://knowledge-graph"}""", Create = """{"entities":[{"name":"Ada","entityType":"person","observations":[]}]}""";
        var capabilities = (await client.InitializeAsync()).GetProperty("capabilities").GetProperty("resources").GetProperty("subscribe");
        var messages = new List<JsonElement> { capabilities, await client.SendAsync("resources/read", """{"uri":"memory://other"}""") };
        async Task CallAsync(string method, string parameters, int answers)
        {
            await client.WriteAsync($$"""{"jsonrpc":"2.0","id":"x","method":"{{method}}","params":{{parameters}}}""");
            for (var i = 0; i < answers; i++)
            {
                messages.Add(await client.ReadAsync());
            }
        }

        await CallAsync("resources/subscribe", Uri, 1);
        await CallAsync("tools/call", $$"""{"name":"create_entities","arguments":{{Create}}}""", 2);
        await CallAsync("tools/call", """{"name":"read_graph","arguments":{}}""", 1);
        await CallAsync("tools/call", """{"name":"add_observations","arguments":{"observations":[{"entityName":"Nobody","contents":["x"]}]}}""", 1);
        await CallAsync("tools/call", """{"name":"delete_entities","arguments":{"entityNames":["Nobody"]}}""", 2);
        await CallAsync("resources/subscribe", """{"uri":"memory://other"}""", 1);
        await CallAsync("resources/unsubscribe", Uri, 1);
        await CallAsync("tools/call", """{"name":"delete_entities","arguments":{"entityNames":["Ada"]}}""", 1);
        return [.. messages];
    }

    [Fact]
    public async Task Tools_WhenListed_TakeWhatThoseOfTheReferenceTake()
    {
        await using var reference = await StartReferenceAsync();
        await using var cairn = StdioClient.Start(Path.Combine(_folder, "data"));
        await reference.InitializeAsync();
        var (theirs, ours) = (await ToolsAsync(reference), await ToolsAsync(cairn));

        Assert.Equal(9, theirs.Length);
        Assert.Equal(theirs.Select(Name), ours.Take(theirs.Length).Select(Name));
        foreach (var (their, our) in theirs.Zip(ours))
        {
            Assert.Equal(Text(their, "title"), Text(our, "title"));
            Assert.Equal((Name(their), Required(their, "inputSchema")), (Name(our), Required(our, "inputSchema")));
            Assert.Equal((Name(their), Required(their, "outputSchema")), (Name(our), Required(our, "outputSchema")));
            Assert.True(JsonElement.DeepEquals(their.GetProperty("annotations"), our.GetProperty("annotations")), $"{their.GetProperty("annotations")} {our.GetProperty("annotations")}");
        }
    }

    private async Task<StdioClient> StartReferenceAsync() => StdioClient.StartReference(await Package.FindOrSkipAsync(), Path.Combine(_folder, "reference.jsonl"));

    // How wrong arguments are explained is each one's own.
    private static JsonNode? Told(JsonElement result)
    {
        var told = JsonNode.Parse(result.GetRawText())!;
        if (told["content"]![0]!["text"]!.GetValue<string>() is var text && text.StartsWith(InvalidArguments, StringComparison.Ordinal))
        {
            told["content"]![0]!["text"] = text[..(text.IndexOf(':', InvalidArguments.Length) + 1)];
        }

        return told;
    }

    private static JsonElement Contents(JsonElement answer) => answer.GetProperty("result").GetProperty("contents");

    private static async Task<JsonElement[]> ToolsAsync(StdioClient client) => [.. (await client.SendAsync("tools/list")).GetProperty("result").GetProperty("tools").EnumerateArray()];

    private static string Name(JsonElement tool) => Text(tool, "name");

    private static string Text(JsonElement tool, string member) => tool.GetProperty(member).GetString()!;

    private static string Required(JsonElement tool, string schema) =>
        tool.GetProperty(schema).TryGetProperty("required", out var required) ? string.Join(',', required.EnumerateArray().Select(name => name.GetString())) : "";
}
