using System.Globalization;
using System.Text.Json;
using Cairn.Functions.Mcp;
using Cairn.Functions.Tests.Serving;
using Cairn.Infra.Local;

namespace Cairn.Functions.Tests.Mcp;

/// <summary>The command <c>mcp</c>, as clients start it: a process each on one folder.</summary>
public sealed class StdioTests : IDisposable
{
    private const string Graph = """{"entities":[{"name":"Ada","entityType":"person","observations":["wrote"]}]}""";

    private readonly string _folder = Directory.CreateTempSubdirectory("cairn-test-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Process_WhenAlone_ServesAndEndsWithItsClient()
    {
        await using var client = StdioClient.Start(_folder);

        var server = await client.InitializeAsync();
        await client.CallAsync("create_entities", Graph);

        Assert.Equal(("2025-06-18", "cairn"), (server.GetProperty("protocolVersion").GetString(), server.GetProperty("serverInfo").GetProperty("name").GetString()));
        Assert.Equal(ToolCatalog.All.Count, (await client.SendAsync("tools/list")).GetProperty("result").GetProperty("tools").GetArrayLength());
        Assert.Equal(0, await client.CloseAsync());
        await using var next = StdioClient.Start(_folder);
        Assert.Contains("Ada", (await next.CallAsync("read_graph", "{}")).GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Process_WhenLinesAreWrong_AnswersEachAndGoesOn()
    {
        await using var client = StdioClient.Start(_folder);

        await client.WriteAsync("this is no JSON");
        Assert.Equal(-32600, (await client.ReadAsync()).GetProperty("error").GetProperty("code").GetInt32());
        await client.WriteAsync("");
        await client.WriteAsync("[]");
        Assert.Equal(-32600, (await client.ReadAsync()).GetProperty("error").GetProperty("code").GetInt32());
        await client.WriteAsync("""{"jsonrpc":"2.0","id":1,"id":2,"method":"ping","params":{"a":1,"a":2}}""");
        Assert.Equal(-32600, (await client.ReadAsync()).GetProperty("error").GetProperty("code").GetInt32());
        await client.WriteAsync($$$"""{"jsonrpc":"2.0","id":"long","method":"ping","params":{"x":"{{{new string('x', 9 * 1024 * 1024)}}}"}}""");
        Assert.Contains("bytes", (await client.ReadAsync()).GetProperty("error").GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.True((await client.SendAsync("no/such/method")).TryGetProperty("error", out _));
        Assert.True((await client.SendAsync("ping")).TryGetProperty("result", out _));
    }

    [Fact]
    public async Task Process_WithoutHandshake_TellsHeadersWhatTheBodySays()
    {
        const string Meta = """{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{},"io.modelcontextprotocol/clientInfo":{"name":"test","version":"1"}}""";
        await using var client = StdioClient.Start(_folder);

        var discovered = await client.SendAsync("server/discover", $$"""{"_meta":{{Meta}}}""");
        var created = await client.SendAsync("tools/call", $$"""{"_meta":{{Meta}},"name":"create_entities","arguments":{{Graph}}}""");

        Assert.True(discovered.TryGetProperty("result", out _), discovered.GetRawText());
        Assert.Contains("Ada", created.GetProperty("result").GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Processes_WhenFourStartAtOnceOnOneFolder_ShareItAndLoseNothing()
    {
        const int Each = 25;
        var clients = Enumerable.Range(0, 4).Select(_ => StdioClient.Start(_folder)).ToArray();
        try
        {
            await Task.WhenAll(clients.Select(async (client, number) =>
            {
                await client.InitializeAsync();
                await client.CallAsync("create_entities", """{"entities":[{"name":"shared","entityType":"t","observations":[]}]}""");
                for (var i = 0; i < Each; i++)
                {
                    RequireDone(await client.CallAsync("add_observations", $$"""{"observations":[{"entityName":"shared","contents":["{{number}}-{{i}}"]}]}"""));
                }
            }));

            foreach (var client in clients)
            {
                Assert.Equal(4 * Each, await CountAsync(client));
            }
        }
        finally
        {
            await Task.WhenAll(clients.Select(client => client.DisposeAsync().AsTask()));
        }
    }

    /// <summary>The one that serves the others is killed in the midst of their calls: another one takes over, and each call that was answered is done once.</summary>
    [Fact]
    public async Task Processes_WhenTheHolderIsKilled_GoOnAndDoEachCallOnce()
    {
        const int Each = 60;
        await using var holder = StdioClient.Start(_folder);
        await holder.CallAsync("create_entities", """{"entities":[{"name":"shared","entityType":"t","observations":[]}]}""");
        var clients = Enumerable.Range(0, 3).Select(_ => StdioClient.Start(_folder)).ToArray();
        try
        {
            Assert.Equal(holder.ProcessId, LocalSpaceStore.FindHolder(_folder)!.ProcessId);
            var begun = new TaskCompletionSource();
            var writing = Task.WhenAll(clients.Select(async (client, number) =>
            {
                for (var i = 0; i < Each; i++)
                {
                    var text = string.Create(CultureInfo.InvariantCulture, $"{number}-{i}");
                    var result = await client.CallAsync("add_observations", $$"""{"observations":[{"entityName":"shared","contents":["{{text}}"]}]}""");
                    RequireDone(result);

                    // Done once: a repeat that was a commit of its own would have found it there already.
                    Assert.Equal(text, result.GetProperty("structuredContent").GetProperty("results")[0].GetProperty("addedObservations")[0].GetString());
                    if (i == Each / 3)
                    {
                        begun.TrySetResult();
                    }
                }
            }));
            await Task.WhenAny(begun.Task, writing);
            await holder.KillAsync();
            await writing;

            Assert.Equal(3 * Each, await CountAsync(clients[0]));
            Assert.NotEqual(holder.ProcessId, LocalSpaceStore.FindHolder(_folder)!.ProcessId);
        }
        finally
        {
            await Task.WhenAll(clients.Select(client => client.DisposeAsync().AsTask()));
        }
    }

    [Fact]
    public async Task Process_BesideAServer_TalksToIt()
    {
        await using var server = await TestServer.StartAsync(options => options with { DataFolder = _folder });
        await using var client = StdioClient.Start(_folder);

        await client.CallAsync("create_entities", Graph);

        Assert.Equal("person", (await server.GetAsync("/v1/spaces/memory/concepts/Ada"))["labels"][0].GetString());
    }

    [Fact]
    public async Task Process_WhenThereAreKeys_SendsTheOneOfItsSettings()
    {
        await using var server = await TestServer.StartAsync(options => options with { DataFolder = _folder, ApiKey = "secret", AutoCreate = true });
        await using var without = StdioClient.Start(_folder);
        await using var with = StdioClient.Start(_folder, ("CAIRN_API_KEY", "secret"));

        var refused = await without.SendAsync("tools/list");

        Assert.Contains("CAIRN_API_KEY", refused.GetProperty("error").GetProperty("message").GetString(), StringComparison.Ordinal);
        await without.WriteAsync("this is no JSON");
        Assert.Equal(JsonValueKind.Null, (await without.ReadAsync()).GetProperty("id").ValueKind);
        RequireDone(await with.CallAsync("create_entities", Graph));
    }

    [Fact]
    public async Task Command_WhenTheSpaceIsNoName_EndsWithOneLine()
    {
        using var process = ServerProcess.Start([], "mcp", "--data", _folder, "--space", "No Name");

        Assert.Contains("--space is 'No Name'", await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(1, process.ExitCode);
    }

    private static void RequireDone(JsonElement result) => Assert.False(result.TryGetProperty("isError", out var failed) && failed.GetBoolean(), result.GetRawText());

    private static async Task<int> CountAsync(StdioClient client) =>
        (await client.CallAsync("open_nodes", """{"names":["shared"]}""")).GetProperty("structuredContent").GetProperty("entities")[0].GetProperty("observations").GetArrayLength();
}
