using System.Net;
using System.Text.Json;
using Cairn.Functions.Mcp;
using Cairn.Functions.Tests.Serving;

namespace Cairn.Functions.Tests.Mcp;

/// <summary>The protocol over HTTP: versions, headers, what is no message, and who may call.</summary>
public sealed class McpProtocolTests : ServerTests
{
    private const string Version = "MCP-Protocol-Version";

    private const string Meta = """{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{},"io.modelcontextprotocol/clientInfo":{"name":"test","version":"1"}}""";

    private McpClient NewMemory() => new(Server, NewSpace().Split('/')[^1]);

    [Theory]
    [InlineData("2024-11-05", "2024-11-05")]
    [InlineData("2025-06-18", "2025-06-18")]
    [InlineData("2025-11-25", "2025-11-25")]
    [InlineData("1999-01-01", "2025-11-25")]
    public async Task Initialize_WithAVersion_AgreesOnOne(string asked, string agreed)
    {
        var result = (await NewMemory().SendAsync("initialize", $$$"""{"protocolVersion":"{{{asked}}}","capabilities":{},"clientInfo":{"name":"test","version":"1"}}""")).GetProperty("result");

        Assert.Equal(agreed, result.GetProperty("protocolVersion").GetString());
        Assert.Equal("cairn", result.GetProperty("serverInfo").GetProperty("name").GetString());
        Assert.True(result.GetProperty("capabilities").TryGetProperty("tools", out _) && result.GetProperty("capabilities").TryGetProperty("resources", out _));
        Assert.False(string.IsNullOrEmpty(result.GetProperty("instructions").GetString()));
    }

    [Fact]
    public async Task Tools_WhenListed_AreDescribedForAModel()
    {
        var tools = (await NewMemory().SendAsync("tools/list")).GetProperty("result").GetProperty("tools").EnumerateArray().ToArray();

        Assert.Equal(
            [
                "create_entities", "create_relations", "add_observations", "delete_entities", "delete_observations", "delete_relations", "read_graph", "search_nodes", "open_nodes",
                "remember", "recall", "find_path", "forget", "reinforce", "memory_stats",
            ],
            tools.Select(tool => tool.GetProperty("name").GetString()));
        Assert.All(tools, tool =>
        {
            Assert.InRange(tool.GetProperty("description").GetString()!.Length, 80, 500);
            Assert.Equal("object", tool.GetProperty("inputSchema").GetProperty("type").GetString());
            Assert.Equal("object", tool.GetProperty("outputSchema").GetProperty("type").GetString());
            Assert.False(tool.GetProperty("annotations").GetProperty("openWorldHint").GetBoolean());
        });
    }

    [Fact]
    public async Task Notification_WhenSent_IsTakenWithoutAnAnswer()
    {
        var reply = await NewMemory().PostAsync("""{"jsonrpc":"2.0","method":"notifications/initialized"}""");

        Assert.Equal((HttpStatusCode.Accepted, 0), (reply.Status, reply.Bytes.Length));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("17")]
    [InlineData("{}")]
    [InlineData("""[{"jsonrpc":"2.0","id":1,"method":"ping"}]""")]
    [InlineData("""{"jsonrpc":"1.0","id":1,"method":"ping"}""")]
    [InlineData("""{"jsonrpc":"2.0","id":{},"method":"ping"}""")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}""")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"cursor":"a","cursor":"b"}}""")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"search_nodes","arguments":{"query":"a","query":"b"}}}""")]
    public async Task Body_WhenItIsNoMessage_IsRefused(string body)
    {
        var reply = (await NewMemory().PostAsync(body)).Require(HttpStatusCode.BadRequest);

        Assert.Equal(-32600, reply["error"].GetProperty("code").GetInt32());
    }

    [Fact]
    public async Task Body_WhenItIsHuge_IsRefused() =>
        (await NewMemory().PostAsync($$$"""{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":"{{{new string('x', 9 * 1024 * 1024)}}}"}}""")).RequireProblem(413, "too-large");

    [Theory]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"tools/call"}""")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"tools/call","params":[]}""")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":7,"arguments":{}}}""")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"read_graph","arguments":[]}}""")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{}}""")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"no/such/method","params":{}}""")]
    public async Task Request_WhenItIsWrong_IsAnErrorOfJsonRpc(string body)
    {
        var answer = (await NewMemory().PostAsync(body)).Json;

        Assert.True(answer.TryGetProperty("error", out var error) || answer.GetProperty("result").GetProperty("isError").GetBoolean(), answer.GetRawText());
        Assert.False(error.ValueKind == JsonValueKind.Object && error.GetProperty("message").GetString()!.Contains(" at ", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("no_such_tool", "{}", "Tool no_such_tool not found")]
    [InlineData("create_entities", "{}", "entities is missing")]
    [InlineData("create_entities", """{"entities":{}}""", "/entities: must be an array")]
    [InlineData("create_entities", """{"entities":["a"]}""", "/entities/0: must be an object")]
    [InlineData("create_entities", """{"entities":[{"name":"a","entityType":"t"}]}""", "observations is missing")]
    [InlineData("create_entities", """{"entities":[{"name":"a","entityType":null,"observations":[]}]}""", "entityType is missing")]
    [InlineData("create_entities", """{"entities":[{"name":7,"entityType":"t","observations":[]}]}""", "/entities/0/name: must be a string")]
    [InlineData("create_entities", """{"entities":[{"name":"a","entityType":"t","observations":[1]}]}""", "/entities/0/observations/0: must be a string")]
    [InlineData("create_entities", """{"entities":[{"name":"","entityType":"t","observations":[]}]}""", "must not be empty")]
    [InlineData("create_entities", """{"entities":[{"name":"a\u0000","entityType":"t","observations":[]}]}""", "control")]
    [InlineData("create_relations", """{"relations":[{"from":"a","to":"b","relationType":""}]}""", "/relations/0")]
    [InlineData("create_relations", """{"relations":[{"from":"a","to":"b"}]}""", "relationType is missing")]
    [InlineData("add_observations", """{"observations":[{"entityName":"a","contents":"x"}]}""", "must be an array")]
    [InlineData("delete_entities", """{"entityNames":"a"}""", "must be an array")]
    [InlineData("search_nodes", """{"query":["a"]}""", "/query: must be a string")]
    [InlineData("read_graph", """{"limit":0}""", "/limit: must be 1 to 1000")]
    [InlineData("read_graph", """{"detail":"all"}""", "must be one of full, summary, names")]
    [InlineData("open_nodes", """{"names":[null]}""", "must be a string")]
    public async Task Tool_WhenItsArgumentsAreWrong_SaysWhatToMendAndChangesNothing(string tool, string arguments, string told)
    {
        var memory = NewMemory();

        Assert.Contains(told, await memory.FailAsync(tool, arguments), StringComparison.Ordinal);
        Assert.Equal("""{"entities":[],"relations":[]}""", (await memory.DoAsync("read_graph", "{}")).GetRawText());
    }

    [Fact]
    public async Task Tool_WhenItIsTooMuchForOneCommit_ChangesNothing()
    {
        var memory = NewMemory();
        var many = string.Join(',', Enumerable.Range(0, 10_001).Select(i => $$"""{"name":"e{{i}}","entityType":"t","observations":[]}"""));
        var large = string.Join(',', Enumerable.Range(0, 70).Select(i => $$"""{"name":"e{{i}}","entityType":"t","observations":["{{new string('x', 60_000)}}"]}"""));
        var texts = string.Join(',', Enumerable.Range(0, 1025).Select(i => $"\"{i}\""));

        Assert.Contains("10000", await memory.FailAsync("create_entities", $$"""{"entities":[{{many}}]}"""), StringComparison.Ordinal);
        Assert.Contains("bytes", await memory.FailAsync("create_entities", $$"""{"entities":[{{large}}]}"""), StringComparison.Ordinal);
        Assert.Empty((await memory.DoAsync("read_graph", "{}")).GetProperty("entities").EnumerateArray());
        await memory.DoAsync("create_entities", """{"entities":[{"name":"full","entityType":"t","observations":[]}]}""");
        Assert.Contains("1024 observations", await memory.FailAsync("add_observations", $$"""{"observations":[{"entityName":"full","contents":[{{texts}}]}]}"""), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Call_WhenSentAgainWithItsKey_IsDoneOnceAndAnsweredAlike()
    {
        var memory = NewMemory();
        const string Entities = """{"entities":[{"name":"a","entityType":"t","observations":["x"]}]}""", Key = "Idempotency-Key";

        var first = await memory.DoAsync("create_entities", Entities, (Key, "once"));
        var again = await memory.DoAsync("create_entities", Entities, (Key, "once"));

        Assert.Equal(1, first.GetProperty("entities").GetArrayLength());
        Assert.Equal(first.GetRawText(), again.GetRawText());
        Assert.Empty((await memory.DoAsync("create_entities", Entities)).GetProperty("entities").EnumerateArray());
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("DELETE")]
    public async Task Sessions_WhenAskedFor_AreNotThere(string method) =>
        Assert.Equal("POST", (await Server.SendAsync(method, NewMemory().Path)).RequireProblem(405, "method-not-allowed").Headers["Allow"]);

    [Fact]
    public async Task Headers_WhenTheyAreWrong_AreRefused()
    {
        var path = NewMemory().Path;
        const string Ping = """{"jsonrpc":"2.0","id":1,"method":"ping"}""";

        (await Server.PostAsync(path, Ping, ("Accept", "text/html"))).RequireProblem(406, "not-acceptable");
        (await Server.SendAsync("POST", path, Ping, "text/plain")).RequireProblem(415, "unsupported-media-type");
        (await Server.PostAsync(path, Ping, ("Origin", "https://example.com"))).RequireProblem(403, "forbidden");
        Assert.Equal(1, (await Server.PostAsync(path, Ping, (Version, "2001-01-01"))).Require(HttpStatusCode.BadRequest)["id"].GetInt32());
        (await Server.PostAsync(path, Ping, (Version, "2025-11-25"))).Require(HttpStatusCode.OK);
        (await Server.PostAsync("/mcp/No", Ping)).RequireProblem(400, "invalid");
    }

    [Fact]
    public async Task WithoutHandshake_WhenHeadersRepeatTheBody_IsAnswered()
    {
        var memory = NewMemory();

        var listed = await memory.SendAsync("tools/list", $$"""{"_meta":{{Meta}}}""", (Version, "2026-07-28"), ("Mcp-Method", "tools/list"));
        var read = await memory.SendAsync(
            "tools/call", $$$"""{"_meta":{{{Meta}}},"name":"read_graph","arguments":{}}""", (Version, "2026-07-28"), ("Mcp-Method", "tools/call"), ("Mcp-Name", "read_graph"));
        var encoded = await memory.SendAsync(
            "tools/call", $$$"""{"_meta":{{{Meta}}},"name":"read_graph","arguments":{}}""", (Version, "2026-07-28"), ("Mcp-Method", "tools/call"), ("Mcp-Name", "=?base64?cmVhZF9ncmFwaA==?="));

        Assert.Equal(ToolCatalog.All.Count, listed.GetProperty("result").GetProperty("tools").GetArrayLength());
        Assert.True(read.GetProperty("result").TryGetProperty("structuredContent", out _));
        Assert.True(encoded.GetProperty("result").TryGetProperty("structuredContent", out _));
    }

    [Theory]
    [InlineData(400, -32020, "tools/list", "")]
    [InlineData(400, -32020, "tools/list", "Mcp-Method: tools/call")]
    [InlineData(404, -32601, "ping", "Mcp-Method: ping")]
    [InlineData(404, -32601, "no/such", "Mcp-Method: no/such")]
    [InlineData(400, -32020, "tools/call", "Mcp-Method: tools/call")]
    [InlineData(400, -32020, "tools/call", "Mcp-Method: tools/call|Mcp-Name: other")]
    [InlineData(400, -32020, "tools/call", "Mcp-Method: tools/call|Mcp-Name: =?base64?!?=")]
    public async Task WithoutHandshake_WhenHeadersSayAnother_IsRefused(int status, int code, string method, string headers)
    {
        (string, string)[] sent = [(Version, "2026-07-28"), .. headers.Split('|', StringSplitOptions.RemoveEmptyEntries).Select(header => (header.Split(": ")[0], header.Split(": ")[1]))];

        var reply = await NewMemory().PostAsync($$$"""{"jsonrpc":"2.0","id":1,"method":"{{{method}}}","params":{"_meta":{{{Meta}}},"name":"read_graph","arguments":{} } }""", sent);

        Assert.Equal((status, code, 1), ((int)reply.Status, reply["error"].GetProperty("code").GetInt32(), reply["id"].GetInt32()));
    }

    [Fact]
    public async Task WithoutHandshake_WhenTheVersionIsSaidOnce_IsRefused()
    {
        var memory = NewMemory();

        Assert.Equal(-32020, (await memory.PostAsync($$$"""{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":{{{Meta}}}}}""")).Require(HttpStatusCode.BadRequest)["error"].GetProperty("code").GetInt32());
        Assert.Equal(-32602, (await memory.PostAsync("""{"jsonrpc":"2.0","id":1,"method":"tools/list"}""", (Version, "2026-07-28"), ("Mcp-Method", "tools/list"))).Require(HttpStatusCode.BadRequest)["error"].GetProperty("code").GetInt32());
    }

    /// <summary>Whatever comes, an answer does, and nothing of it is an internal error.</summary>
    [Fact]
    public async Task Call_WithAnyArguments_NeverFailsInside()
    {
        var (random, memory) = (new Random(7), NewMemory());
        string[] names = [.. ToolCatalog.All.Select(tool => tool.Name)];
        string[] members = ["entities", "relations", "observations", "entityNames", "deletions", "names", "query", "from", "to", "name", "entityType", "contents", "entityName", "relationType", "limit", "cursor", "detail", "amount", "after"];
        string Value(int depth) => random.Next(depth > 3 ? 5 : 8) switch
        {
            0 => "null",
            1 => "-1.5e300",
            2 => "\"a\"",
            3 => "\"\\ud83d\\ude00\\u0000\"",
            4 => "true",
            5 => $"[{string.Join(',', Enumerable.Range(0, random.Next(3)).Select(_ => Value(depth + 1)))}]",
            _ => $"{{{string.Join(',', members.Where(_ => random.Next(6) == 0).Select(member => $"\"{member}\":{Value(depth + 1)}"))}}}",
        };
        for (var round = 0; round < 300; round++)
        {
            var arguments = $"{{{string.Join(',', members.Where(_ => random.Next(3) == 0).Select(member => $"\"{member}\":{Value(0)}"))}}}";
            var result = await memory.CallAsync(random.GetItems(names, 1)[0], arguments);
            Assert.DoesNotContain("the service failed", McpClient.Text(result), StringComparison.Ordinal);
        }
    }
}
